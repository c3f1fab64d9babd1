//! One service of a Compose file as the description has it.

use std::collections::{BTreeMap, BTreeSet};

use super::From;
use super::mounts::Mount;
use super::variables::{CHANGE, Variables, file, is_secret, parse};
use super::web::Sites;
use super::yaml::{Out, key};
use crate::describe::is_compose_key;
use crate::source::{TreePath, last_part};
use crate::syntax::quoted;
use crate::syntax::yaml::{Node, NodeKind, ScalarStyle};

/// What is carried over so far.
pub(super) struct Carried<'a> {
    pub(super) from: &'a From<'a>,
    /// The folder of the Compose file.
    pub(super) folder: &'a str,
    pub(super) variables: Variables,
    /// Volumes that no Compose file declares yet.
    pub(super) volumes: BTreeSet<String>,
    /// Whether the project declares secrets.
    pub(super) secrets: bool,
    pub(super) copies: BTreeMap<TreePath, TreePath>,
    pub(super) notes: Vec<String>,
    /// Services that are left out.
    pub(super) dropped: BTreeSet<String>,
    /// Services that say when they are healthy.
    pub(super) healthy: BTreeSet<String>,
    /// Networks that are carried over.
    pub(super) networks: BTreeSet<String>,
    pub(super) sites: &'a Sites,
}

