//! The judges judged: a small tree that all accept, and for each judge one fault that only it can see.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use std::fs;
use std::path::Path;

use estiba_testkit::judges::{assert_accepted, judge_all};
use tempfile::TempDir;

const SETTINGS: &str = r#"# shellcheck shell=bash disable=SC2034
PROJECT=mini
SERVER_PATH=/opt/mini
PROXY_RUNS=container
PROXY_CONF=/srv/estiba/live-nginx/nginx/nginx.conf
HAS_MONITORING=yes
HOSTS=(mini.example)
MONITORING_HOSTS=(prometheus.mini.example)
UPSTREAMS=(mini-app)
MONITORING_UPSTREAMS=()
SECRETS=(database_password)
MONITORING_SECRETS=(alert_webhook)
AUTH_FILE=monitoring.htpasswd
"#;

const NGINX: &str = r#"user nginx;
events {}
http {
    include mime.types.conf;
    resolver 127.0.0.11 valid=1s;
    upstream mini-app { zone mini-app 64k; include /srv/estiba-state/upstreams/mini-app.conf; }
    include /srv/estiba-state/mode.conf;
    server { listen 127.0.0.1:8089; location = /release { include /srv/estiba-state/release.conf; } }
}
"#;

const MINIMAL: &str = r#"server {
    listen 443 ssl;
    server_name mini.example;
    ssl_certificate /srv/estiba-state/certs/mini.example/fullchain.pem;
    ssl_certificate_key /srv/estiba-state/certs/mini.example/privkey.pem;
    location / { proxy_pass http://mini-app; }
}
"#;

const PROMETHEUS: &str = r#"rule_files: [rules/*.yml]
alerting:
  alertmanagers: [{ static_configs: [{ targets: ["mini-alertmanager:9093"] }] }]
scrape_configs:
  - job_name: app
    authorization: { credentials_file: /run/secrets/database_password }
    static_configs: [{ targets: ["mini-app:3000"] }]
"#;

const RULES: &str = "groups: [{ name: up, rules: [{ alert: Down, expr: up == 0, labels: { severity: page } }] }]\n";

const ALERTMANAGER: &str = "route: { receiver: hook }
receivers: [{ name: hook, webhook_configs: [{ url_file: /run/secrets/alert_webhook }] }]
";

const PRODUCTION: &str = "name: mini
services:
  mini-app: { image: 'mini-app:prod', pull_policy: never, networks: [edge], secrets: [database_password] }
networks: { edge: {} }
secrets: { database_password: { file: /opt/mini/secrets/database_password } }
";

const MONITORING: &str = "services: { mini-prometheus: { image: 'prometheus:1', networks: [edge] } }\n";

fn mini() -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("scripts/settings.sh", SETTINGS),
        (
            "scripts/run.sh",
            "#!/usr/bin/env bash\n# shellcheck source=settings.sh\nsource settings.sh\necho \"$PROJECT\"\n",
        ),
        ("common/docker-compose.prod.yml", PRODUCTION),
        ("common/docker-compose.local-prod.yml", PRODUCTION),
        ("common/docker-compose.monitoring.yml", MONITORING),
        ("common/monitoring/prometheus/prometheus.yml", PROMETHEUS),
        ("common/monitoring/prometheus/rules/up.yml", RULES),
        ("common/monitoring/alertmanager/alertmanager.yml", ALERTMANAGER),
        ("nginx/nginx.conf", NGINX),
        ("nginx/mime.types.conf", "types { text/html html; }\n"),
        ("nginx/upstreams/mini-app.conf", "server mini-app:3000 resolve;\n"),
        ("nginx/modes/minimal.conf", MINIMAL),
        ("nginx/modes/hybrid.conf", "include modes/minimal.conf;\n"),
    ] {
        put(tree.path(), path, text);
    }
    tree
}

