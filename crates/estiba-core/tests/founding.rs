//! The founding failures: each is the generated jupiter tree with one place changed by hand. The check names the rule, the
//! file and the line; with the change undone it says nothing.
//!
//! A failure is one line of [`Broken`]: `jupiter().changed(path, from, to).found(rule, path, text of the line)`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]

mod support;

use estiba_core::check::{Report, check};
use estiba_core::facts::Facts;
use estiba_core::source::{Level, TreePath};
use estiba_core::tree::{Tree, TreeFile};
use support::{described, generate};

const JUPITER: &str = include_str!("../../../examples/jupiter/estiba.yml");

/// The tree of jupiter with nginx in a container.
fn jupiter() -> Broken {
    Broken::of(JUPITER)
}

/// The tree of jupiter with the nginx of the host.
fn jupiter_on_host() -> Broken {
    let text = JUPITER.replace("proxy: { runs: container }", "proxy: { runs: host }");
    assert_ne!(text, JUPITER, "the example says where nginx runs");
    Broken::of(&text)
}

/// A tree in which something is changed.
struct Broken {
    whole: Tree,
    tree: Tree,
}

impl Broken {
    fn of(description: &str) -> Self {
        let whole = generate(&described(description)).tree();
        Self { tree: whole.clone(), whole }
    }

    /// One place of one file changed: `from` stands in it once.
    #[track_caller]
    fn changed(self, path: &str, from: &str, to: &str) -> Self {
        let file = self.tree.get(path).unwrap_or_else(|| panic!("no {path} in the tree"));
        let text = file.text().unwrap();
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}");
        let content = text.replacen(from, to, 1).into_bytes();
        self.written(path, content)
    }

    /// The one line of a file that holds `line`, moved before the one that holds `before`.
    #[track_caller]
    fn moved(self, path: &str, line: &str, before: &str) -> Self {
        let text = self.tree.get(path).and_then(TreeFile::text).unwrap_or_else(|| panic!("no {path} in the tree"));
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let find = |lines: &[&str], part: &str| {
            let found: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains(part)).collect();
            let [at] = found[..] else { panic!("`{part}` stands {} times in {path}", found.len()) };
            at
        };
        let moved = lines.remove(find(&lines, line));
        lines.insert(find(&lines, before), moved);
        let content = lines.concat();
        self.written(path, content)
    }

    /// A whole file replaced, or a new one.
    fn written(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        let mode = self.tree.get(path).map_or(0o644, |file| file.mode);
        self.tree.insert(TreePath::parse(path).unwrap(), TreeFile { content: content.into(), mode, origin: None });
        self
    }

    /// The rule finds it as an error at the one line of the file that holds `line`, and the whole tree is silent.
    #[track_caller]
    fn found(self, rule: &str, path: &str, line: &str) -> Self {
        self.at_level(rule, Level::Error, path, line)
    }

    /// Nothing that is found forbids the tree.
    #[track_caller]
    fn without_errors(self) -> Self {
        let errors: Vec<String> =
            shown(&self.tree).into_iter().filter(|finding| finding.starts_with("error")).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
        self
    }

    /// A finding's help holds these words.
    #[track_caller]
    fn helped(self, words: &str) -> Self {
        let helps: Vec<String> =
            check(&Facts::of(&self.tree)).findings.into_iter().map(|finding| finding.help).collect();
        assert!(helps.iter().any(|help| help.contains(words)), "no `{words}` in {helps:?}");
        self
    }

    #[track_caller]
    fn at_level(self, rule: &str, level: Level, path: &str, line: &str) -> Self {
        let text = self.tree.get(path).and_then(TreeFile::text).unwrap_or_else(|| panic!("no {path} in the tree"));
        let lines: Vec<usize> =
            text.lines().zip(1..).filter(|(text, _)| text.contains(line)).map(|(_, at)| at).collect();
        let [line] = lines[..] else { panic!("`{line}` stands on the lines {lines:?} of {path}") };
        let shown = shown(&self.tree);
        let level = if level == Level::Error { "error" } else { "warning" };
        let wanted = format!("{level} {rule} {path}:{line} ");
        assert!(shown.iter().any(|finding| finding.starts_with(&wanted)), "no {wanted}in\n{}", shown.join("\n"));
        let silent = self::shown(&self.whole);
        assert!(silent.is_empty(), "the whole tree:\n{}", silent.join("\n"));
        self
    }
}