impl Carried<'_> {
    /// The lines of a service.
    pub(super) fn service(&mut self, name: &str, keys: &[(Node, Node)]) -> String {
        let mut out = Out::default();
        out.line(2, &format!("{}:", key(name)), None, None);
        let get = |wanted: &str| keys.iter().find(|(key, _)| key.text() == Some(wanted)).map(|(_, value)| value);
        let built = get("build").map(|build| self.build_folder(build));
        let mut environment: Vec<(String, String, Option<&str>)> = Vec::new();
        if let Some(files) = get("env_file") {
            self.env_files(name, files, &mut environment);
        }
        for (word, node) in keys {
            let word = word.text().unwrap_or_default();
            let head = format!("{}:", key(word));
            let note = |why: &str| format!("`{word}` of `{name}`: {why}");
            match word {
                "image" => {
                    let image = node.text().unwrap_or_default();
                    self.variables.ask_for(image);
                    let (image, comment) = tagged(image, built.is_some());
                    out.line(4, &head, Some(&format!(" {}", quoted(&image))), comment);
                }
                "build" => self.build(&mut out, name, node),
                "environment" => own_environment(node, &mut environment),
                "env_file" => {}
                "volumes" => self.mounts(&mut out, name, node, built.as_deref()),
                "networks" => self.joined(&mut out, node),
                "network_mode" if node.text() == Some("host") => {
                    self.notes.push(note("the host's network would open its ports to everybody"));
                }
                "depends_on" => self.depends_on(&mut out, name, node),
                "links" | "volumes_from" if self.names_a_dropped_one(node) => {
                    self.notes.push(note("it names a service that is left out"));
                }
                "configs" | "external_links" | "label_file" | "credential_spec" | "extends" => {
                    self.notes.push(note("it has no place in a description"));
                }
                "secrets" if !self.secrets => self.notes.push(note("the file declares none")),
                "labels" if is_for_a_proxy(node) => {
                    self.notes.push(note("its routes are another proxy's: write them as `web:`"));
                }
                // Only production is said here.
                "pull_policy" | "platform" => {}
                _ if !is_compose_key(word) && !word.starts_with("x-") => {
                    self.notes.push(note("Compose has no such key"))
                }
                _ => {
                    self.ask_below(node);
                    out.entry(4, &head, node);
                }
            }
        }
        if !environment.is_empty() {
            self.environment(&mut out, environment);
        }
        self.web(&mut out, name);
        out.text
    }

    fn web(&mut self, out: &mut Out, name: &str) {
        let entries: Vec<String> = self.sites.of(name);
        if !entries.is_empty() {
            out.line(4, "web:", None, None);
            for entry in &entries {
                out.line(6, "- ", Some(entry), None);
            }
        } else if let Some(guess) = self.sites.guess(name) {
            out.line(4, &format!("# web: {guess}"), None, Some("CHANGE, if it is to be reached from outside"));
        }
    }

    /// The folder that an image is built from, as the project knows it.
    fn build_folder(&self, node: &Node) -> String {
        let context = node.text().or_else(|| node.get("context")?.text()).unwrap_or(".");
        self.path(context).map_or_else(String::new, |path| path.as_str().to_owned())
    }

    fn build(&mut self, out: &mut Out, name: &str, node: &Node) {
        let context = node.text().or_else(|| node.get("context")?.text()).unwrap_or(".").to_owned();
        let remote = context.contains("://") || context.starts_with("git@");
        let depth = if self.folder.is_empty() { 0 } else { self.folder.split('/').count() };
        let folder = self.build_folder(node);
        let leaves = context.split('/').filter(|part| *part == "..").count() > depth;
        if leaves {
            self.notes.push(format!("`build` of `{name}` leaves the project: begin in the folder above"));
        }
        let context = match (remote || context.contains('$'), folder.as_str()) {
            (true, _) => context,
            (false, "") => ".".to_owned(),
            (false, folder) => format!("./{folder}"),
        };
        out.line(4, "build:", None, None);
        out.line(6, "context:", Some(&format!(" {}", quoted(&context))), None);
        for (word, value) in node.map().unwrap_or_default() {
            let word = word.text().unwrap_or_default();
            if word != "context" {
                self.ask_below(value);
                out.entry(6, &format!("{}:", key(word)), value);
            }
        }
        self.variables.ask_for(&context);
    }

    fn env_files<'t>(&mut self, name: &str, node: &'t Node, into: &mut Vec<(String, String, Option<&'t str>)>) {
        let one = std::slice::from_ref(node);
        for item in node.list().unwrap_or(one) {
            let Some(path) = item.text().or_else(|| item.get("path")?.text()) else { continue };
            let found = self.path(path).and_then(|path| file(self.from.tree, path.as_str()));
            let Some((text, own)) = found else {
                self.notes.push(format!("the file `{path}` with variables of `{name}` is not in the project"));
                continue;
            };
            let whose = if own { "" } else { ", by its example" };
            self.notes.push(format!("the variables of `{path}`{whose} stand in `environment:` of `{name}` now"));
            for (variable, value) in parse(text) {
                let (value, comment) = if is_secret(&variable) {
                    self.notes.push(format!("`{variable}` of `{name}` looks like a secret: its value was not copied"));
                    (CHANGE.to_owned(), Some("CHANGE: looks like a secret"))
                } else {
                    (value.replace('$', "$$"), None)
                };
                into.push((variable, quoted(&value), comment));
            }
        }
    }

    fn environment(&mut self, out: &mut Out, variables: Vec<(String, String, Option<&str>)>) {
        // What `environment:` says itself comes last, and counts.
        let mut last: BTreeMap<String, (String, Option<&str>)> = BTreeMap::new();
        let mut order = Vec::new();
        for (name, value, comment) in variables {
            if last.insert(name.clone(), (value, comment)).is_none() {
                order.push(name);
            }
        }
        out.line(4, "environment:", None, None);
        for name in order {
            let Some((value, comment)) = last.remove(&name) else { continue };
            if value.is_empty() {
                self.variables.ask_for_name(&name);
            }
            self.variables.ask_for(&value);
            let literal = is_secret(&name) && !value.is_empty() && !value.contains('$');
            let comment = comment.or(literal.then_some("looks like a secret: `secrets:` keeps it on the server only"));
            let value = if value.is_empty() { value } else { format!(" {value}") };
            out.line(6, &format!("{}:", key(&name)), Some(&value), comment);
        }
    }

    fn mounts(&mut self, out: &mut Out, service: &str, node: &Node, built: Option<&str>) {
        let mut lines = Out::default();
        for item in node.list().unwrap_or_default() {
            match self.mount(service, item, built) {
                Mount::Kept => {
                    self.ask_below(item);
                    lines.entry(6, "-", item);
                }
                Mount::Written(text) => lines.line(6, "- ", Some(&text), None),
                Mount::Left(why) => {
                    lines.line(6, &format!("# left: {}", why.replace(['\n', '\r'], " ")), None, None);
                    self.notes.push(format!("`{service}`: {why}"));
                }
            }
        }
        let any = lines.text.lines().any(|line| !line.trim_start().starts_with('#'));
        out.line(4, "volumes:", Some(if any { "" } else { " []" }), None);
        out.text.push_str(&lines.text);
    }

    fn joined(&self, out: &mut Out, node: &Node) {
        let names = match (node.list(), node.map()) {
            (Some(items), _) => items.iter().filter_map(|item| Some((item.text()?, None))).collect::<Vec<_>>(),
            (_, entries) => {
                let entries = entries.unwrap_or_default().iter();
                entries.filter_map(|(name, value)| Some((name.text()?, Some(value)))).collect()
            }
        };
        let kept: Vec<_> = names.into_iter().filter(|(name, _)| self.networks.contains(*name)).collect();
        if kept.is_empty() {
            return;
        }
        out.line(4, "networks:", None, None);
        for (name, value) in kept {
            match value.and_then(|value| value.get("aliases")) {
                Some(aliases) => {
                    out.line(6, &format!("{}:", key(name)), None, None);
                    out.entry(8, "aliases:", aliases);
                }
                None => out.line(6, &format!("{}:", key(name)), Some(" {}"), None),
            }
        }
    }

    fn depends_on(&mut self, out: &mut Out, service: &str, node: &Node) {
        let dropped = self.dropped.clone();
        let kept = |name: &Node| name.text().is_some_and(|name| !dropped.contains(name));
        let kind = match &node.kind {
            NodeKind::List(items) => NodeKind::List(items.iter().filter(|item| kept(item)).cloned().collect()),
            NodeKind::Map(entries) => NodeKind::Map(
                entries.iter().filter(|(name, _)| kept(name)).map(|it| self.reachable(service, it)).collect(),
            ),
            kind @ NodeKind::Scalar { .. } => kind.clone(),
        };
        out.entry(4, "depends_on:", &Node { span: node.span, kind });
    }

    /// Waits for a service to start where the file does not say when it is healthy: its image may, and nobody can read that.
    fn reachable(&mut self, service: &str, (name, how): &(Node, Node)) -> (Node, Node) {
        let other = name.text().unwrap_or_default();
        if how.get("condition").and_then(Node::text) != Some("service_healthy") || self.healthy.contains(other) {
            return (name.clone(), how.clone());
        }
        self.notes.push(format!(
            "`{service}` waited until `{other}` is healthy: the file does not say when that is, so it waits for its start"
        ));
        let started = |(key, value): &(Node, Node)| {
            let mut value = value.clone();
            if key.text() == Some("condition") {
                value.kind = NodeKind::Scalar { text: "service_started".to_owned(), style: ScalarStyle::Plain };
            }
            (key.clone(), value)
        };
        let kind = NodeKind::Map(how.map().unwrap_or_default().iter().map(started).collect());
        (name.clone(), Node { span: how.span, kind })
    }

    fn names_a_dropped_one(&self, node: &Node) -> bool {
        let names = node.list().unwrap_or_default().iter().filter_map(Node::text);
        names.map(|text| text.split(':').next().unwrap_or_default()).any(|name| self.dropped.contains(name))
    }

    /// Notes the variables of everything below a node.
    fn ask_below(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Scalar { text, .. } => self.variables.ask_for(text),
            NodeKind::List(items) => items.iter().for_each(|item| self.ask_below(item)),
            NodeKind::Map(entries) => entries.iter().for_each(|(_, value)| self.ask_below(value)),
        }
    }
}

