//! Facts of a few files, for tests.

use super::Facts;
use crate::source::TreePath;
use crate::tree::{Tree, TreeFile};

/// The facts of these files.
pub(crate) fn facts(files: &[(&str, &str)]) -> Facts {
    let mut tree = Tree::default();
    for (path, text) in files {
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        let file = TreeFile { content: text.as_bytes().to_vec(), mode, origin: None };
        tree.insert(TreePath::parse(path).unwrap(), file);
    }
    Facts::of(&tree)
}
