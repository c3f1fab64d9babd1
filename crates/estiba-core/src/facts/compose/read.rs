//! From YAML nodes to facts. What has a form that Compose itself would refuse is skipped: `docker compose config` says
//! that better than we could.

use super::{Build, FileResource, Healthcheck, Joined, Network, Service, mounts, ports};
use crate::source::Spanned;
use crate::syntax::yaml::Node;

/// The sections of a project.
pub(super) struct Sections {
    pub(super) name: Option<Spanned<String>>,
    pub(super) services: Vec<Service>,
    pub(super) networks: Vec<Network>,
    pub(super) volumes: Vec<Spanned<String>>,
    pub(super) secrets: Vec<FileResource>,
}

pub(super) fn sections(root: &Node) -> Sections {
    let named = |key: &str| entries(root.get(key)).iter().filter_map(|(name, node)| Some((text(name)?, node)));
    Sections {
        name: root.get("name").and_then(text),
        services: named("services").map(|(name, node)| service(name, node)).collect(),
        networks: named("networks")
            .map(|(key, node)| Network {
                key,
                // `external: { name: … }` is the older form of both keys.
                name: [node.get("name"), node.get("external").and_then(|node| node.get("name"))]
                    .into_iter()
                    .flatten()
                    .find_map(|name| Some(name.text()?.to_owned())),
                external: node
                    .get("external")
                    .filter(|node| node.boolean() == Some(true) || node.map().is_some())
                    .map(|node| node.span),
                internal: node.get("internal").and_then(Node::boolean) == Some(true),
            })
            .collect(),
        volumes: named("volumes").map(|(key, _)| key).collect(),
        secrets: named("secrets")
            .map(|entry| (entry, true))
            .chain(named("configs").map(|entry| (entry, false)))
            .map(|((key, node), secret)| FileResource { key, file: node.get("file").and_then(text), secret })
            .collect(),
    }
}

fn service(name: Spanned<String>, node: &Node) -> Service {
    let get = |key: &str| node.get(key).and_then(text);
    let list = |key: &str| node.get(key).and_then(Node::list).unwrap_or_default();
    Service {
        image: get("image"),
        build: node.entry("build").map(|(key, build)| Build {
            key: key.span,
            context: text(build).or_else(|| build.get("context").and_then(text)),
            dockerfile: build.get("dockerfile").and_then(text),
            target: build.get("target").and_then(text),
            inline: build.get("dockerfile_inline").is_some(),
            recipe: None,
        }),
        pull_policy: get("pull_policy"),
        restart: get("restart"),
        names: ["container_name", "hostname"].into_iter().filter_map(get).collect(),
        network_mode: get("network_mode"),
        networks: node.get("networks").map(networks),
        ports: list("ports").iter().filter_map(ports::read).collect(),
        expose: list("expose").iter().filter_map(|node| node.text()?.split('/').next()?.parse().ok()).collect(),
        mounts: list("volumes").iter().filter_map(mounts::read).collect(),
        secrets: secrets(list("secrets"), "/run/secrets/").chain(secrets(list("configs"), "/")).collect(),
        extra_hosts: pairs(node.get("extra_hosts"), &['=', ':']).into_iter().map(|(host, _)| host).collect(),
        links: list("links").iter().filter_map(Node::text).map(link).collect(),
        command: ["entrypoint", "command"].into_iter().filter_map(|key| node.get(key)).flat_map(words).collect(),
        depends_on: match node.get("depends_on") {
            Some(node) if node.list().is_some() => node.list().unwrap_or_default().iter().filter_map(text).collect(),
            other => entries(other)
                .iter()
                .filter(|(_, how)| how.get("required").and_then(Node::boolean) != Some(false))
                .filter_map(|(name, _)| text(name))
                .collect(),
        },
        waits_for_healthy: entries(node.get("depends_on"))
            .iter()
            .filter(|(_, how)| how.get("required").and_then(Node::boolean) != Some(false))
            .filter_map(|(name, how)| Some((name.text()?, how.get("condition")?)))
            .filter(|(_, condition)| condition.text() == Some("service_healthy"))
            .map(|(name, condition)| Spanned::new(name.to_owned(), condition.span))
            .collect(),
        healthcheck: node.entry("healthcheck").filter(|(_, node)| node.map().is_some()).map(|(key, node)| {
            let test: Vec<_> = match node.get("test") {
                Some(test) => test
                    .list()
                    .map_or_else(|| text(test).into_iter().collect(), |list| list.iter().filter_map(text).collect()),
                None => Vec::new(),
            };
            let none = test.first().is_some_and(|word| word.value == "NONE");
            Healthcheck {
                key: key.span,
                disabled: none || node.get("disable").and_then(Node::boolean) == Some(true),
                test,
            }
        }),
        logging: node.get("logging").is_some_and(|node| node.map().is_some()),
        environment: environment(node.get("environment")),
        environment_files: environment_values(node.get("environment"), |name, _| name.ends_with("_FILE")),
        environment_paths: environment_values(node.get("environment"), |name, path| {
            name.ends_with("_PATH")
                && [".json", ".yml", ".yaml", ".conf", ".ini"].iter().any(|ending| path.ends_with(ending))
        }),
        environment_secrets: environment_secrets(node.get("environment")),
        labels: pairs(node.get("labels"), &['=']),
        env_files: env_files(node.get("env_file")),
        profiles: list("profiles").iter().filter_map(|node| Some(node.text()?.to_owned())).collect(),
        never: [node.get("scale"), node.get("deploy").and_then(|deploy| deploy.get("replicas"))]
            .into_iter()
            .flatten()
            .any(|count| count.text() == Some("0")),
        name,
    }
}

