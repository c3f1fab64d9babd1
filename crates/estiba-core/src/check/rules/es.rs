//! The Spanish pages of the rules. A page is one file in `es/` and one line here; a rule may do without.
//!
//! A Spanish page is the prose of the rule's page. Its cases are shown as that page has them.

use super::super::Rule;

/// What is said where a rule has no Spanish page.
pub const ABSENT: &str = "Esta página todavía no está en español. Aquí está en inglés.";

const CASES: &str = "Los casos que siguen son los que prueban la regla, tal como los tiene su página en inglés.\n\
                     `# error` y `# warning` marcan la línea del hallazgo; `# related`, la del otro extremo.\n\n";

/// What a rule finds, in one line.
#[must_use]
pub fn summary(rule: &Rule) -> Option<&'static str> {
    prose(rule)?.split("\n\n").nth(1)
}

/// The page of a rule, with its cases.
#[must_use]
pub fn page(rule: &Rule) -> Option<String> {
    let mut page = prose(rule)?.to_owned();
    for (heading, body) in sections(rule.page) {
        let (heading, said) = match heading {
            "Fires" => ("Cuándo señala algo", CASES),
            "Stays silent" => ("Cuándo calla", ""),
            _ => continue,
        };
        page.push_str(&format!("\n## {heading}\n\n{said}{}\n", body.trim()));
    }
    Some(page)
}

fn prose(rule: &Rule) -> Option<&'static str> {
    PAGES.iter().find(|(id, _)| *id == rule.id).map(|(_, page)| *page)
}

/// Headings of level two, and what stands below each. In a code block `## ` is no heading.
fn sections(page: &str) -> Vec<(&str, &str)> {
    let (mut found, mut at, mut code) = (Vec::new(), 0, false);
    for line in page.split_inclusive('\n') {
        if line.starts_with("```") {
            code = !code;
        } else if let Some(heading) = line.strip_prefix("## ").filter(|_| !code) {
            found.push((heading.trim_end(), at, at + line.len()));
        }
        at += line.len();
    }
    let ends = found.iter().skip(1).map(|(_, start, _)| *start).chain([page.len()]);
    found.iter().zip(ends).map(|((heading, _, start), end)| (*heading, &page[*start..end])).collect()
}

