//! One service of the description as it stands in production and in local-prod.

use std::collections::{BTreeMap, BTreeSet};

use super::forms;
use super::interpolate::Variables;
use super::mounts::Mounts;
use super::references::References;
use super::value::Value;
use crate::describe::{self, Description, Word};
use crate::source::{Diagnostic, Span, nearest};
use crate::syntax::yaml::Node;

/// What every service of a description is lowered with.
pub(super) struct Lowering<'a> {
    pub(super) description: &'a Description,
    pub(super) project: &'a Word,
    pub(super) variables: &'a Variables,
    pub(super) mounts: &'a Mounts<'a>,
    pub(super) arch: &'a Word,
}

/// A lowered service.
pub(super) struct Lowered {
    pub(super) image: String,
    pub(super) image_span: Span,
    pub(super) built: bool,
    /// Keys of the production file, without those that depend on other services.
    pub(super) production: Vec<(String, Value)>,
    /// Keys of the local file.
    pub(super) local: Vec<(String, Value)>,
    pub(super) needs: BTreeSet<String>,
    pub(super) completes: BTreeSet<String>,
    /// Named volumes with their paths inside the container.
    pub(super) volumes: Vec<(String, String)>,
    pub(super) secrets: Vec<String>,
    pub(super) networks: Networks,
    pub(super) environment: Vec<(String, Value)>,
    /// Where each value of the environment stands.
    pub(super) environment_at: Vec<Span>,
    pub(super) profiled: bool,
}

/// Which networks a service is on.
pub(super) enum Networks {
    /// None of the project's: `network_mode` says so.
    Mode,
    /// These keys, with what Compose says of each.
    Joined(Vec<(String, Vec<(String, Value)>)>),
}

