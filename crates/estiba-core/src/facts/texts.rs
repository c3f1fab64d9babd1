//! The texts of a tree by path.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{FileId, Sources, TreePath};
use crate::tree::{Origin, Tree, TreeFile};

/// Largest text that is read, in bytes; a larger file is data.
const MOST_BYTES: usize = 8 << 20;

/// The lines of a text, without the mark of its byte order that some editors put first.
pub(crate) fn lines(text: &str) -> std::str::Lines<'_> {
    text.trim_start_matches('\u{feff}').lines()
}

/// What is read of one file of a tree.
#[derive(Debug)]
pub struct Loaded {
    pub(crate) path: TreePath,
    /// Nothing where it is data.
    text: Option<String>,
    origin: Option<Origin>,
}

impl Loaded {
    /// A copy of what a file of a tree says.
    #[must_use]
    pub fn of(path: &TreePath, file: &TreeFile) -> Self {
        let text = file.text().filter(|text| text.len() <= MOST_BYTES).map(str::to_owned);
        Self { path: path.clone(), text, origin: file.origin.clone() }
    }
}

impl From<(TreePath, TreeFile)> for Loaded {
    fn from((path, file): (TreePath, TreeFile)) -> Self {
        let text = String::from_utf8(file.content).ok().filter(|text| text.len() <= MOST_BYTES);
        Self { path, text, origin: file.origin }
    }
}

/// Every text of a tree.
#[derive(Debug, Default)]
pub struct Texts {
    /// The texts; a file's name is its path in the tree.
    pub sources: Sources,
    files: BTreeMap<TreePath, FileId>,
    origins: BTreeMap<FileId, Origin>,
    /// Every path of the tree, also those of files that are no text.
    paths: BTreeSet<String>,
    /// Every folder of the tree.
    folders: BTreeSet<String>,
}

impl Texts {
    pub(crate) fn of(tree: &Tree) -> Self {
        Self::of_files(tree.iter().map(|(path, file)| Loaded::of(path, file)))
    }

    /// Of files in the order of their paths.
    pub(crate) fn of_files(files: impl IntoIterator<Item = Loaded>) -> Self {
        let mut texts = Self::default();
        // Maps of what is in order already are made at once.
        let (mut paths, mut read) = (Vec::new(), Vec::new());
        for Loaded { path, text, origin } in files {
            paths.push(path.as_str().to_owned());
            texts.add_folders(path.as_str());
            let Some(text) = text else { continue };
            let id = texts.sources.add(path.as_str(), text);
            read.push((path, id));
            if let Some(origin) = origin {
                texts.origins.insert(id, origin);
            }
        }
        texts.paths = paths.into_iter().collect();
        texts.files = read.into_iter().collect();
        texts
    }

    fn add_folders(&mut self, path: &str) {
        let mut folder = path;
        while let Some((above, _)) = folder.rsplit_once('/')
            && self.folders.insert(above.to_owned())
        {
            folder = above;
        }
    }

    /// Whether a script stands in it, be it one that no text is.
    #[must_use]
    pub fn has_scripts(&self) -> bool {
        self.paths.iter().any(|path| path.ends_with(".sh")) || self.iter().any(|(.., text)| text.starts_with("#!"))
    }

    /// The text at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<(FileId, &str)> {
        // Most are written as they stand in the tree.
        let id = match self.files.get(path) {
            Some(id) => *id,
            None => *self.files.get(&TreePath::parse(path).ok()?)?,
        };
        Some((id, &self.sources.get(id).text))
    }

    /// Every text in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = (&TreePath, FileId, &str)> {
        self.files.iter().map(|(path, id)| (path, *id, &*self.sources.get(*id).text))
    }

    /// Whether a file stands at a path.
    #[must_use]
    pub fn has_file(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether a folder stands at a path.
    #[must_use]
    pub fn has_folder(&self, path: &str) -> bool {
        path.is_empty() || self.folders.contains(path)
    }

    /// Files of one folder, without those below its folders.
    pub fn files_in<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let end = start.len();
        let from = self.paths.range(start.clone()..);
        from.take_while(move |path| path.starts_with(&start))
            .map(String::as_str)
            .filter(move |path| !path[end..].contains('/'))
    }

    /// A text that is no part of the tree and that something is said about.
    pub fn add_beside(&mut self, name: &str, text: &str) -> FileId {
        self.sources.add(name, text)
    }

    /// Notes where texts came from: those of `rendered` that stand here with the same content.
    pub fn adopt_origins(&mut self, rendered: &Tree) {
        for (path, id) in &self.files {
            let Some(file) = rendered.get(path.as_str()) else { continue };
            if let Some(origin) = &file.origin
                && file.content == self.sources.get(*id).text.as_bytes()
            {
                self.origins.insert(*id, origin.clone());
            }
        }
    }

    /// Where a rendered text came from.
    #[must_use]
    pub fn origin(&self, file: FileId) -> Option<&Origin> {
        self.origins.get(&file)
    }
}
