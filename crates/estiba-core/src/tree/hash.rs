//! SHA-256 as `sha256sum` prints it, so that a person can check every number of ours with a tool of the system.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{Tree, TreeFile};

/// The digest in lower-case hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The digest under which a file, or a folder (its path then ends in `/`), is installed by content: that of the sorted
/// lines `<sha256>  <path from its parent folder>`, each with a line feed, and of one line `0755  <path>` for each
/// executable. Its own name is in it, because two files of one content and two names are two things to mount, and whether
/// a program may run is no less part of it than its bytes. Without executables the same as
/// `cd PARENT && find NAME -type f | sort | xargs sha256sum | sha256sum` in the C locale.
#[must_use]
pub fn unit_hash(tree: &Tree, path: &str) -> Option<String> {
    let own = path.trim_end_matches('/');
    let parent = own.rfind('/').map_or(0, |at| at + 1);
    let mut lines = String::new();
    let mut add = |path: &str, file: &TreeFile| {
        let relative = &path[parent..];
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{}  {relative}", sha256(&file.content));
        if file.mode & 0o100 != 0 {
            let _ = writeln!(lines, "0755  {relative}");
        }
    };
    if path.ends_with('/') {
        tree.iter().filter(|(path, _)| path.is_below(own)).for_each(|(path, file)| add(path.as_str(), file));
    } else {
        add(own, tree.get(own)?);
    }
    (!lines.is_empty()).then(|| sha256(lines.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
    use super::{sha256, unit_hash};
    use crate::source::TreePath;
    use crate::tree::{Tree, TreeFile};

    fn tree(files: &[(&str, u32)]) -> Tree {
        let mut tree = Tree::default();
        for (path, mode) in files {
            let file = TreeFile { content: b"same".to_vec(), mode: *mode, origin: None };
            tree.insert(TreePath::parse(path).unwrap(), file);
        }
        tree
    }

    #[test]
    fn the_digest_is_sha256sums() {
        // printf abc | sha256sum
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_unit_is_its_name_its_content_and_whether_it_may_run() {
        let all = tree(&[("f/a", 0o644), ("f/b", 0o644), ("f/d/x", 0o644), ("f/e/x", 0o644)]);
        let runs = tree(&[("f/a", 0o755), ("f/d/x", 0o755)]);
        let hash = |tree: &Tree, path: &str| unit_hash(tree, path).unwrap();
        // printf same >a && sha256sum a | sha256sum
        assert_eq!(hash(&all, "f/a"), "2f47965beb255b3b3bfac1d6134ca84ca243f728299275515db9a619ff0aac0c");
        assert_ne!(hash(&all, "f/a"), hash(&all, "f/b"));
        assert_ne!(hash(&all, "f/d/"), hash(&all, "f/e/"));
        assert_ne!(hash(&all, "f/a"), hash(&runs, "f/a"));
        assert_ne!(hash(&all, "f/d/"), hash(&runs, "f/d/"));
        assert_eq!(unit_hash(&all, "f/d"), None);
        assert_eq!(unit_hash(&all, "f/none/"), None);
    }
}
