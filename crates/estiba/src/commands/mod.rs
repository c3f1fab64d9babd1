//! One file per command: flags in, a call into the core, a report out.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod drift;
pub(crate) mod explain;
mod fix;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod lsp;
pub(crate) mod man;
pub(crate) mod plan;
pub(crate) mod rehearse;
pub(crate) mod rules;
pub(crate) mod schema;
pub(crate) mod templates;
