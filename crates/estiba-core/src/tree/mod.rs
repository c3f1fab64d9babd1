//! The rendered infrastructure: path → content and mode.

mod hash;
mod manifest;

use std::collections::BTreeMap;

pub use hash::{sha256, unit_hash};
pub use manifest::{MANIFEST, Manifest};

use crate::source::TreePath;

/// One file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// Its bytes; text in everything we render, anything in what a user put under `files/`.
    pub content: Vec<u8>,
    /// Its permission bits.
    pub mode: u32,
    /// Where its lines came from, when it was rendered here.
    pub origin: Option<Origin>,
}

impl TreeFile {
    /// The content as text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.content).ok()
    }
}

/// Which template line made which bytes of a rendered file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The template's path below `templates/`.
    pub template: String,
    /// Whether the template is the project's own.
    pub own: bool,
    /// Ascending: from this byte of the output on, this line (from 1) of the template.
    pub lines: Vec<(u32, u32)>,
}

impl Origin {
    /// The template line behind a byte of the output.
    #[must_use]
    pub fn line(&self, offset: usize) -> Option<u32> {
        let after = self.lines.partition_point(|(start, _)| *start as usize <= offset);
        self.lines.get(after.checked_sub(1)?).map(|(_, line)| *line)
    }
}

/// A whole tree, in the order of paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<TreePath, TreeFile>,
}

impl Tree {
    /// Puts a file; gives back what stood there.
    pub fn insert(&mut self, path: TreePath, file: TreeFile) -> Option<TreeFile> {
        self.files.insert(path, file)
    }

    /// The file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&TreeFile> {
        self.files.get(&TreePath::parse(path).ok()?)
    }

    /// Every file in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = (&TreePath, &TreeFile)> {
        self.files.iter()
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