/// Names and values as they are written; an empty value asks for the variable of the same name.
fn own_environment(node: &Node, into: &mut Vec<(String, String, Option<&str>)>) {
    for item in node.list().unwrap_or_default() {
        let text = item.text().unwrap_or_default();
        let (name, value) = text.split_once('=').map_or((text, String::new()), |(name, value)| (name, quoted(value)));
        into.push((name.to_owned(), value, None));
    }
    for (name, value) in node.map().unwrap_or_default() {
        let value = if value.is_null() { String::new() } else { quoted(value.text().unwrap_or_default()) };
        into.push((name.text().unwrap_or_default().to_owned(), value, None));
    }
}

/// An image with a tag: without one Docker takes `latest`.
fn tagged(image: &str, built: bool) -> (String, Option<&'static str>) {
    let last = last_part(image);
    if last.contains([':', '@', '$']) || image.is_empty() {
        (image.to_owned(), None)
    } else if built {
        (format!("{image}:prod"), None)
    } else {
        (format!("{image}:latest"), Some("CHANGE: name a version"))
    }
}

fn is_for_a_proxy(node: &Node) -> bool {
    let items = node.list().unwrap_or_default().iter().filter_map(Node::text);
    let keys = node.map().unwrap_or_default().iter().filter_map(|(key, _)| key.text());
    items.chain(keys).any(|label| label.starts_with("traefik.") || label.starts_with("caddy"))
}
