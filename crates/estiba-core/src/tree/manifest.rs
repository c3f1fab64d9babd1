//! `MANIFEST.sha256`: what `sha256sum -c` checks on the server, and how a hand edit is noticed on the laptop.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Tree, sha256};
use crate::source::TreePath;

/// Its path in the tree.
pub const MANIFEST: &str = "MANIFEST.sha256";

/// Path → SHA-256 of every file of a tree but the manifest itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest(pub BTreeMap<TreePath, String>);

impl Manifest {
    /// The manifest of a tree.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let files = tree.iter().filter(|(path, _)| path.as_str() != MANIFEST);
        Self(files.map(|(path, file)| (path.clone(), sha256(&file.content))).collect())
    }

    /// Reads the format of `sha256sum`. Lines that are none of it are skipped: a damaged manifest vouches for less,
    /// never for more.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let (hash, path) = line.split_once("  ")?;
            let hex = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            hex.then(|| TreePath::parse(path).ok().map(|path| (path, hash.to_owned()))).flatten()
        };
        Self(text.lines().filter_map(line).collect())
    }
}

impl std::fmt::Display for Manifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|(path, hash)| {
            f.write_str(hash)?;
            f.write_str("  ")?;
            f.write_str(path.as_str())?;
            f.write_char('\n')
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_reads_back() {
        let hash = sha256(b"x");
        let text = format!("{hash}  a/b.conf\nnot a line\n");
        let manifest = Manifest::parse(&text);
        assert_eq!(manifest.0.len(), 1);
        assert_eq!(manifest.to_string(), format!("{hash}  a/b.conf\n"));
    }
}
