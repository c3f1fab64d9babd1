//! What becomes of Compose's own words on their way into the tree.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]

mod support;

use estiba_core::model::Model;
use estiba_core::source::{Diagnostic, Level, MemoryFiles, Sources};
use estiba_core::syntax::yaml::Node;
use support::{described, generate, resolve};

const HEAD: &str = "project: mars
server: { host: vps.mars.example }
tls: { email: ops@mars.example }
";

/// A description with this after its head.
fn with(text: &str) -> MemoryFiles {
    described(&format!("{HEAD}{text}"))
}

/// A service of a Compose file of the tree.
struct Service(Node);

impl Service {
    fn production(files: &MemoryFiles, name: &str) -> Self {
        Self::of(files, "common/docker-compose.prod.yml", name)
    }

    fn local(files: &MemoryFiles, name: &str) -> Self {
        Self::of(files, "common/docker-compose.local-prod.yml", name)
    }

    #[track_caller]
    fn of(files: &MemoryFiles, path: &str, name: &str) -> Self {
        let tree = generate(files).tree();
        let text = tree.get(path).unwrap().text().unwrap();
        let root = support::yaml(text).unwrap();
        Self(root.get("services").and_then(|services| services.get(name)).expect(name).clone())
    }

    #[track_caller]
    fn at(&self, path: &str) -> &Node {
        let mut node = &self.0;
        for key in path.split('/') {
            let next = match key.parse::<usize>() {
                Ok(at) => node.list().and_then(|items| items.get(at)),
                Err(_) => node.get(key),
            };
            node = next.unwrap_or_else(|| panic!("no `{key}` of `{path}`"));
        }
        node
    }

    #[track_caller]
    fn says(&self, path: &str, text: &str) {
        assert_eq!(self.at(path).text(), Some(text), "{path}");
    }

    /// The keys of a mapping, or the texts of a list.
    #[track_caller]
    fn holds(&self, path: &str, wanted: &[&str]) {
        let node = self.at(path);
        let keys = node.map().unwrap_or_default().iter().map(|(key, _)| key);
        let found: Vec<&str> = keys.chain(node.list().unwrap_or_default()).filter_map(Node::text).collect();
        assert_eq!(found, wanted, "{path}");
    }

    fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some()
    }
}

