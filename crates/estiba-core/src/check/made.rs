//! What scripts make that declare nothing: looked for in their text, and only for a path that the tree has not.

use super::world::World;
use crate::source::last_part;

/// How the scripts of a tree speak of a path that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// One writes, copies or fetches it.
    Written,
    /// One names it.
    Asked,
    /// None names it.
    Nowhere,
}

/// Ways to make a file or a folder.
const WAYS: [&str; 14] = [
    ">", "cp ", "mv ", "touch ", "tee ", "install ", "ln ", "mkdir ", "clone", "wget", "curl", "unzip", "tar ",
    "copyfile",
];

/// What the scripts say about a path of the tree: about its last parts, or about a folder above it that is not there.
pub(super) fn made(world: &World<'_>, path: &str) -> Made {
    let facts = world.facts;
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let gone = (!folder.is_empty() && !facts.texts.has_folder(folder)).then(|| last_part(folder));
    let texts = facts.contracts.iter().map(|contract| &*facts.texts.sources.get(contract.file).text);
    let mut said = Made::Nowhere;
    for text in texts {
        for line in text.lines() {
            if !line.contains(name) && !gone.is_some_and(|folder| line.contains(folder)) {
                continue;
            }
            if WAYS.iter().any(|way| line.contains(way)) {
                return Made::Written;
            }
            said = Made::Asked;
        }
    }
    said
}
