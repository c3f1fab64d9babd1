//! The rules. One rule is one `.rs` and one `.md` side by side, and one line here.

mod cert_used_before_issued;
mod image_used_before_load;
mod network_used_before_created;
mod secret_file_before_created;
mod step_before_requirement;
mod step_out_of_order;
mod upstream_host_unknown;
mod upstream_started_after_reload;

use super::Rule;

/// The id of findings about files that cannot be read.
pub const UNREADABLE: &str = "unreadable-file";

/// The id of findings about suppressions that suppress nothing.
pub const UNUSED: &str = "unused-suppression";

/// Every rule, in the order in which they are listed for people: names and networks, order, files, nginx, Compose,
/// monitoring, scripts, security.
pub static RULES: &[&Rule] = &[
    &upstream_host_unknown::RULE,
    &upstream_started_after_reload::RULE,
    &step_before_requirement::RULE,
    &step_out_of_order::RULE,
    &image_used_before_load::RULE,
    &cert_used_before_issued::RULE,
    &secret_file_before_created::RULE,
    &network_used_before_created::RULE,
];
