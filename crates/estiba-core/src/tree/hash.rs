//! SHA-256 as `sha256sum` prints it, so that a person can check every number of ours with a tool of the system.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::Tree;

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

/// The digest of a folder: that of the sorted lines `<sha256>  <relative path>`, each with a line feed. The same as
/// `cd FOLDER && find . -type f | sort | sed 's,^\./,,' | xargs sha256sum | sha256sum` in the C locale.
#[must_use]
pub fn folder_hash(tree: &Tree, folder: &str) -> Option<String> {
    let folder = folder.trim_end_matches('/');
    let mut lines = String::new();
    for (path, file) in tree.iter().filter(|(path, _)| path.is_below(folder)) {
        let relative = &path.as_str()[folder.len() + 1..];
        let _ = writeln!(lines, "{}  {relative}", sha256(&file.content));
    }
    (!lines.is_empty()).then(|| sha256(lines.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn the_digest_is_sha256sums() {
        // printf abc | sha256sum
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
