//! Whether a tree changed since it was looked at: by the times and sizes of its files, so that it works on every file
//! system and in every container.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, Metadata};
use std::hash::{Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::tree_dir::SKIPPED;

/// What a tree looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(u64);

impl Stamp {
    /// A tree, and a file beside it. What cannot be read looks like nothing.
    #[must_use]
    pub fn of(folder: &Path, beside: Option<&Path>) -> Self {
        let mut hasher = DefaultHasher::new();
        walk(folder, 0, &mut hasher);
        if let Some(metadata) = beside.and_then(|file| fs::metadata(file).ok()) {
            add(&metadata, &mut hasher);
        }
        Self(hasher.finish())
    }
}

fn walk(folder: &Path, depth: usize, hasher: &mut DefaultHasher) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name.to_str().is_none_or(|name| SKIPPED.contains(&name)) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        name.hash(hasher);
        if metadata.is_dir() && depth < 32 {
            walk(&entry.path(), depth + 1, hasher);
        } else if metadata.is_file() {
            add(&metadata, hasher);
        }
    }
}

fn add(metadata: &Metadata, hasher: &mut DefaultHasher) {
    (metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec(), metadata.mode()).hash(hasher);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
mod tests {
    use std::fs;

    use super::Stamp;

    #[test]
    fn a_tree_looks_different_only_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), "one").unwrap();
        let before = Stamp::of(folder.path(), None);
        assert_eq!(Stamp::of(folder.path(), None), before);
        fs::write(folder.path().join("a/b"), "other").unwrap();
        assert_ne!(Stamp::of(folder.path(), None), before);
    }

    #[test]
    fn what_is_no_part_of_a_tree_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let before = Stamp::of(folder.path(), None);
        fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(Stamp::of(folder.path(), None), before);
    }
}