fn text(node: &Node) -> Option<Spanned<String>> {
    Some(Spanned::new(node.text()?.to_owned(), node.span))
}

fn entries(node: Option<&Node>) -> &[(Node, Node)] {
    node.and_then(Node::map).unwrap_or_default()
}

/// A list of words, or one text that a shell would split at spaces.
fn words(node: &Node) -> Vec<Spanned<String>> {
    match node.list() {
        Some(items) => items.iter().filter_map(text).collect(),
        None => node
            .text()
            .unwrap_or_default()
            .split_whitespace()
            .map(|word| Spanned::new(word.to_owned(), node.span))
            .collect(),
    }
}

fn networks(node: &Node) -> Vec<Joined> {
    if let Some(items) = node.list() {
        return items.iter().filter_map(text).map(|name| Joined { name, aliases: Vec::new() }).collect();
    }
    let aliases = |node: &Node| {
        let list = node.get("aliases").and_then(Node::list).unwrap_or_default();
        list.iter().filter_map(|alias| Some(alias.text()?.to_owned())).collect()
    };
    entries(Some(node))
        .iter()
        .filter_map(|(name, node)| Some(Joined { name: text(name)?, aliases: aliases(node) }))
        .collect()
}

/// A mapping, or a list of texts with one of `separators` between the two parts.
fn pairs(node: Option<&Node>, separators: &[char]) -> Vec<(String, String)> {
    match node.and_then(Node::list) {
        Some(items) => items
            .iter()
            .filter_map(Node::text)
            .map(|text| text.split_once(separators).unwrap_or((text, "")))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        None => entries(node)
            .iter()
            .filter_map(|(key, value)| Some((key.text()?.to_owned(), value.text().unwrap_or_default().to_owned())))
            .collect(),
    }
}

/// `SERVICE[:ALIAS]`.
fn link(text: &str) -> (String, String) {
    let (service, alias) = text.split_once(':').unwrap_or((text, text));
    (service.to_owned(), alias.to_owned())
}

fn environment(node: Option<&Node>) -> Vec<(String, Option<String>)> {
    match node.and_then(Node::list) {
        Some(items) => items
            .iter()
            .filter_map(Node::text)
            .map(|text| match text.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (text.to_owned(), None),
            })
            .collect(),
        None => entries(node)
            .iter()
            .filter_map(|(key, value)| Some((key.text()?.to_owned(), value.text().map(str::to_owned))))
            .collect(),
    }
}

/// Absolute paths among the values.
fn environment_values(node: Option<&Node>, wanted: impl Fn(&str, &str) -> bool) -> Vec<Spanned<String>> {
    let listed = node.and_then(Node::list).unwrap_or_default().iter();
    let listed = listed.filter_map(|item| Some((item.text()?.split_once('=')?, item.span)));
    let mapped = entries(node).iter().filter_map(|(key, value)| Some(((key.text()?, value.text()?), value.span)));
    let files = listed.chain(mapped).filter(|((name, path), _)| path.starts_with('/') && wanted(name, path));
    files.map(|((_, path), span)| Spanned::new(path.to_owned(), span)).collect()
}

/// Variables that hold a secret themselves, not the path of one.
fn environment_secrets(node: Option<&Node>) -> Vec<(String, Spanned<String>)> {
    const ENDINGS: [&str; 6] = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "SECRET_KEY"];
    let is_secret = |name: &str| ENDINGS.iter().any(|ending| name.ends_with(ending));
    let listed = node.and_then(Node::list).unwrap_or_default().iter();
    let listed = listed.filter_map(|item| Some((item.text()?.split_once('=')?, item.span)));
    let mapped = entries(node).iter().filter_map(|(key, value)| Some(((key.text()?, value.text()?), value.span)));
    let secrets = listed.chain(mapped).filter(|((name, _), _)| is_secret(name));
    secrets.map(|((name, value), span)| (name.to_owned(), Spanned::new(value.to_owned(), span))).collect()
}

/// Short and long form; the target is relative to `folder`.
fn secrets<'a>(items: &'a [Node], folder: &'a str) -> impl Iterator<Item = (Spanned<String>, String)> + 'a {
    items.iter().filter_map(move |node| {
        let name = text(node).or_else(|| node.get("source").and_then(text))?;
        let target = node.get("target").and_then(Node::text).unwrap_or(&name.value);
        let target = if target.starts_with('/') { target.to_owned() } else { format!("{folder}{target}") };
        Some((name, target))
    })
}

/// One path, a list of them, or of mappings with `path` and `required`.
fn env_files(node: Option<&Node>) -> Vec<(Spanned<String>, bool)> {
    let one = |node: &Node| match node.get("path") {
        Some(path) => Some((text(path)?, node.get("required").and_then(Node::boolean) != Some(false))),
        None => Some((text(node)?, true)),
    };
    match node.and_then(Node::list) {
        Some(items) => items.iter().filter_map(one).collect(),
        None => node.and_then(one).into_iter().collect(),
    }
}
