//! The rules. One rule is one `.rs` and one `.md` side by side, and one line here.

mod upstream_host_unknown;

use super::Rule;

/// The id of findings about files that cannot be read.
pub const UNREADABLE: &str = "unreadable-file";

/// The id of findings about suppressions that suppress nothing.
pub const UNUSED: &str = "unused-suppression";

/// Every rule, in the order in which they are listed for people: names and networks, order, files, nginx, Compose,
/// monitoring, scripts, security.
pub static RULES: &[&Rule] = &[&upstream_host_unknown::RULE];
