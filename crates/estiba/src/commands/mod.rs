//! One file per command: flags in, a call into the core, a report out.

pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod schema;
pub(crate) mod templates;
