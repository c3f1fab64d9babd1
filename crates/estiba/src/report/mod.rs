//! What people and programs read. The only place that writes to a terminal.

pub(crate) mod diagnostics;
pub(crate) mod diff;
pub(crate) mod files;
pub(crate) mod findings;
pub(crate) mod github;
pub(crate) mod mended;
pub(crate) mod out;
pub(crate) mod overview;
pub(crate) mod places;
pub(crate) mod plan;
pub(crate) mod rehearsal;
pub(crate) mod sarif;
pub(crate) mod screen;
pub(crate) mod site;
pub(crate) mod update;
pub(crate) mod written;