impl Lowering<'_> {
    pub(super) fn service(&self, service: &describe::Service, problems: &mut Vec<Diagnostic>) -> Lowered {
        let name = service.name.value.as_str();
        let mut references = References {
            project: self.project,
            services: &self.description.services,
            needs: BTreeSet::new(),
            one_shots: BTreeSet::new(),
        };
        let default_image = format!("{}-{name}:prod", self.project);
        let mut out = Lowered {
            image: default_image,
            image_span: service.name.span,
            built: false,
            production: Vec::new(),
            local: Vec::new(),
            needs: BTreeSet::new(),
            completes: BTreeSet::new(),
            volumes: Vec::new(),
            secrets: Vec::new(),
            networks: Networks::Joined(vec![("private".into(), Vec::new())]),
            environment: Vec::new(),
            environment_at: Vec::new(),
            profiled: false,
        };
        let mut has_image = false;
        for (key, node) in &service.compose {
            let word = key.text().unwrap_or_default();
            if !forms::fits(word, node, problems) {
                // What it would have been is unknown: only its own mistake is reported.
                has_image |= word == "image";
                continue;
            }
            let value = self.variables.resolve(node, problems);
            let span = node.span;
            let both = match word {
                "image" => {
                    has_image = true;
                    out.image_span = span;
                    out.image = value.as_text().unwrap_or_default().to_owned();
                    None
                }
                "build" => {
                    out.built = true;
                    let build = self.build(&value, node, &mut references, problems);
                    out.local.push(("build".into(), build));
                    None
                }
                "container_name" | "ports" => {
                    let why = match word {
                        "ports" => "in production only nginx is reachable from outside; `web:` says what answers there",
                        _ => {
                            "a fixed name forbids a second container beside the first, and so every update without downtime"
                        }
                    };
                    let message = format!("`{word}` of `{name}` stays in local-prod and is left out of production");
                    problems.push(Diagnostic::note(message, key.span, "for your own machine").help(why));
                    out.local.push((word.into(), value));
                    None
                }
                // For work on the laptop only.
                "develop" => {
                    let develop = self.develop(&value, node, problems);
                    out.local.push((word.into(), develop));
                    None
                }
                "pull_policy" | "platform" => None,
                "env_file" | "configs" | "external_links" | "label_file" | "credential_spec" => {
                    problems.push(refused(word, key.span));
                    None
                }
                "environment" => {
                    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
                    for (name, value, span) in self.environment(&value, node, problems) {
                        if let Some(first) = seen.insert(name.clone(), span) {
                            problems.push(forms::twice("the variable", &name, span, first));
                            continue;
                        }
                        out.environment.push((name, value));
                        out.environment_at.push(span);
                    }
                    None
                }
                "labels" => Some(Value::Map(self.labels(&value, node, problems))),
                "volumes" => {
                    self.volumes(&value, node, &mut out, problems);
                    None
                }
                "secrets" => {
                    self.secrets(&value, node, &mut out, problems);
                    Some(value)
                }
                "networks" => {
                    out.networks = self.networks(&value, node, problems);
                    None
                }
                "network_mode" if value.as_text() == Some("host") => {
                    let message = format!("`{name}` would open its ports on every address of the server");
                    let problem = Diagnostic::error(message, span, "the host's network").help(
                        "remove `network_mode`: services reach each other by their short names, and `web:` is reachable from outside",
                    );
                    problems.push(problem);
                    None
                }
                "network_mode" => {
                    out.networks = Networks::Mode;
                    Some(references.namespace(&value, span, problems))
                }
                "pid" | "ipc" => Some(references.namespace(&value, span, problems)),
                "depends_on" => Some(references.depends_on(&value, node, problems)),
                "links" => Some(references.links(&value, node, problems)),
                "volumes_from" => Some(references.volumes_from(&value, node, problems)),
                // It was refused already, and might have given an image.
                "extends" => {
                    has_image = true;
                    None
                }
                "profiles" => {
                    out.profiled = true;
                    Some(value)
                }
                _ => Some(value),
            };
            if let Some(value) = both {
                out.production.push((word.into(), value.clone()));
                out.local.push((word.into(), value));
            }
        }
        if !has_image && !out.built {
            let problem = Diagnostic::error(
                format!("the service `{name}` has no image"),
                service.name.span,
                "no `image` and no `build`",
            )
            .help("add `image: name:tag`, and `build:` if it is built from your sources");
            problems.push(problem);
        }
        // What is tried on the laptop is what the server will run.
        out.local.push(("platform".into(), Value::text(format!("linux/{}", self.arch))));
        out.needs = references.needs;
        out.completes = references.one_shots;
        out
    }

    /// A path of the description, which the tree's local file names from `common/`. `what` it is stands in the message.
    fn rebase(&self, what: &str, path: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Value {
        let joined = format!("{}{path}", self.mounts.base);
        if path.starts_with(['/', '~']) || leaves(&joined) {
            let problem = Diagnostic::error(
                format!("the {what} `{path}` leaves the project"),
                span,
                "out of the project's folder",
            )
            .help("move estiba.yml to the folder that holds all sources, and name folders relative to it");
            problems.push(problem);
        }
        let inside = crate::source::TreePath::parse(&joined).map_or(String::new(), |path| format!("/{path}"));
        Value::text(format!("{}{inside}", self.mounts.project_from_common))
    }

    /// A build's paths are relative to the description; in the tree they start from `common/`.
    fn build(
        &self,
        value: &Value,
        node: &Node,
        references: &mut References<'_>,
        problems: &mut Vec<Diagnostic>,
    ) -> Value {
        let span = node.get("context").unwrap_or(node).span;
        let rebase = |context: &str, problems: &mut Vec<Diagnostic>| match is_remote(context) {
            true => Value::text(context),
            false => self.rebase("build context", context, span, problems),
        };
        match value {
            Value::Plain(text) | Value::Text(text) => Value::map([("context", rebase(text, problems))]),
            Value::Map(entries) => {
                let mut changed: Vec<(String, Value)> = Vec::with_capacity(entries.len());
                if !entries.iter().any(|(key, _)| key == "context") {
                    changed.push(("context".into(), rebase(".", problems)));
                }
                for ((key, value), (_, node)) in entries.iter().zip(node.map().unwrap_or_default()) {
                    let value = match (key.as_str(), value.as_text()) {
                        ("context", Some(text)) => rebase(text, problems),
                        ("additional_contexts", _) => self.further_contexts(value, node, references, problems),
                        _ => value.clone(),
                    };
                    changed.push((key.clone(), value));
                }
                Value::Map(changed)
            }
            other => other.clone(),
        }
    }

    /// `additional_contexts`: folders, addresses (`docker-image://…`), or the images of other services
    /// (<https://docs.docker.com/reference/compose-file/build/#additional_contexts>).
    fn further_contexts(
        &self,
        value: &Value,
        node: &Node,
        references: &mut References<'_>,
        problems: &mut Vec<Diagnostic>,
    ) -> Value {
        let places: Vec<Span> = match (node.list(), node.map()) {
            (Some(items), _) => items.iter().map(|item| item.span).collect(),
            (_, entries) => entries.unwrap_or_default().iter().map(|(_, value)| value.span).collect(),
        };
        let contexts = as_map(value).into_iter().zip(places).map(|((name, context), span)| {
            let context = match context.as_text() {
                Some(text) if text.starts_with("service:") => references.namespace(&context, span, problems),
                Some(text) if !is_remote(text) => self.rebase("build context", text, span, problems),
                _ => context,
            };
            (name, context)
        });
        Value::Map(contexts.collect())
    }

    /// `develop.watch`: each `path` is relative to the description
    /// (<https://docs.docker.com/reference/compose-file/develop/#path>).
    fn develop(&self, value: &Value, node: &Node, problems: &mut Vec<Diagnostic>) -> Value {
        let Value::Map(keys) = value else { return value.clone() };
        let mut keys = keys.clone();
        let watch = keys.iter_mut().find(|(key, _)| key == "watch");
        if let (Some((_, Value::List(items))), Some(nodes)) = (watch, node.get("watch").and_then(Node::list)) {
            for (item, node) in items.iter_mut().zip(nodes) {
                let Value::Map(keys) = item else { continue };
                let path = keys.iter_mut().find(|(key, _)| key == "path").map(|(_, path)| path);
                if let (Some(path), Some(node)) = (path, node.get("path"))
                    && let Some(text) = path.as_text().map(str::to_owned)
                {
                    *path = self.rebase("watched folder", &text, node.span, problems);
                }
            }
        }
        Value::Map(keys)
    }

    /// `environment` as a mapping, with the place of each value; `NAME` alone takes the declared variable's value.
    fn environment(&self, value: &Value, node: &Node, problems: &mut Vec<Diagnostic>) -> Vec<(String, Value, Span)> {
        let mut out = Vec::new();
        let mut alone = |name: &str, span: Span| {
            let value = self.variables.lookup(name, span, problems);
            (name.to_owned(), Value::text(value.cloned().unwrap_or_default()), span)
        };
        match value {
            Value::List(items) => {
                let nodes = node.list().unwrap_or_default();
                for (item, node) in items.iter().zip(nodes) {
                    let text = item.as_text().unwrap_or_default();
                    out.push(match text.split_once('=') {
                        Some((name, value)) => (name.to_owned(), Value::text(value), node.span),
                        None => alone(text, node.span),
                    });
                }
            }
            Value::Map(entries) => {
                for ((name, value), (key, node)) in entries.iter().zip(node.map().unwrap_or_default()) {
                    out.push(match value {
                        Value::Plain(_) if node.is_null() => alone(name, key.span),
                        value => (name.clone(), value.clone(), node.span),
                    });
                }
            }
            _ => {}
        }
        out
    }

    /// `labels` as a mapping; those that begin with `estiba.` are ours.
    fn labels(&self, value: &Value, node: &Node, problems: &mut Vec<Diagnostic>) -> Vec<(String, Value)> {
        let places: Vec<Span> = match (node.list(), node.map()) {
            (Some(items), _) => items.iter().map(|item| item.span).collect(),
            (_, entries) => entries.unwrap_or_default().iter().map(|(key, _)| key.span).collect(),
        };
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        let labels = as_map(value).into_iter().zip(places);
        labels
            .filter_map(|((name, value), span)| {
                if name.starts_with("estiba.") {
                    let problem = Diagnostic::error(format!("the label `{name}` is taken"), span, "the tree sets it")
                        .help("labels that begin with `estiba.` tell the scripts what is theirs: use another name");
                    problems.push(problem);
                    return None;
                }
                if let Some(first) = seen.insert(name.clone(), span) {
                    problems.push(forms::twice("the label", &name, span, first));
                    return None;
                }
                Some((name, value))
            })
            .collect()
    }

    fn volumes(&self, value: &Value, node: &Node, out: &mut Lowered, problems: &mut Vec<Diagnostic>) {
        let (Value::List(items), Some(nodes)) = (value, node.list()) else {
            let problem = Diagnostic::error("`volumes` is no list", node.span, "expected a list of mounts");
            problems.push(problem.help("write `volumes: [source:/path/in/the/container]`"));
            return;
        };
        let mut production = Vec::new();
        let mut local = Vec::new();
        for (item, node) in items.iter().zip(nodes) {
            if let Some(mount) = self.mounts.lower(item, node.span, problems) {
                production.push(mount.production);
                local.push(mount.local);
                out.volumes.extend(mount.volume);
            }
        }
        out.production.push(("volumes".into(), Value::List(production)));
        out.local.push(("volumes".into(), Value::List(local)));
    }

    fn secrets(&self, value: &Value, node: &Node, out: &mut Lowered, problems: &mut Vec<Diagnostic>) {
        let (Value::List(items), Some(nodes)) = (value, node.list()) else {
            let problem = Diagnostic::error("`secrets` of a service is no list", node.span, "expected a list of names");
            problems.push(problem.help("write `secrets: [name]`"));
            return;
        };
        for (item, node) in items.iter().zip(nodes) {
            let name = match item {
                Value::Map(entries) => {
                    entries.iter().find(|(key, _)| key == "source").and_then(|(_, value)| value.as_text())
                }
                other => other.as_text(),
            };
            let name = name.unwrap_or_default();
            let known = || self.description.secrets.iter().map(|secret| secret.name.value.as_str());
            if known().any(|known| known == name) {
                out.secrets.push(name.to_owned());
                continue;
            }
            let problem = Diagnostic::error(format!("the secret `{name}` is not declared"), node.span, "used here");
            problems.push(problem.help(match nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "add `{name}: {{ generate: 32 }}` under `secrets:`, or `{name}: {{}}` to be asked on the server"
                ),
            }));
        }
    }

    fn networks(&self, value: &Value, node: &Node, problems: &mut Vec<Diagnostic>) -> Networks {
        let entries: Vec<(String, Vec<(String, Value)>)> = match value {
            Value::List(items) => {
                items.iter().map(|item| (item.as_text().unwrap_or_default().to_owned(), Vec::new())).collect()
            }
            Value::Map(entries) => entries.iter().map(|(name, value)| (name.clone(), as_map(value))).collect(),
            _ => Vec::new(),
        };
        let places: Vec<Span> = match (node.list(), node.map()) {
            (Some(items), _) => items.iter().map(|item| item.span).collect(),
            (_, entries) => entries.unwrap_or_default().iter().map(|(key, _)| key.span).collect(),
        };
        let declared = || self.description.networks.iter().map(|(name, _)| name.value.as_str());
        let mut joined: Vec<(String, Vec<(String, Value)>)> = Vec::new();
        let mut seen: Vec<(String, Span)> = Vec::new();
        for ((name, options), span) in entries.into_iter().zip(places) {
            // Compose's default network is the one that all services share: ours is called `private`.
            let name = if name == "default" { "private".to_owned() } else { name };
            if name != "private" && !declared().any(|known| known == name) {
                let problem = Diagnostic::error(format!("the network `{name}` is not declared"), span, "joined here");
                problems.push(problem.help(match nearest(&name, declared()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("add `{name}: {{}}` under `networks:`, or leave `networks` out: services share the network `private`"),
                }));
                continue;
            }
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == name) {
                problems.push(forms::twice("the network", &name, span, *first));
                continue;
            }
            seen.push((name.clone(), span));
            joined.push((name, options));
        }
        if joined.is_empty() {
            joined.push(("private".to_owned(), Vec::new()));
        }
        Networks::Joined(joined)
    }
}