const BASE: &str = "
services:
  base:
    image: base:1
    web: { host: mars.example, port: 3000 }
    command: [a, b]
    environment: [A=1, B=1]
    labels: { one: base, two: base }
    depends_on: [cache]
    networks: { private: { aliases: [known] } }
    volumes: [data:/data, data:/old]
    logging: { driver: syslog, options: { syslog-address: udp://127.0.0.1 } }
    healthcheck: { test: [CMD, a], interval: 5s }
    secrets: [one]
  derived:
    extends: base
    image: derived:1
    command: [c]
    environment: { B: '2', C: '2' }
    labels: [two=derived]
    depends_on: { other: { condition: service_healthy } }
    volumes: [more:/old]
    logging: { driver: local }
    healthcheck: { test: [CMD, b] }
  further:
    extends: { service: derived }
    environment: { C: '3' }
  cache: { image: 'redis:8' }
  other: { image: 'redis:8', healthcheck: { test: redis-cli ping } }
volumes: { data: {}, more: {} }
secrets: { one: {} }
";

#[test]
fn a_service_that_extends_another_has_its_keys_and_none_of_its_places() {
    for proxy in ["container", "host"] {
        let files = with(&format!("proxy: {{ runs: {proxy} }}{BASE}"));
        let derived = Service::production(&files, "mars-derived");
        assert!(!derived.has("extends") && !derived.has("ports"), "{proxy}");
        derived.says("image", "derived:1");
        derived.holds("command", &["c"]);
        derived.holds("environment", &["A", "B", "C"]);
        derived.says("environment/B", "2");
        derived.says("labels/one", "base");
        derived.says("labels/two", "derived");
        derived.says("labels/estiba.service", "derived");
        derived.holds("depends_on", &["mars-cache", "mars-other"]);
        derived.says("depends_on/mars-cache/condition", "service_started");
        derived.holds("networks", &["private"]);
        derived.holds("networks/private/aliases", &["known", "derived"]);
        derived.holds("volumes", &["data:/data", "more:/old"]);
        assert!(derived.at("logging").get("options").is_none());
        derived.holds("healthcheck/test", &["CMD", "b"]);
        derived.says("healthcheck/interval", "5s");
        derived.holds("secrets", &["one"]);
        let further = Service::production(&files, "mars-further");
        further.says("image", "derived:1");
        further.says("environment/C", "3");
        further.holds("networks/private/aliases", &["known", "further"]);
        assert_eq!(Service::production(&files, "mars-base").has("ports"), proxy == "host");
    }
}

#[test]
fn every_path_of_the_laptop_is_rebased() {
    let files = with(
        "
services:
  app:
    build:
      context: apps/app
      additional_contexts:
        shared: ./libs/shared
        base: docker-image://alpine:3
        other: service:lib
    develop:
      watch:
        - { path: ./apps/app/src, action: sync, target: /src, ignore: [node_modules] }
        - { path: package.json, action: rebuild }
  listed:
    build: { context: ., additional_contexts: [shared=libs/shared] }
  lib: { build: libs/lib }
",
    );
    let app = Service::local(&files, "mars-app");
    app.says("build/context", "../../apps/app");
    app.says("build/additional_contexts/shared", "../../libs/shared");
    app.says("build/additional_contexts/base", "docker-image://alpine:3");
    app.says("build/additional_contexts/other", "service:mars-lib");
    app.says("develop/watch/0/path", "../../apps/app/src");
    app.says("develop/watch/0/target", "/src");
    app.holds("develop/watch/0/ignore", &["node_modules"]);
    app.says("develop/watch/1/path", "../../package.json");
    Service::local(&files, "mars-listed").says("build/additional_contexts/shared", "../../libs/shared");
}

#[test]
fn a_web_service_on_internal_networks_only_can_be_asked_by_the_nginx_of_the_host() {
    let text = |internal: bool| {
        with(&format!(
            "proxy: {{ runs: host }}
services:
  app: {{ image: 'app:1', web: {{ host: mars.example, port: 80 }}, networks: [back] }}
  worker: {{ image: 'app:1', networks: [back] }}
networks: {{ back: {{ internal: {internal} }} }}
"
        ))
    };
    Service::production(&text(true), "mars-app").holds("networks", &["back", "edge"]);
    Service::production(&text(true), "mars-worker").holds("networks", &["back"]);
    Service::production(&text(false), "mars-app").holds("networks", &["back"]);
}

/// The resolved project.
fn model(files: &MemoryFiles) -> Model {
    let mut sources = Sources::default();
    resolve(&mut sources, files).unwrap_or_else(|problems| panic!("{}", support::shown(&sources, &problems)))
}

#[test]
fn a_database_without_a_dump_is_said() {
    let noted = |image: &str, volumes: &str| -> Vec<String> {
        let files = with(&format!(
            "services: {{ db: {{ image: '{image}', volumes: {volumes} }} }}\nvolumes: {{ data: {{}} }}\n"
        ));
        let notes = model(&files).notes.into_iter().filter(|note| note.level == Level::Note);
        notes.map(|note| note.message).collect()
    };
    for image in ["bitnami/postgresql:17", "mongo:8", "bitnami/mariadb-galera:11", "mysql/mysql-server:8", "neo4j:5"] {
        let said = noted(image, "['data:/data']");
        assert!(matches!(said.as_slice(), [one] if one.starts_with("`db` gets no dump")), "{image}: {said:?}");
    }
    for (image, volumes) in [("postgres:17", "['data:/var/lib/postgresql/data']"), ("mongo:8", "[]"), ("app:1", "[]")] {
        assert_eq!(noted(image, volumes), [""; 0], "{image}");
    }
}

/// The help of the one problem of a project.
#[track_caller]
fn help(files: &MemoryFiles) -> String {
    let (sources, problems) = generate(files).problems();
    let [Diagnostic { help: Some(help), .. }] = problems.as_slice() else {
        panic!("{}", support::shown(&sources, &problems))
    };
    help.clone()
}

#[test]
fn composes_default_network_has_a_way_out() {
    let files = with("services: { app: { image: 'app:1' } }\nnetworks: { default: { driver: bridge } }\n");
    assert!(help(&files).starts_with("remove this entry"), "{}", help(&files));
}

#[test]
fn a_network_of_another_name_is_said() {
    let files = with("services: { app: { image: 'app:1', networks: [back] } }\nnetworks: { back: { name: old } }\n");
    let notes = model(&files).notes;
    assert!(notes.iter().any(|note| note.message.contains("the network `back`")), "{notes:?}");
}
