//! From a Compose file that somebody wrote, and the nginx before it, to a description. What cannot be carried over is said,
//! at its place in the description and in a list; nothing is dropped in silence.

mod mounts;
mod service;
mod variables;
mod web;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::facts::Facts;
use crate::source::{Diagnostic, Sources, Span, TreePath};
use crate::syntax::quoted;
use crate::syntax::yaml::{Limits, Node, load};
use crate::tree::{Tree, TreeFile};
use service::Carried;
use variables::Variables;
use web::Sites;
use yaml::{Out, key};

/// What to describe.
pub struct From<'a> {
    /// The project's folder.
    pub tree: &'a Tree,
    /// The Compose file in it.
    pub compose: &'a TreePath,
    /// A folder of nginx configuration that no service mounts.
    pub nginx: Option<&'a TreePath>,
    /// The project's name.
    pub project: &'a str,
}

/// A description of what somebody wrote.
#[derive(Debug)]
pub struct Adopted {
    /// The text of `estiba.yml`.
    pub text: String,
    /// Files that are mounted, with where they are to stand so that they travel with the tree.
    pub copies: BTreeMap<TreePath, TreePath>,
    /// What was not carried over, or was guessed.
    pub notes: Vec<String>,
    /// How many services it has.
    pub services: usize,
}

/// Describes a project.
///
/// # Errors
/// When the Compose file is none.
pub fn adopt(sources: &mut Sources, from: &From<'_>) -> Result<Adopted, Box<Diagnostic>> {
    let name = from.compose.as_str();
    let text = from.tree.get(name).and_then(TreeFile::text).unwrap_or_default();
    let file = sources.add(name, text);
    let root = load(file, text, Limits::default())?.root;
    let Some(services) = root.get("services").and_then(Node::map) else {
        let place = root.get("services").map_or(Span::new(file, 0, 0), |node| node.span);
        let problem = Diagnostic::error("this is no Compose file with services", place, "expected `services:`");
        return Err(Box::new(problem.help("name the file that starts the project")));
    };
    let facts = Facts::of(&with_nginx(from));
    let mut notes = Vec::new();
    let sites = Sites::read(&facts, from, services, &mut notes);
    let mut carried = Carried {
        from,
        folder: name.rsplit_once('/').map_or("", |(folder, _)| folder),
        variables: Variables::read(from.tree, name),
        volumes: BTreeSet::new(),
        secrets: root.get("secrets").and_then(Node::map).is_some(),
        copies: BTreeMap::new(),
        notes: Vec::new(),
        healthy: services
            .iter()
            .filter(|(_, service)| service.get("healthcheck").is_some_and(|check| check.get("test").is_some()))
            .filter_map(|(name, _)| Some(name.text()?.to_owned()))
            .collect(),
        dropped: sites.proxies.clone(),
        networks: networks(&root, &mut notes),
        sites: &sites,
    };
    let mut body = String::from("services:\n");
    let mut count = 0;
    for (service, node) in services {
        let name = service.text().unwrap_or_default();
        match (sites.proxies.contains(name), node.map()) {
            (true, _) => {
                let _ = writeln!(body, "  # `{name}` is left out: the proxy is Estiba's.");
            }
            (false, Some(keys)) => {
                body.push_str(&carried.service(name, keys));
                count += 1;
            }
            (false, None) => notes.push(format!("the service `{name}` has no keys")),
        }
    }
    if count == 0 {
        body = "services: {}\n".to_owned();
    }
    body.push_str(&carried.top_level(&root, &mut notes));
    let Carried { variables, copies, notes: more, .. } = carried;
    notes.extend(more);
    body.push_str(&variables.declared(&mut notes));
    let header = header(from, &notes);
    Ok(Adopted { text: header + &body, copies, notes, services: count })
}