/// Another machine's: an address, or git's short form of one.
fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@")
}

fn leaves(path: &str) -> bool {
    matches!(crate::source::TreePath::parse(path), Err(error) if error != crate::source::PathError::Empty)
}

fn refused(key: &str, span: Span) -> Diagnostic {
    let (why, help) = match key {
        "env_file" => (
            "an `env_file` mixes secrets with settings, and the server has no such file",
            "put settings under `environment:` (or `variables:` and `${NAME}`), and secrets under `secrets:`",
        ),
        "configs" => (
            "`configs` cannot be carried over",
            "put the file under `files/` and mount it with `volumes: [./files/…:/…:ro]`",
        ),
        "external_links" => (
            "`external_links` names a container that no file here makes",
            "remove it; services reach each other by their short names",
        ),
        "label_file" => ("`label_file` names a file that the server does not have", "write the labels under `labels:`"),
        _ => ("this key is for another platform", "remove it"),
    };
    Diagnostic::error(why, span, format!("`{key}` is refused")).help(help)
}

/// A mapping, or a list of `key=value`, as a mapping.
pub(super) fn as_map(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Map(entries) => entries.clone(),
        Value::List(items) => items
            .iter()
            .map(|item| {
                let text = item.as_text().unwrap_or_default();
                let (key, value) = text.split_once('=').unwrap_or((text, ""));
                (key.to_owned(), Value::text(value))
            })
            .collect(),
        _ => Vec::new(),
    }
}
