//! The project's `files/` folder: what travels with the tree as it is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Diagnostic, Files, Level, TreePath};
use crate::tree::{Tree, TreeFile, unit_hash};

/// Most bytes of all files together: they are held in memory and sent to the server with every release.
const MOST_BYTES: usize = 64 << 20;

/// The files, and which of them are mounted.
#[derive(Default)]
pub(super) struct ProjectFiles {
    tree: Tree,
    mounted: RefCell<BTreeMap<String, String>>,
    folders: BTreeSet<String>,
}

/// What is mounted as one: a file or a folder, by content.
pub(super) struct Unit {
    pub(super) hash: String,
}

impl ProjectFiles {
    /// Reads the folder.
    pub(super) fn read(files: &dyn Files, problems: &mut Vec<Diagnostic>) -> Self {
        let mut all = Self::default();
        let list = match files.list("files") {
            Ok(list) => list,
            Err(error) => {
                problems.push(Diagnostic::new(Level::Error, format!("the folder `files/` cannot be read: {error}")));
                return all;
            }
        };
        let mut bytes = 0;
        for path in list {
            let safe = |c: char| c.is_ascii_alphanumeric() || "._-/+@~".contains(c);
            if !path.as_str().chars().all(safe) {
                let problem = Diagnostic::new(Level::Error, format!("the file name `{path}` cannot travel"));
                problems.push(problem.help("rename it with letters, digits and `. _ - + @ ~` only"));
                continue;
            }
            match files.read_with_mode(&path) {
                Ok((content, mode)) => {
                    bytes += content.len();
                    let mut folder = path.as_str();
                    while let Some(at) = folder.rfind('/') {
                        folder = &folder[..at];
                        all.folders.insert(folder.to_owned());
                    }
                    all.tree.insert(path, TreeFile { content, mode, origin: None });
                }
                Err(error) => {
                    problems.push(Diagnostic::new(Level::Error, format!("the file `{path}` cannot be read: {error}")));
                }
            }
            if bytes > MOST_BYTES {
                let message = format!("the folder `files/` holds more than {} MiB", MOST_BYTES >> 20);
                problems
                    .push(Diagnostic::new(Level::Error, message).help("data belongs into a volume, not into the tree"));
                break;
            }
        }
        all
    }

    /// The mounted unit at a path, noted as mounted.
    pub(super) fn unit(&self, path: &str) -> Option<Unit> {
        let key = if self.tree.get(path).is_some() { path.to_owned() } else { format!("{path}/") };
        let hash = unit_hash(&self.tree, &key)?;
        self.mounted.borrow_mut().insert(key, hash.clone());
        Some(Unit { hash })
    }

    /// Whether a folder of the tree stands there.
    pub(super) fn has_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }

    /// Every path, for "did you mean".
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.tree.iter().map(|(path, _)| path.as_str())
    }

    /// The files, and path → hash of what is mounted (a folder ends in `/`).
    pub(super) fn into_parts(self) -> (Vec<(TreePath, TreeFile)>, BTreeMap<String, String>) {
        let files = self.tree.iter().map(|(path, file)| (path.clone(), file.clone())).collect();
        (files, self.mounted.into_inner())
    }
}