fn header(from: &From<'_>, notes: &[String]) -> String {
    let project = from.project;
    let mut text =
        format!("# Described from {}. Look at every line with CHANGE, and at what is listed here.\n", from.compose);
    if !notes.is_empty() {
        text.push_str("#\n# Not carried over, or guessed:\n");
        for note in notes {
            let _ = writeln!(text, "# - {}", note.replace(['\n', '\r'], " "));
        }
    }
    let _ = write!(
        text,
        "\nproject: {project}\nlanguage: en # en | es\nmode: minimal # minimal | hybrid: with monitoring\n\
         server:\n  host: vps.{project}.example # CHANGE: what ssh reaches\n  user: deploy\n\
         proxy: {{ runs: container }}\n\
         tls:\n  email: ops@{project}.example # CHANGE: where the authority writes\n  \
         ca: letsencrypt-staging # first try here; then letsencrypt\n\n"
    );
    text
}

/// The project, with a service that mounts the folder that was named, so that it is read as any other nginx.
fn with_nginx(from: &From<'_>) -> Tree {
    let mut tree = from.tree.clone();
    let Some(folder) = from.nginx else { return tree };
    let whole = tree.get(&format!("{folder}/nginx.conf")).is_some();
    let target = if whole { "/etc/nginx" } else { "/etc/nginx/conf.d" };
    let text = format!(
        "services:\n  {}:\n    image: nginx:1.30\n    volumes: [{}]\n",
        web::NAMED,
        quoted(&format!("./{folder}:{target}"))
    );
    if let Ok(path) = TreePath::parse("estiba-adopted-nginx.compose.yml") {
        tree.insert(path, TreeFile { content: text.into_bytes(), mode: 0o644, origin: None });
    }
    tree
}

/// Networks that can be carried over.
fn networks(root: &Node, notes: &mut Vec<String>) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    for (name, node) in root.get("networks").and_then(Node::map).unwrap_or_default() {
        let name = name.text().unwrap_or_default();
        if node.get("external").is_some_and(|external| external.boolean() != Some(false)) {
            notes.push(format!("the network `{name}` is made by others: services join the project's own instead"));
        } else if name != "default" {
            kept.insert(name.to_owned());
        }
    }
    kept
}

impl Carried<'_> {
    /// `volumes:`, `networks:` and `secrets:`.
    fn top_level(&mut self, root: &Node, notes: &mut Vec<String>) -> String {
        let mut text = String::new();
        let entries = |key: &str| root.get(key).and_then(Node::map).unwrap_or_default();
        let mut volumes = Out::default();
        for (name, node) in entries("volumes") {
            let name = name.text().unwrap_or_default();
            self.volumes.remove(name);
            volumes.line(2, &format!("{}:", key(name)), Some(" {}"), None);
            if node.map().is_some_and(|keys| !keys.is_empty()) {
                notes.push(format!(
                    "the volume `{name}` is made anew on the server: its options and its own name are left"
                ));
            }
        }
        for name in &self.volumes {
            volumes.line(2, &format!("{}:", key(name)), Some(" {}"), Some("was a folder beside the Compose file"));
        }
        if !volumes.text.is_empty() {
            let _ = write!(text, "\nvolumes:\n{}", volumes.text);
        }
        let mut networks = Out::default();
        for (name, node) in entries("networks") {
            let name = name.text().unwrap_or_default();
            if self.networks.contains(name) {
                let internal = node.get("internal").and_then(Node::boolean) == Some(true);
                let value = if internal { " { internal: true }" } else { " {}" };
                networks.line(2, &format!("{}:", key(name)), Some(value), None);
                let other = |(key, _): &(Node, Node)| !matches!(key.text(), Some("internal" | "driver"));
                if node.map().is_some_and(|keys| keys.iter().any(other)) {
                    notes.push(format!("the network `{name}`: its name and options are left"));
                }
            }
        }
        if !networks.text.is_empty() {
            let _ = write!(text, "\nnetworks:\n{}", networks.text);
        }
        let mut secrets = Out::default();
        for (name, _) in entries("secrets") {
            let name = name.text().unwrap_or_default();
            secrets.line(2, &format!("{}:", key(name)), Some(" {}"), Some("asked for on the server"));
        }
        if !secrets.text.is_empty() {
            let _ = write!(text, "\nsecrets:\n{}", secrets.text);
        }
        for (key, _) in root.map().unwrap_or_default() {
            let key = key.text().unwrap_or_default();
            let known = ["services", "volumes", "networks", "secrets", "version", "name"].contains(&key);
            if !known && !key.starts_with("x-") {
                notes.push(format!("`{key}:` at the top of the Compose file"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests;
