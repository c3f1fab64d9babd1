//! The rules. One rule is one `.rs` and one `.md` side by side, and one line here.

mod acme_webroot_not_shared;
mod admin_ui_open;
mod alert_selects_unknown_job;
mod alertmanager_target_unknown;
mod alias_collision;
mod bad_script_file;
mod bind_source_missing;
mod build_context_missing;
mod build_in_production;
mod cert_used_before_issued;
mod config_changed_never_reloaded;
mod container_path_not_mounted;
mod dangling_script_reference;
mod dashboard_datasource_unknown;
mod dashboard_placeholder;
mod dashboards_not_loaded;
mod data_dir_not_persisted;
mod datasource_url_unknown;
mod depends_on_missing;
mod dns_name_from_host_network;
mod duplicate_block;
mod duplicate_default_server;
mod duplicate_directive;
mod encoding;
mod env_file_missing;
mod envsubst_without_list;
pub mod es;
mod external_network_name_mismatch;
mod file_included_twice;
mod firewall_before_ssh;
mod healthcheck_tool_absent;
mod healthy_without_healthcheck;
mod heredoc_eats_nginx_vars;
mod host_port_conflict;
mod htpasswd_missing;
mod image_used_before_load;
mod include_missing;
mod literal_or_default_secret;
mod localhost_inside_container;
mod mounted_where_nobody_reads;
mod mutable_tag;
mod needs_newer_nginx;
mod network_used_before_created;
mod no_log_rotation;
mod no_strict_mode;
mod not_idempotent;
mod own;
mod path_leaves_tree;
mod path_prefix_mismatch;
mod placeholder_value;
mod promql_invalid;
mod published_to_world;
mod pull_squatting;
mod receiver_undefined;
mod receiver_url_unknown;
mod reload_without_test;
mod resolver_cannot_see_compose;
mod rm_rf_variable;
mod route_never_matches;
mod rules_not_loaded;
mod scrape_target_unknown;
mod secret_file_before_created;
mod signal_marks_stopped;
mod single_file_bind_of_live_config;
mod step_before_requirement;
mod step_contract_mismatch;
mod step_out_of_order;
mod subpath_mismatch;
mod template_missing;
mod template_name_left;
mod tls_file_missing;
mod tty_in_non_tty;
mod undefined_compose_name;
mod unescaped_dollar;
mod unguarded_danger;
mod unknown_variable;
mod unrendered_placeholder;
mod unset_variable;
mod upstream_host_unknown;
mod upstream_no_shared_network;
mod upstream_port_not_listening;
mod upstream_started_after_reload;
mod upstream_uses_host_port;
mod upstream_with_port;
mod variable_upstream_no_resolver;
mod waits_for_input;
mod wrong_context;
mod zone_undefined;

use super::Rule;

/// The id of findings about files that cannot be read.
pub const UNREADABLE: &str = "unreadable-file";

/// The id of findings about suppressions that suppress nothing.
pub const UNUSED: &str = "unused-suppression";

pub(super) use dashboard_placeholder::provisioned;

/// The id of findings about entries of a baseline that accept nothing.
pub const UNUSED_ACCEPTANCE: &str = "unused-acceptance";

/// The rule of an id, also of one that is about the check itself.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id == id)
}

/// Every rule, and those about the check itself.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().chain(own::OWN.iter())
}

/// Every rule, in the order in which they are listed for people: names and networks, order, files, nginx, Compose,
/// monitoring, scripts, security.
pub static RULES: &[&Rule] = &[
    &upstream_host_unknown::RULE,
    &upstream_no_shared_network::RULE,
    &upstream_uses_host_port::RULE,
    &upstream_port_not_listening::RULE,
    &localhost_inside_container::RULE,
    &dns_name_from_host_network::RULE,
    &external_network_name_mismatch::RULE,
    &alias_collision::RULE,
    &variable_upstream_no_resolver::RULE,
    &resolver_cannot_see_compose::RULE,
    &upstream_started_after_reload::RULE,
    &step_before_requirement::RULE,
    &step_out_of_order::RULE,
    &step_contract_mismatch::RULE,
    &image_used_before_load::RULE,
    &cert_used_before_issued::RULE,
    &secret_file_before_created::RULE,
    &network_used_before_created::RULE,
    &firewall_before_ssh::RULE,
    &path_leaves_tree::RULE,
    &bind_source_missing::RULE,
    &container_path_not_mounted::RULE,
    &mounted_where_nobody_reads::RULE,
    &env_file_missing::RULE,
    &build_context_missing::RULE,
    &data_dir_not_persisted::RULE,
    &single_file_bind_of_live_config::RULE,
    &template_name_left::RULE,
    &unrendered_placeholder::RULE,
    &duplicate_directive::RULE,
    &file_included_twice::RULE,
    &duplicate_block::RULE,
    &duplicate_default_server::RULE,
    &wrong_context::RULE,
    &encoding::RULE,
    &needs_newer_nginx::RULE,
    &zone_undefined::RULE,
    &include_missing::RULE,
    &unknown_variable::RULE,
    &tls_file_missing::RULE,
    &acme_webroot_not_shared::RULE,
    &htpasswd_missing::RULE,
    &upstream_with_port::RULE,
    &build_in_production::RULE,
    &undefined_compose_name::RULE,
    &depends_on_missing::RULE,
    &healthy_without_healthcheck::RULE,
    &healthcheck_tool_absent::RULE,
    &unset_variable::RULE,
    &unescaped_dollar::RULE,
    &pull_squatting::RULE,
    &mutable_tag::RULE,
    &no_log_rotation::RULE,
    &scrape_target_unknown::RULE,
    &alertmanager_target_unknown::RULE,
    &receiver_url_unknown::RULE,
    &datasource_url_unknown::RULE,
    &path_prefix_mismatch::RULE,
    &subpath_mismatch::RULE,
    &rules_not_loaded::RULE,
    &alert_selects_unknown_job::RULE,
    &promql_invalid::RULE,
    &dashboard_placeholder::RULE,
    &dashboards_not_loaded::RULE,
    &dashboard_datasource_unknown::RULE,
    &receiver_undefined::RULE,
    &route_never_matches::RULE,
    &template_missing::RULE,
    &placeholder_value::RULE,
    &published_to_world::RULE,
    &admin_ui_open::RULE,
    &host_port_conflict::RULE,
    &literal_or_default_secret::RULE,
    &dangling_script_reference::RULE,
    &signal_marks_stopped::RULE,
    &heredoc_eats_nginx_vars::RULE,
    &rm_rf_variable::RULE,
    &envsubst_without_list::RULE,
    &tty_in_non_tty::RULE,
    &waits_for_input::RULE,
    &bad_script_file::RULE,
    &reload_without_test::RULE,
    &config_changed_never_reloaded::RULE,
    &no_strict_mode::RULE,
    &not_idempotent::RULE,
    &unguarded_danger::RULE,
];