static PAGES: &[(&str, &str)] = &[
    ("acme-webroot-not-shared", include_str!("es/acme_webroot_not_shared.md")),
    ("admin-ui-open", include_str!("es/admin_ui_open.md")),
    ("alert-selects-unknown-job", include_str!("es/alert_selects_unknown_job.md")),
    ("alertmanager-target-unknown", include_str!("es/alertmanager_target_unknown.md")),
    ("alias-collision", include_str!("es/alias_collision.md")),
    ("bad-script-file", include_str!("es/bad_script_file.md")),
    ("bind-source-missing", include_str!("es/bind_source_missing.md")),
    ("build-context-missing", include_str!("es/build_context_missing.md")),
    ("build-in-production", include_str!("es/build_in_production.md")),
    ("cert-used-before-issued", include_str!("es/cert_used_before_issued.md")),
    ("config-changed-never-reloaded", include_str!("es/config_changed_never_reloaded.md")),
    ("container-path-not-mounted", include_str!("es/container_path_not_mounted.md")),
    ("dangling-script-reference", include_str!("es/dangling_script_reference.md")),
    ("dashboard-datasource-unknown", include_str!("es/dashboard_datasource_unknown.md")),
    ("dashboard-placeholder", include_str!("es/dashboard_placeholder.md")),
    ("dashboards-not-loaded", include_str!("es/dashboards_not_loaded.md")),
    ("data-dir-not-persisted", include_str!("es/data_dir_not_persisted.md")),
    ("datasource-url-unknown", include_str!("es/datasource_url_unknown.md")),
    ("depends-on-missing", include_str!("es/depends_on_missing.md")),
    ("dns-name-from-host-network", include_str!("es/dns_name_from_host_network.md")),
    ("duplicate-block", include_str!("es/duplicate_block.md")),
    ("duplicate-default-server", include_str!("es/duplicate_default_server.md")),
    ("duplicate-directive", include_str!("es/duplicate_directive.md")),
    ("encoding", include_str!("es/encoding.md")),
    ("env-file-missing", include_str!("es/env_file_missing.md")),
    ("envsubst-without-list", include_str!("es/envsubst_without_list.md")),
    ("external-network-name-mismatch", include_str!("es/external_network_name_mismatch.md")),
    ("file-included-twice", include_str!("es/file_included_twice.md")),
    ("firewall-before-ssh", include_str!("es/firewall_before_ssh.md")),
    ("healthcheck-tool-absent", include_str!("es/healthcheck_tool_absent.md")),
    ("healthy-without-healthcheck", include_str!("es/healthy_without_healthcheck.md")),
    ("heredoc-eats-nginx-vars", include_str!("es/heredoc_eats_nginx_vars.md")),
    ("host-port-conflict", include_str!("es/host_port_conflict.md")),
    ("htpasswd-missing", include_str!("es/htpasswd_missing.md")),
    ("image-used-before-load", include_str!("es/image_used_before_load.md")),
    ("include-missing", include_str!("es/include_missing.md")),
    ("literal-or-default-secret", include_str!("es/literal_or_default_secret.md")),
    ("localhost-inside-container", include_str!("es/localhost_inside_container.md")),
    ("mounted-where-nobody-reads", include_str!("es/mounted_where_nobody_reads.md")),
    ("mutable-tag", include_str!("es/mutable_tag.md")),
    ("needs-newer-nginx", include_str!("es/needs_newer_nginx.md")),
    ("network-used-before-created", include_str!("es/network_used_before_created.md")),
    ("no-log-rotation", include_str!("es/no_log_rotation.md")),
    ("no-strict-mode", include_str!("es/no_strict_mode.md")),
    ("not-idempotent", include_str!("es/not_idempotent.md")),
    ("path-leaves-tree", include_str!("es/path_leaves_tree.md")),
    ("path-prefix-mismatch", include_str!("es/path_prefix_mismatch.md")),
    ("placeholder-value", include_str!("es/placeholder_value.md")),
    ("promql-invalid", include_str!("es/promql_invalid.md")),
    ("published-to-world", include_str!("es/published_to_world.md")),
    ("pull-squatting", include_str!("es/pull_squatting.md")),
    ("receiver-undefined", include_str!("es/receiver_undefined.md")),
    ("receiver-url-unknown", include_str!("es/receiver_url_unknown.md")),
    ("reload-without-test", include_str!("es/reload_without_test.md")),
    ("resolver-cannot-see-compose", include_str!("es/resolver_cannot_see_compose.md")),
    ("rm-rf-variable", include_str!("es/rm_rf_variable.md")),
    ("route-never-matches", include_str!("es/route_never_matches.md")),
    ("rules-not-loaded", include_str!("es/rules_not_loaded.md")),
    ("scrape-target-unknown", include_str!("es/scrape_target_unknown.md")),
    ("secret-file-before-created", include_str!("es/secret_file_before_created.md")),
    ("signal-marks-stopped", include_str!("es/signal_marks_stopped.md")),
    ("single-file-bind-of-live-config", include_str!("es/single_file_bind_of_live_config.md")),
    ("step-before-requirement", include_str!("es/step_before_requirement.md")),
    ("step-contract-mismatch", include_str!("es/step_contract_mismatch.md")),
    ("step-out-of-order", include_str!("es/step_out_of_order.md")),
    ("subpath-mismatch", include_str!("es/subpath_mismatch.md")),
    ("template-missing", include_str!("es/template_missing.md")),
    ("template-name-left", include_str!("es/template_name_left.md")),
    ("tls-file-missing", include_str!("es/tls_file_missing.md")),
    ("tty-in-non-tty", include_str!("es/tty_in_non_tty.md")),
    ("undefined-compose-name", include_str!("es/undefined_compose_name.md")),
    ("unescaped-dollar", include_str!("es/unescaped_dollar.md")),
    ("unguarded-danger", include_str!("es/unguarded_danger.md")),
    ("unknown-variable", include_str!("es/unknown_variable.md")),
    ("unreadable-file", include_str!("es/unreadable_file.md")),
    ("unrendered-placeholder", include_str!("es/unrendered_placeholder.md")),
    ("unset-variable", include_str!("es/unset_variable.md")),
    ("unused-acceptance", include_str!("es/unused_acceptance.md")),
    ("unused-suppression", include_str!("es/unused_suppression.md")),
    ("upstream-host-unknown", include_str!("es/upstream_host_unknown.md")),
    ("upstream-no-shared-network", include_str!("es/upstream_no_shared_network.md")),
    ("upstream-port-not-listening", include_str!("es/upstream_port_not_listening.md")),
    ("upstream-started-after-reload", include_str!("es/upstream_started_after_reload.md")),
    ("upstream-uses-host-port", include_str!("es/upstream_uses_host_port.md")),
    ("upstream-with-port", include_str!("es/upstream_with_port.md")),
    ("variable-upstream-no-resolver", include_str!("es/variable_upstream_no_resolver.md")),
    ("waits-for-input", include_str!("es/waits_for_input.md")),
    ("wrong-context", include_str!("es/wrong_context.md")),
    ("zone-undefined", include_str!("es/zone_undefined.md")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::{all, find};
    use super::{PAGES, page, sections, summary};

    #[test]
    fn every_page_belongs_to_a_rule_and_has_its_sections() {
        for (id, text) in PAGES {
            let rule = find(id).unwrap_or_else(|| panic!("es.rs: there is no rule `{id}`"));
            assert!(text.starts_with(&format!("# {id}\n\n")), "es/{id}: the title is the id");
            let summary = summary(rule).unwrap();
            let sentence = !summary.starts_with('#') && summary.ends_with('.') && !summary.contains('\n');
            assert!(sentence, "es/{id}: below the title stands the summary, one sentence in one line");
            let headings: Vec<_> = sections(text).into_iter().map(|(heading, _)| heading).collect();
            assert_eq!(headings, ["Qué encuentra", "Por qué importa", "Cómo arreglarlo"], "es/{id}");
            assert!(!text.contains("\n### "), "es/{id}: headings of level three are those of cases");
        }
    }

    #[test]
    fn every_file_is_listed_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check/rules/es");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<_> = names.map(|name| name.trim_end_matches(".md").replace('_', "-")).collect();
        let listed: BTreeSet<_> = PAGES.iter().map(|(id, _)| (*id).to_owned()).collect();
        assert_eq!((files, listed.len()), (listed, PAGES.len()));
    }

    /// What both languages have in common: code blocks, links, code within lines, numbers.
    #[derive(Debug, PartialEq)]
    struct Constants {
        blocks: Vec<String>,
        links: Vec<String>,
        codes: BTreeSet<String>,
        numbers: BTreeSet<String>,
    }

    fn constants(text: &str) -> Constants {
        let (mut blocks, mut prose, mut code) = (Vec::new(), String::new(), false);
        for line in text.split_inclusive('\n') {
            let fence = line.starts_with("```");
            if fence && !code {
                blocks.push(String::new());
            }
            match blocks.last_mut().filter(|_| fence || code) {
                Some(block) => block.push_str(line),
                None => prose.push_str(line),
            }
            code ^= fence;
        }
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let codes = prose.split('`').skip(1).step_by(2).map(words).collect();
        let spoken = prose.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let ends = |rest: &str, end| rest.split(end).next().unwrap_or_default().to_owned();
        let named = spoken.split("](").skip(1).map(|rest| ends(rest, ')'));
        let mut links: Vec<_> = spoken.split("<http").skip(1).map(|rest| ends(rest, '>')).chain(named).collect();
        links.sort();
        let digits = spoken.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let numbers =
            digits.map(|text| text.trim_matches('.')).filter(|text| !text.is_empty()).map(str::to_owned).collect();
        Constants { blocks, links, codes, numbers }
    }

    #[test]
    fn what_is_no_language_is_as_on_the_english_page() {
        for (id, spanish) in PAGES {
            let Some(rule) = find(id) else { continue };
            let cases =
                sections(rule.page).into_iter().filter(|(heading, _)| ["Fires", "Stays silent"].contains(heading));
            let english = cases.fold(rule.page.to_owned(), |text, (_, body)| text.replace(body, ""));
            assert_eq!(constants(spanish), constants(&english), "left: es/{id}, right: the English page");
        }
    }

    #[test]
    fn a_page_has_every_case_as_it_is() {
        for rule in all() {
            let Some(page) = page(rule) else { continue };
            for (heading, body) in sections(rule.page) {
                let shown = page.contains(body.trim());
                assert_eq!(shown, ["Fires", "Stays silent"].contains(&heading), "{}: {heading}", rule.id);
            }
        }
    }
}
