//! A Compose file as it was parsed, before it is known what it belongs to.

use crate::source::{FileId, TreePath};
use crate::syntax::compose::Marks;
use crate::syntax::yaml::{Node, NodeKind};

/// A parsed file.
#[derive(Clone, Debug)]
pub(super) struct RawFile {
    pub(super) path: TreePath,
    pub(super) file: FileId,
    pub(super) root: Node,
    pub(super) marks: Marks,
    pub(super) judged: Judged,
}

/// Whether a file is judged, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// As a project, or as one of several files of one.
    Alone,
    /// Another file includes or extends it.
    PartOf(String),
    /// Not at all, with the reason.
    No(&'static str),
}

impl RawFile {
    pub(super) fn folder(&self) -> &str {
        self.path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    fn services(&self) -> &[(Node, Node)] {
        self.root.get("services").and_then(Node::map).unwrap_or_default()
    }

    /// Paths of the files that it includes and extends.
    pub(super) fn parts(&self) -> Vec<String> {
        let included = self.included().flat_map(|(paths, _)| paths).filter_map(Node::text);
        let extended = self.services().iter().filter_map(|(_, service)| service.get("extends")?.get("file")?.text());
        included.chain(extended).map(|path| super::env::join(self.folder(), path)).collect()
    }

    /// Entries of `include`: their paths, and the whole entry.
    pub(super) fn included(&self) -> impl Iterator<Item = (Vec<&Node>, &Node)> {
        let entries = self.root.get("include").and_then(Node::list).unwrap_or_default();
        entries.iter().map(|entry| match entry.get("path") {
            Some(path) if path.list().is_some() => (path.list().unwrap_or_default().iter().collect(), entry),
            Some(path) => (vec![path], entry),
            None => (vec![entry], entry),
        })
    }

    /// Whether it is a project by itself: Compose would not refuse it for what other files would have to bring.
    pub(super) fn is_whole(&self) -> bool {
        // An override lies over something by its name.
        if self.path.file_name().contains(".override.") {
            return false;
        }
        if self.root.get("include").is_some() {
            return true;
        }
        let has = |section: &str, name: &str| self.root.get(section).is_some_and(|section| section.get(name).is_some());
        self.services().iter().all(|(_, service)| {
            let names = |key: &str| -> Vec<&str> {
                match service.get(key).map(|node| &node.kind) {
                    Some(NodeKind::List(items)) => items.iter().filter_map(Node::text).collect(),
                    Some(NodeKind::Map(entries)) => entries.iter().filter_map(|(name, _)| name.text()).collect(),
                    _ => Vec::new(),
                }
            };
            let made = ["image", "build", "extends", "provider"].iter().any(|key| service.get(key).is_some());
            let mode = service.get("network_mode").and_then(Node::text);
            let within = mode.and_then(|mode| mode.strip_prefix("service:"));
            made && names("depends_on").iter().chain(&within).all(|name| has("services", name))
                && names("networks").iter().all(|name| *name == "default" || has("networks", name))
        })
    }
}
