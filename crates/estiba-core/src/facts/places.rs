//! Where the parts of a tree stand on the server, as its scripts declare it: `provides: tree:<path>`, `directory:`,
//! `file:`, `secret:`, certificates and user files. So a path of the server resolves back into the tree, or to the step
//! that makes it.

use std::collections::BTreeMap;

use super::{Contract, Settings, Texts};
use crate::source::{Span, last_part, normal};

/// What stands at a path of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A file of the tree.
    TreeFile(String),
    /// A folder of the tree; empty for the tree itself.
    TreeFolder(String),
    /// Made by a step; [`Places::makers`] names all of them.
    Made {
        /// The path.
        path: String,
        /// The step.
        step: String,
        /// Its declaration.
        declared: Span,
    },
    /// A folder on the way to something that a step makes.
    Above,
    /// Below a root of the tree, and not there.
    NotInTree {
        /// The path in the tree that it would have.
        path: String,
    },
    /// Nothing is known to stand there.
    Nothing,
}

/// A path that a step makes.
#[derive(Clone, Debug)]
pub struct Maker {
    /// The step.
    pub step: String,
    /// Its declaration.
    pub declared: Span,
    copy_of: Option<String>,
}

/// The server's paths.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Absolute paths at which the whole tree stands.
    roots: Vec<String>,
    /// Where files stand by content: absolute folder → hash → path in the tree.
    content: Option<(String, BTreeMap<String, String>)>,
    made: BTreeMap<String, Vec<Maker>>,
}

impl Places {
    /// `contracts` are those of the steps themselves: what a script that runs steps provides, they provide.
    pub(super) fn of<'a>(texts: &Texts, settings: &Settings, contracts: impl Iterator<Item = &'a Contract>) -> Self {
        let mut places = Self::default();
        let base = settings.word("SERVER_PATH").unwrap_or_default();
        for contract in contracts {
            for stated in &contract.provides {
                let name = stated.value.name.as_str();
                let mut make = |path: String| {
                    let maker = Maker {
                        step: contract.id.clone(),
                        declared: stated.span,
                        copy_of: stated.value.copy_of.clone(),
                    };
                    places.made.entry(path).or_default().push(maker);
                };
                match stated.value.kind.as_str() {
                    "tree" => places.roots.push(name.trim_end_matches('/').to_owned()),
                    "directory" => make(name.trim_end_matches('/').to_owned()),
                    "file" => make(name.to_owned()),
                    "secret" => make(format!("{base}/secrets/{name}")),
                    "certificate" | "placeholder-certificate" => {
                        make(format!("{base}/state/nginx/certs/{name}/fullchain.pem"));
                        make(format!("{base}/state/nginx/certs/{name}/privkey.pem"));
                    }
                    "auth" => make(format!("{base}/state/nginx/auth/{name}")),
                    _ => {}
                }
            }
        }
        if let Some((_, text)) = texts.get("files.tsv") {
            let lines = text.lines().filter_map(|line| line.split_once('\t'));
            let content = lines.map(|(hash, path)| (hash.to_owned(), path.to_owned())).collect();
            places.content = Some((format!("{base}/srv/files"), content));
        }
        // The most specific root first.
        places.roots.sort_by_key(|root| std::cmp::Reverse(root.len()));
        places
    }

    /// What stands at an absolute path.
    #[must_use]
    pub fn resolve(&self, texts: &Texts, path: &str) -> Stands {
        let path = normal(path);
        if let Some(maker) = self.makers(&path).first() {
            return match &maker.copy_of {
                Some(copy) if texts.has_file(copy) => Stands::TreeFile(copy.clone()),
                _ => Stands::Made { step: maker.step.clone(), declared: maker.declared, path },
            };
        }
        for root in &self.roots {
            if let Some(rest) = below(&path, root) {
                return in_tree(texts, rest);
            }
        }
        if let Some((folder, content)) = &self.content
            && let Some(rest) = below(&path, folder).filter(|rest| !rest.is_empty())
        {
            let (hash, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let Some(unit) = content.get(hash) else { return Stands::Nothing };
            let unit = unit.trim_end_matches('/');
            let name = last_part(unit);
            return match below(rest, name) {
                _ if rest.is_empty() => Stands::Above,
                Some("") => in_tree(texts, unit),
                Some(inner) => in_tree(texts, &format!("{unit}/{inner}")),
                None => Stands::Nothing,
            };
        }
        let inside = format!("{path}/");
        let on_the_way = self.made.range(inside.clone()..).next().is_some_and(|(made, _)| made.starts_with(&inside));
        let to_root = self.roots.iter().any(|root| root.starts_with(&inside));
        let to_content =
            self.content.as_ref().is_some_and(|(folder, _)| *folder == path || folder.starts_with(&inside));
        if on_the_way || to_root || to_content { Stands::Above } else { Stands::Nothing }
    }

    /// The steps that make a path.
    #[must_use]
    pub fn makers(&self, path: &str) -> &[Maker] {
        self.made.get(path).map_or(&[], Vec::as_slice)
    }

    /// Absolute paths at which the whole tree stands.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(String::as_str)
    }

    /// Paths of steps that stand in a folder, for globs.
    pub fn made_in<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let start = format!("{}/", normal(folder));
        let end = start.len();
        let from = self.made.range(start.clone()..);
        from.map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(&start))
            .filter(move |path| !path[end..].contains('/'))
    }
}

fn in_tree(texts: &Texts, path: &str) -> Stands {
    let path = path.trim_matches('/');
    if texts.has_file(path) {
        Stands::TreeFile(path.to_owned())
    } else if texts.has_folder(path) {
        Stands::TreeFolder(path.to_owned())
    } else {
        Stands::NotInTree { path: path.to_owned() }
    }
}

/// What is left of `path` below `folder`, without a slash at its beginning.
pub(crate) fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}
