//! Mounts: what travels with the tree, what becomes a volume, and what means one machine only.

use std::collections::BTreeMap;

use super::service::Carried;
use crate::source::TreePath;
use crate::syntax::quoted;
use crate::syntax::yaml::Node;

/// More than this is data, and belongs into a volume.
const MOST_FILES: usize = 300;
const MOST_BYTES: usize = 8 << 20;

/// A mount as the description has it, or why it has none.
pub(super) enum Mount {
    Kept,
    Written(String),
    Left(String),
}

impl Carried<'_> {
    /// A mount of a service that is built from a folder, or of an image that is pulled.
    pub(super) fn mount(&mut self, service: &str, node: &Node, built_from: Option<&str>) -> Mount {
        let Some((source, target, options)) = parts(node) else {
            return Mount::Kept;
        };
        let named = !source.starts_with(['.', '/', '~', '$']) && !source.contains('/');
        if named {
            return Mount::Kept;
        }
        let left = |why: &str| Mount::Left(format!("the mount of `{source}` at `{target}`: {why}"));
        if source.contains('$') {
            return left("its place is a variable");
        }
        if source.starts_with(['/', '~']) {
            return left("it is a path of one machine");
        }
        let Some(path) = self.path(&source) else {
            return left("it leaves the project, or is the whole of it");
        };
        let is_file = self.from.tree.get(path.as_str()).is_some();
        if !is_file
            && built_from.is_some_and(|folder| folder.is_empty() || path.as_str() == folder || path.is_below(folder))
        {
            return left("the image that is built holds these sources");
        }
        if path.file_name().starts_with(".env") {
            return left("it may hold secrets");
        }
        let tree = self.from.tree;
        let files: Vec<&TreePath> =
            tree.iter().map(|(path, _)| path).filter(|file| **file == path || file.is_below(path.as_str())).collect();
        if files.is_empty() {
            if path.file_name().trim_start_matches('.').contains('.') {
                return left("there is no such file in the project");
            }
            let name: String = format!("{service}-{}", path.file_name().to_lowercase())
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
                .collect();
            self.notes
                .push(format!("`{source}` of `{service}` is data: it is the volume `{name}` now, empty at first"));
            let mount = format!("{name}:{target}{options}");
            self.volumes.insert(name);
            return Mount::Written(quoted(&mount));
        }
        let bytes: usize = files.iter().filter_map(|file| tree.get(file.as_str())).map(|file| file.content.len()).sum();
        if files.len() > MOST_FILES || bytes > MOST_BYTES {
            return left("it is too large to travel with the tree; make it a volume, or a part of an image");
        }
        let (files, stay): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| travels(file));
        for file in &stay {
            self.notes.push(format!("`{file}` of `{service}` was not copied: its name cannot travel"));
        }
        if files.is_empty() {
            return left("its name cannot travel");
        }
        let below = |path: &TreePath| {
            let path = path.as_str();
            let path = path.strip_prefix("files/").unwrap_or(path);
            TreePath::parse(&format!("files/{path}"))
        };
        let Ok(there) = below(&path) else { return left("its name cannot travel") };
        let copies: BTreeMap<TreePath, TreePath> =
            files.into_iter().filter_map(|file| Some((file.clone(), below(file).ok()?))).collect();
        self.copies.extend(copies.into_iter().filter(|(from, to)| from != to));
        Mount::Written(quoted(&format!("./{there}:{target}{options}")))
    }

    /// A path of the Compose file from the project's folder.
    pub(super) fn path(&self, path: &str) -> Option<TreePath> {
        TreePath::parse(&format!("{}/{path}", if self.folder.is_empty() { "." } else { self.folder })).ok()
    }
}

/// Whether a file of this name may stand in a tree.
fn travels(path: &TreePath) -> bool {
    path.as_str().chars().all(|c| c.is_ascii_alphanumeric() || "._-/+@~:".contains(c))
}

/// Source, target and options of a mount of the host's files.
fn parts(node: &Node) -> Option<(String, String, String)> {
    if let Some(text) = node.text() {
        // A variable may hold colons; then its place is not known anyway.
        let (source, rest) = match text.strip_prefix('$').and(text.split_once('}')) {
            Some((variable, rest)) => {
                (format!("{variable}}}"), rest.trim_start_matches(|c| c != ':').strip_prefix(':')?)
            }
            None => text.split_once(':').map(|(source, rest)| (source.to_owned(), rest))?,
        };
        let (target, options) = rest.split_once(':').map_or((rest, String::new()), |(target, options)| {
            let kept: Vec<&str> = options.split(',').filter(|option| *option == "ro").collect();
            (target, if kept.is_empty() { String::new() } else { ":ro".to_owned() })
        });
        return Some((source, target.to_owned(), options));
    }
    if node.get("type").and_then(Node::text) != Some("bind") {
        return None;
    }
    let text = |key: &str| node.get(key).and_then(Node::text);
    let read_only = node.get("read_only").and_then(Node::boolean) == Some(true);
    Some((text("source")?.to_owned(), text("target")?.to_owned(), if read_only { ":ro" } else { "" }.to_owned()))
}
