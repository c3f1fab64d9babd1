//! Founding failures about files and names, each made by hand in the tree of the example: one place is changed, and the
//! check names the rule, the file and the line. Unchanged, the tree is silent (`golden_checks.rs`).
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]

mod support;

use estiba_core::check::{Report, check};
use estiba_core::facts::Facts;
use estiba_core::render;
use estiba_core::source::{Sources, TreePath};
use estiba_core::tree::{Tree, TreeFile};

fn jupiter() -> Tree {
    let files = support::described(include_str!("../../../examples/jupiter/estiba.yml"));
    let mut sources = Sources::default();
    let model = support::resolve(&mut sources, &files).unwrap_or_else(|it| panic!("{}", support::shown(&sources, &it)));
    render::render(&mut sources, &model, &files).unwrap_or_else(|it| panic!("{}", support::shown(&sources, &it)))
}

/// Changes the one place `from` of a file; gives the line it is on.
fn change(tree: &mut Tree, path: &str, from: &str, to: &str) -> usize {
    let file = tree.get(path).unwrap_or_else(|| panic!("no {path}")).clone();
    let text = file.text().unwrap();
    assert_eq!(text.matches(from).count(), 1, "{path} has {from:?} once");
    let line = text[..text.find(from).unwrap()].matches('\n').count() + 1;
    let content = text.replace(from, to).into_bytes();
    tree.insert(TreePath::parse(path).unwrap(), TreeFile { content, ..file });
    line
}

/// The rule's findings and nothing else, at this place.
#[track_caller]
fn finds(facts: &Facts, report: &Report, rule: &str, path: &str, line: usize) {
    let places: Vec<(&str, &str, usize)> = report
        .findings
        .iter()
        .map(|finding| {
            let span = finding.primary.span;
            let file = facts.texts.sources.get(span.file);
            (finding.rule, file.name.as_str(), file.line_column(span.start as usize).0)
        })
        .collect();
    assert_eq!(places, [(rule, path, line)], "{:#?}", report.findings);
}

#[track_caller]
fn one_change(rule: &str, path: &str, from: &str, to: &str) -> Report {
    let mut tree = jupiter();
    let line = change(&mut tree, path, from, to);
    let facts = Facts::of(&tree);
    let report = check(&facts);
    finds(&facts, &report, rule, path, line);
    report
}

#[test]
fn a_template_named_in_the_guide() {
    let mut tree = jupiter();
    let file = tree.get("GUIDE.md").unwrap().clone();
    let text = format!("{}\nCopia `common/docker-compose.prod.yml.template`.\n", file.text().unwrap());
    let line = text.matches('\n').count();
    tree.insert(TreePath::parse("GUIDE.md").unwrap(), TreeFile { content: text.into_bytes(), ..file });
    let facts = Facts::of(&tree);
    let report = check(&facts);
    finds(&facts, &report, "template-name-left", "GUIDE.md", line);
    assert!(report.findings[0].help.contains("`common/docker-compose.prod.yml`"));
}

#[test]
fn a_placeholder_left() {
    let from = "server_name grafana.jupiter.example;\n    ssl_certificate ";
    one_change(
        "unrendered-placeholder",
        "nginx/conf.d/grafana.conf",
        from,
        "server_name __DOMAIN__;\n    ssl_certificate ",
    );
    let to = "server_name <%= host %>;\n    ssl_certificate ";
    let mut tree = jupiter();
    let line = change(&mut tree, "nginx/conf.d/grafana.conf", from, to);
    let facts = Facts::of(&tree);
    finds(&facts, &check(&facts), "unrendered-placeholder", "nginx/conf.d/grafana.conf", line);
    one_change("unrendered-placeholder", "scripts/settings.sh", "SERVER_USER=deploy", "SERVER_USER=__USER__");
}

#[test]
fn a_mount_without_source() {
    let path = "common/docker-compose.monitoring.yml";
    let report =
        one_change("bind-source-missing", path, "/opt/jupiter/data/grafana:", "/opt/jupiter/data/grafanna:");
    assert!(report.findings[0].help.contains("`/opt/jupiter/data/grafana`"), "{}", report.findings[0].help);
    assert_eq!(report.findings[0].related.len(), 1);
}

#[test]
fn a_scrape_target_misspelt() {
    let path = "common/monitoring/prometheus/prometheus.yml";
    let report =
        one_change("scrape-target-unknown", path, "jupiter-node-exporter:9100", "jupiter-node-exprter:9100");
    assert!(report.findings[0].help.contains("did you mean `jupiter-node-exporter`?"));
    one_change("scrape-target-unknown", path, "jupiter-nginx-exporter:9113", "jupiter-nginx-exporter:9100");
}

#[test]
fn an_alertmanager_that_is_not_there() {
    let path = "common/monitoring/prometheus/prometheus.yml";
    let from = "alertmanagers:\n    - static_configs:\n        - targets: [\"jupiter-alertmanager:9093\"]";
    let mut tree = jupiter();
    let line = change(&mut tree, path, from, &from.replace("jupiter-alertmanager", "alertmanager"));
    let facts = Facts::of(&tree);
    finds(&facts, &check(&facts), "alertmanager-target-unknown", path, line + 2);
}

#[test]
fn rules_that_nothing_loads_and_a_secret_that_is_not_given() {
    let prometheus = "common/monitoring/prometheus/prometheus.yml";
    one_change("container-path-not-mounted", prometheus, "- rules/*.yml", "- alerts/*.yml");
    let alertmanager = "common/monitoring/alertmanager/alertmanager.yml";
    one_change("container-path-not-mounted", alertmanager, "/run/secrets/alert_webhook", "/run/secrets/webhook");
}