/// Each finding as `level rule path:line message`.
fn shown(tree: &Tree) -> Vec<String> {
    let facts = Facts::of(tree);
    let Report { findings, .. } = check(&facts);
    let line = |finding: &estiba_core::check::Finding| {
        let span = finding.primary.span;
        let file = facts.texts.sources.get(span.file);
        let level = if finding.level == Level::Error { "error" } else { "warning" };
        let at = file.line_column(span.start as usize).0;
        format!("{level} {} {}:{at} {}", finding.rule, file.name, finding.message)
    };
    findings.iter().map(line).collect()
}

const COMPOSE: &str = "common/docker-compose.prod.yml";
const UPSTREAM: &str = "nginx/upstreams/jupiter-app-server.conf";
const NGINX: &str = "nginx/nginx.conf";
const TLS: &str = "nginx/snippets/ssl-params.conf";

/// The `nginx.conf` of Debian 12's package, without its comments.
const DEBIAN: &str = "\
user www-data;
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;

events {
\tworker_connections 768;
}

http {
\tsendfile on;
\ttcp_nopush on;
\ttypes_hash_max_size 2048;
\tinclude /etc/nginx/mime.types;
\tdefault_type application/octet-stream;
\tssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; # Dropping SSLv3, ref: POODLE
\tssl_prefer_server_ciphers on;
\taccess_log /var/log/nginx/access.log;
\tgzip on;
\tinclude /etc/nginx/conf.d/*.conf;
\tinclude /etc/nginx/sites-enabled/*;
}
";

#[test]
fn an_upstream_misspelt() {
    jupiter().changed(UPSTREAM, "server jupiter-app-server:", "server jupiter-ap-server:").found(
        "upstream-host-unknown",
        UPSTREAM,
        "server jupiter-ap-server:3000",
    );
}

#[test]
fn a_service_renamed_in_compose_only() {
    jupiter().changed(COMPOSE, "\n  jupiter-web-client:\n", "\n  jupiter-web:\n").found(
        "upstream-host-unknown",
        "nginx/upstreams/jupiter-web-client.conf",
        "server jupiter-web-client:8080",
    );
}

#[test]
fn a_container_name_in_the_nginx_of_the_host() {
    let tree = jupiter_on_host();
    let text = tree.tree.get(UPSTREAM).and_then(TreeFile::text).unwrap().to_owned();
    let address = text.lines().find_map(|line| line.strip_prefix("server ")?.split(' ').next()).unwrap();
    tree.changed(UPSTREAM, &format!("server {address}"), "server jupiter-app-server:3000").found(
        "dns-name-from-host-network",
        UPSTREAM,
        "server jupiter-app-server:3000",
    );
}

#[test]
fn a_port_of_the_container_in_the_nginx_of_the_host() {
    let tree = jupiter_on_host();
    let text = tree.tree.get(UPSTREAM).and_then(TreeFile::text).unwrap().to_owned();
    let address = text.lines().find_map(|line| line.strip_prefix("server ")?.split(' ').next()).unwrap();
    tree.changed(UPSTREAM, &format!("server {address}"), "server 127.0.0.1:3000").found(
        "upstream-uses-host-port",
        UPSTREAM,
        "server 127.0.0.1:3000",
    );
}

#[test]
fn nginx_taken_off_the_network_of_the_services() {
    jupiter()
        .changed(
            COMPOSE,
            "    networks:\n      edge: {}\n      monitoring: {}\n    cap_drop",
            "    networks:\n      monitoring: {}\n    cap_drop",
        )
        .found(
            "upstream-no-shared-network",
            "nginx/upstreams/jupiter-web-client.conf",
            "server jupiter-web-client:8080",
        );
}

#[test]
fn a_build_put_back() {
    jupiter()
        .changed(
            COMPOSE,
            "    image: jupiter-app-server:prod\n",
            "    image: jupiter-app-server:prod\n    build: ../../apps\n",
        )
        .found("build-in-production", COMPOSE, "build: ../../apps");
}

#[test]
fn a_cipher_order_twice_through_an_include() {
    jupiter().changed(NGINX, "    sendfile on;\n", "    ssl_prefer_server_ciphers on;\n    sendfile on;\n").found(
        "duplicate-directive",
        NGINX,
        "ssl_prefer_server_ciphers on;",
    );
    jupiter()
        .changed(
            NGINX,
            "    include snippets/mime-types.conf;\n",
            "    ssl_prefer_server_ciphers on;\n    include snippets/mime-types.conf;\n",
        )
        .found("duplicate-directive", TLS, "ssl_prefer_server_ciphers off;");
}

#[test]
fn the_nginx_conf_of_debian_beside_the_tls_parameters() {
    let stock = DEBIAN.replace("/etc/nginx/conf.d/*.conf;", "snippets/ssl-params.conf;");
    for tree in [jupiter(), jupiter_on_host()] {
        tree.written(NGINX, stock.clone())
            .found("duplicate-directive", TLS, "ssl_prefer_server_ciphers off;")
            .at_level("duplicate-directive", Level::Warning, TLS, "ssl_protocols TLSv1.2 TLSv1.3;");
    }
}

#[test]
fn a_database_port_published() {
    jupiter()
        .changed(COMPOSE, "    image: postgres:17\n", "    image: postgres:17\n    ports: [\"5432:5432\"]\n")
        .found("published-to-world", COMPOSE, "5432:5432");
}

#[test]
fn a_pull_policy_taken_away() {
    let image = "    image: jupiter-app-server:prod\n";
    jupiter().changed(COMPOSE, &format!("{image}    pull_policy: never\n"), image).at_level(
        "pull-squatting",
        Level::Warning,
        COMPOSE,
        "image: jupiter-app-server:prod",
    );
}

const PROMETHEUS: &str = "common/monitoring/prometheus/prometheus.yml";
const MONITORING: &str = "common/docker-compose.monitoring.yml";

#[test]
fn a_template_named_in_the_guide() {
    let whole = jupiter();
    let guide = whole.tree.get("GUIDE.md").and_then(TreeFile::text).unwrap().to_owned();
    let named = "`common/docker-compose.prod.yml.template`";
    let broken = whole.written("GUIDE.md", format!("{guide}\nCopia {named}.\n"));
    broken.found("template-name-left", "GUIDE.md", named).helped("write `common/docker-compose.prod.yml`");
}

#[test]
fn a_placeholder_left() {
    let (path, host) = ("nginx/conf.d/grafana.conf", "server_name grafana.jupiter.example;\n    ssl_certificate ");
    for left in ["server_name <%= host %>;", "server_name __HOST__;", "server_name {{ host }};", "server_name ${HOST};"]
    {
        let to = format!("{left}\n    ssl_certificate ");
        jupiter().changed(path, host, &to).found("unrendered-placeholder", path, left);
    }
    let path = "scripts/settings.sh";
    jupiter().changed(path, "SERVER_USER=deploy", "SERVER_USER=__USER__").found(
        "unrendered-placeholder",
        path,
        "__USER__",
    );
}

#[test]
fn a_mount_without_source() {
    jupiter()
        .changed(MONITORING, "/opt/jupiter/data/grafana:", "/opt/jupiter/data/grafanna:")
        .found("bind-source-missing", MONITORING, "/opt/jupiter/data/grafanna:")
        .helped("did you mean `/opt/jupiter/data/grafana`?");
    let blackbox = "/blackbox:/srv/blackbox:ro";
    jupiter().changed(MONITORING, blackbox, "/blakbox:/srv/blackbox:ro").found(
        "bind-source-missing",
        MONITORING,
        "/blakbox:/srv/blackbox:ro",
    );
}

#[test]
fn a_secret_that_no_step_makes() {
    let file = "file: /opt/jupiter/secrets/alert_webhook";
    jupiter().changed(MONITORING, file, "file: /opt/jupiter/secrets/webhook").found(
        "bind-source-missing",
        MONITORING,
        "file: /opt/jupiter/secrets/webhook",
    );
}

#[test]
fn a_scrape_target_misspelt() {
    jupiter()
        .changed(PROMETHEUS, "jupiter-node-exporter:9100", "jupiter-node-exprter:9100")
        .found("scrape-target-unknown", PROMETHEUS, "jupiter-node-exprter:9100")
        .helped("did you mean `jupiter-node-exporter`?");
    jupiter().changed(PROMETHEUS, "jupiter-nginx-exporter:9113", "jupiter-nginx-exporter:9100").found(
        "scrape-target-unknown",
        PROMETHEUS,
        "jupiter-nginx-exporter:9100",
    );
}

#[test]
fn an_alertmanager_that_is_not_there() {
    let from = "alertmanagers:\n    - static_configs:\n        - targets: [\"jupiter-alertmanager:9093\"]";
    jupiter().changed(PROMETHEUS, from, &from.replace("jupiter-alertmanager", "alertmanager")).found(
        "alertmanager-target-unknown",
        PROMETHEUS,
        "[\"alertmanager:9093\"]",
    );
}

#[test]
fn alerting_rules_that_nothing_loads() {
    jupiter().changed(PROMETHEUS, "- rules/*.yml", "- alerts/*.yml").found(
        "container-path-not-mounted",
        PROMETHEUS,
        "- alerts/*.yml",
    );
}

#[test]
fn a_secret_that_the_container_is_not_given() {
    let path = "common/monitoring/alertmanager/alertmanager.yml";
    jupiter().changed(path, "/run/secrets/alert_webhook", "/run/secrets/webhook").found(
        "container-path-not-mounted",
        path,
        "/run/secrets/webhook",
    );
}

const INSTALL: &str = "deployment/scripts/hybrid/install-hybrid-first-time.sh";
const SECRETS: &str = "scripts/setup-secrets.sh\"";
const IMAGES: &str = "scripts/load-images.sh\"";
const SERVICES: &str = "scripts/start-services.sh\"";
const MONITORS: &str = "scripts/monitoring/setup-monitoring-prerequisites.sh\"";
const CONFIGURE: &str = "scripts/configure-nginx.sh\"";
const CERTIFICATES: &str = "scripts/setup-tls.sh\"";

#[test]
fn nginx_configured_before_the_containers_of_a_literal_name() {
    let path = "nginx/conf.d/alertmanager.conf";
    let literal = "proxy_pass http://jupiter-alertmanager:9093;";
    // A literal name stands beside no block of that name: nginx would refuse the port.
    let tree = jupiter().changed(path, "proxy_pass http://jupiter-alertmanager;", literal).changed(
        "nginx/modes/hybrid.conf",
        "upstream jupiter-alertmanager {",
        "upstream unused {",
    );
    // In the founding order even a literal name is there when nginx starts.
    tree.without_errors().moved(INSTALL, CONFIGURE, MONITORS).found("upstream-started-after-reload", path, literal);
}

#[test]
fn a_literal_name_beside_its_upstream() {
    let path = "nginx/conf.d/alertmanager.conf";
    let literal = "proxy_pass http://jupiter-alertmanager:9093;";
    jupiter().changed(path, "proxy_pass http://jupiter-alertmanager;", literal).found(
        "upstream-with-port",
        path,
        literal,
    );
}

#[test]
fn nginx_configured_before_the_containers_of_our_upstreams() {
    for tree in [jupiter(), jupiter_on_host()] {
        tree.moved(INSTALL, CONFIGURE, MONITORS)
            .at_level("step-out-of-order", Level::Warning, INSTALL, CONFIGURE)
            .without_errors();
    }
}

#[test]
fn nginx_configured_before_its_networks_are_there() {
    jupiter().moved(INSTALL, CONFIGURE, SERVICES).found("network-used-before-created", INSTALL, CONFIGURE);
}

#[test]
fn an_image_used_before_it_is_loaded() {
    jupiter().moved(INSTALL, SERVICES, IMAGES).found("image-used-before-load", INSTALL, SERVICES);
}

#[test]
fn an_image_that_no_step_loads() {
    jupiter().changed(INSTALL, &format!("    \"$TREE/{IMAGES} \"${{STEP_FLAGS[@]}}\"\n"), "").found(
        "image-used-before-load",
        INSTALL,
        SERVICES,
    );
}

#[test]
fn a_certificate_used_before_anything_makes_it() {
    let provided = "# provides: placeholder-certificate:${HOSTS[@]} placeholder-certificate:${MONITORING_HOSTS[@]}\n";
    let path = "scripts/configure-nginx.sh";
    jupiter().changed(path, provided, "").found("cert-used-before-issued", INSTALL, CONFIGURE);
}

#[test]
fn secrets_used_before_they_are_made() {
    jupiter().moved(INSTALL, SERVICES, SECRETS).found("secret-file-before-created", INSTALL, SERVICES);
}

#[test]
fn a_step_before_the_one_that_it_requires() {
    jupiter().moved(INSTALL, CERTIFICATES, CONFIGURE).found("step-before-requirement", INSTALL, CERTIFICATES);
}

#[test]
fn a_script_that_deletes_without_asking() {
    let reset = "deployment/scripts/utils/reset-vps.sh";
    let asks = "    confirm_typed reset_type_name \"$(uname -n)\"\n";
    let danger = "# danger: every database";
    jupiter().changed(reset, asks, "").found("unguarded-danger", reset, danger);
    // Asked afterwards is not asked.
    jupiter().moved(reset, "    confirm_typed reset_type_name", "    say reset_finished").found(
        "unguarded-danger",
        reset,
        danger,
    );
    jupiter().changed(reset, danger, "# every database").found("unguarded-danger", reset, "docker volume rm \"$name\"");
    let path = "scripts/tidy-up.sh";
    let script = "#!/usr/bin/env bash\n# runs-on: server\n# requires: docker\nset -euo pipefail\ndocker volume rm jupiter_database\n";
    jupiter().written(path, script).found("unguarded-danger", path, "docker volume rm");
}

#[test]
fn a_script_that_names_what_is_not_there() {
    jupiter().changed(INSTALL, IMAGES, "scripts/load-image.sh\"").found(
        "dangling-script-reference",
        INSTALL,
        "scripts/load-image.sh\"",
    );
    let (path, sourced) = ("scripts/start-services.sh", "source \"$TREE/scripts/lib/service-files.sh\"");
    jupiter().changed(path, sourced, "source \"$TREE/scripts/lib/service-file.sh\"").found(
        "dangling-script-reference",
        path,
        "scripts/lib/service-file.sh\"",
    );
    let path = "scripts/lib/compose.sh";
    let (from, to) = ("docker-compose.prod.yml\" \\\n", "docker-compose.production.yml\" \\\n");
    jupiter().changed(path, from, to).found("dangling-script-reference", path, "common/docker-compose.production.yml");
}

#[test]
fn a_script_that_does_something_else_than_it_declares() {
    let path = "scripts/load-images.sh";
    let provided = "# provides: image:${IMAGES[@]} image:${MONITORING_IMAGES[@]}";
    jupiter().changed(path, provided, &format!("{provided} network:jupiter_private")).found(
        "step-contract-mismatch",
        path,
        "network:jupiter_private",
    );
    let path = "scripts/monitoring/setup-monitoring-prerequisites.sh";
    jupiter()
        .changed(
            path,
            "step_done setup-monitoring-prerequisites",
            "docker network create jupiter_more\n    step_done setup-monitoring-prerequisites",
        )
        .found("step-contract-mismatch", path, "docker network create jupiter_more");
}

#[test]
fn a_mount_of_the_laptop_in_production() {
    let from = "      - database:/var/lib/postgresql/data\n";
    jupiter().changed(COMPOSE, from, &format!("{from}      - ../../apps/init.sql:/init.sql:ro\n")).found(
        "path-leaves-tree",
        COMPOSE,
        "../../apps/init.sql",
    );
}
