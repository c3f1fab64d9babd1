//! What a project says of each service, word by word: for comparing two trees, where no fact may be left out.

use std::collections::BTreeMap;

use super::ComposeFile;
use crate::facts::Facts;
use crate::source::{FileId, Span};
use crate::syntax::yaml::{Limits, Node, NodeKind, load};

/// One value of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceWord {
    /// The keys that lead to it, with dots.
    pub key: String,
    /// The value as it was written; empty for an empty list or mapping.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// Keys of which a container keeps nothing.
const NOT_KEPT: [&str; 3] = ["build", "pull_policy", "depends_on"];

/// Of each service everything that a container is made from: its own words, and those of the top-level networks, volumes,
/// secrets and configs that it names. Variables stand as they were written.
#[must_use]
pub fn service_words(facts: &Facts, project: &ComposeFile) -> BTreeMap<String, Vec<ServiceWord>> {
    let mut services: BTreeMap<String, Vec<ServiceWord>> = BTreeMap::new();
    let mut shared: BTreeMap<(&str, String), Vec<ServiceWord>> = BTreeMap::new();
    for path in &project.files {
        let Some((file, text)) = facts.texts.get(path.as_str()) else { continue };
        let Some(root) = root(file, text) else { continue };
        for (key, value) in root.get("services").and_then(Node::map).unwrap_or_default() {
            let Some(name) = key.text() else { continue };
            let words = services.entry(name.to_owned()).or_default();
            for (key, value) in value.map().unwrap_or_default() {
                if let Some(key) = key.text().filter(|key| !NOT_KEPT.contains(key)) {
                    collect(key, value, words);
                }
            }
        }
        for kind in ["networks", "volumes", "secrets", "configs"] {
            for (key, value) in root.get(kind).and_then(Node::map).unwrap_or_default() {
                let Some(name) = key.text() else { continue };
                collect(&format!("{kind}.{name}"), value, shared.entry((kind, name.to_owned())).or_default());
            }
        }
    }
    for (name, words) in &mut services {
        let Some(service) = project.service(name) else { continue };
        let networks = service.networks.iter().flatten().map(|joined| ("networks", joined.name.value.clone()));
        let files = service
            .secrets
            .iter()
            .flat_map(|(name, _)| [("secrets", name.value.clone()), ("configs", name.value.clone())]);
        let volumes = service.mounts.iter().filter_map(|mount| Some(("volumes", mount.source.as_ref()?.value.clone())));
        let named: Vec<_> = networks.chain(files).chain(volumes).collect();
        words.extend(named.iter().filter_map(|named| shared.get(named)).flatten().cloned());
    }
    services
}

fn root(file: FileId, text: &str) -> Option<Node> {
    load(file, text, Limits { compose: true, ..Limits::default() }).ok().map(|document| document.root)
}

fn collect(key: &str, node: &Node, words: &mut Vec<ServiceWord>) {
    let mut word = |text: &str| words.push(ServiceWord { key: key.to_owned(), text: text.to_owned(), span: node.span });
    match &node.kind {
        NodeKind::Scalar { text, .. } => word(text),
        NodeKind::List(items) if items.is_empty() => word(""),
        NodeKind::Map(entries) if entries.is_empty() => word(""),
        NodeKind::List(items) => items.iter().for_each(|item| collect(key, item, words)),
        NodeKind::Map(entries) => {
            for (name, value) in entries {
                collect(&format!("{key}.{}", name.text().unwrap_or_default()), value, words);
            }
        }
    }
}