fn put(tree: &Path, path: &str, text: &str) {
    let path = tree.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The mini tree with one file changed: who refuses, and what they say.
fn refusals(path: &str, from: &str, to: &str) -> Vec<(String, String)> {
    let tree = mini();
    let text = fs::read_to_string(tree.path().join(path)).unwrap();
    assert!(text.contains(from), "{path} has no {from:?}");
    put(tree.path(), path, &text.replace(from, to));
    judge_all(tree.path())
        .into_iter()
        .filter_map(|verdict| verdict.result.err().map(|error| (verdict.judge, error.to_string())))
        .collect()
}

#[track_caller]
fn assert_refused_by(judges: &[&str], saying: &str, refusals: &[(String, String)]) {
    let who: Vec<&str> = refusals.iter().map(|(judge, _)| judge.as_str()).collect();
    assert_eq!(who, judges, "{refusals:#?}");
    assert!(refusals.iter().all(|(_, error)| error.contains(saying)), "{refusals:#?}");
}

const BOTH_MODES: &[&str] = &["nginx newest, minimal", "nginx newest, hybrid"];

#[test]
fn a_good_tree_is_accepted_by_all() {
    let tree = mini();
    assert_eq!(judge_all(tree.path()).len(), 6);
    assert_accepted(tree.path());
}

#[test]
fn shellcheck_follows_sourced_files() {
    let refused = refusals("scripts/run.sh", "source=settings.sh", "source=setings.sh");
    assert_refused_by(&["shellcheck"], "SC1091", &refused);
}

#[test]
fn compose_refuses_a_network_that_nobody_makes() {
    let refused = refusals("common/docker-compose.monitoring.yml", "[edge]", "[egde]");
    assert_refused_by(&["docker compose"], "refers to undefined network egde", &refused);
}

#[test]
fn compose_refuses_a_variable_that_nobody_sets() {
    let refused = refusals("common/docker-compose.prod.yml", "mini-app:prod", "mini-app:${TAG}");
    assert_refused_by(&["docker compose"], "\\\"TAG\\\" variable is not set", &refused);
}

#[test]
fn nginx_refuses_the_founding_failure() {
    let refused = refusals("nginx/upstreams/mini-app.conf", " resolve", "");
    assert_refused_by(BOTH_MODES, "host not found in upstream \"mini-app:3000\"", &refused);
}

#[test]
fn nginx_refuses_a_certificate_that_no_host_has() {
    let refused = refusals("nginx/modes/minimal.conf", "certs/mini.example/full", "certs/www.mini.example/full");
    assert_refused_by(BOTH_MODES, "cannot load certificate", &refused);
}

#[test]
fn nginx_refuses_the_user_of_the_other_kind() {
    let refused = refusals("nginx/nginx.conf", "user nginx", "user www-data");
    assert_refused_by(BOTH_MODES, "getpwnam(\"www-data\") failed", &refused);
}

#[test]
fn each_generation_of_a_host_judges_by_its_own_table() {
    let tree = mini();
    put(
        tree.path(),
        "scripts/settings.sh",
        &SETTINGS.replace("PROXY_RUNS=container", "PROXY_RUNS=host").replace("/srv/estiba/", "/opt/mini/srv/"),
    );
    let conf = NGINX.replace("/srv/estiba-state", "/opt/mini/state/nginx").replace("user nginx", "user www-data");
    put(tree.path(), "nginx/nginx.conf", &conf);
    put(tree.path(), "nginx/modes/minimal.conf", &MINIMAL.replace("/srv/estiba-state", "/opt/mini/state/nginx"));
    put(tree.path(), "nginx/upstreams/mini-app.conf", "server 127.0.0.1:3000;\n");
    assert_accepted(tree.path());

    // Free nginx follows DNS in an upstream since 1.27.3: https://nginx.org/en/CHANGES
    put(tree.path(), "nginx/upstreams/mini-app.conf", "server mini-app:3000 resolve;\n");
    let refused: Vec<_> = judge_all(tree.path())
        .into_iter()
        .filter(|verdict| verdict.result.is_err())
        .map(|verdict| verdict.judge)
        .collect();
    assert_eq!(refused, ["nginx 1.22, minimal", "nginx 1.22, hybrid", "nginx 1.26, minimal", "nginx 1.26, hybrid"]);
}

#[test]
fn promtool_refuses_a_secret_that_nobody_declares() {
    let refused = refusals("common/monitoring/prometheus/prometheus.yml", "secrets/database", "secrets/databse");
    assert_refused_by(&["promtool"], "/run/secrets/databse_password", &refused);
}

#[test]
fn promtool_refuses_an_expression_that_does_not_parse() {
    let refused = refusals("common/monitoring/prometheus/rules/up.yml", "up == 0", "sum(up");
    assert_refused_by(&["promtool"], "unclosed left parenthesis", &refused);
}

#[test]
fn promtool_refuses_a_rule_file_that_nobody_reads() {
    let refused = refusals("common/monitoring/prometheus/prometheus.yml", "rules/*.yml", "alerts/*.yml");
    assert_refused_by(&["promtool"], "the tree has 1 rule files", &refused);
}

#[test]
fn amtool_refuses_a_receiver_that_does_not_exist() {
    let refused = refusals("common/monitoring/alertmanager/alertmanager.yml", "receiver: hook", "receiver: hoook");
    assert_refused_by(&["amtool"], "undefined receiver \"hoook\"", &refused);
}

#[test]
fn a_missing_program_is_no_pass() {
    let tree = mini();
    let empty = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_judge"))
        .arg(tree.path())
        .env("ESTIBA_DEV_CACHE", empty.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.matches("`./test` installs").count(), 5, "{said}");
}
