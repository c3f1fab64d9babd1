//! What a server claims to run, from a copy of it: a release (`srv/releases/<id>`), the whole folder of the server, or
//! what the laptop sends (`incoming/<id>`, with its tree inside).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A tree on disk with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The folder of the tree.
    pub folder: PathBuf,
    /// Its `images.tsv`.
    pub images: Option<String>,
    /// Hexadecimal config digest → bytes of the archive that holds this image.
    pub archives: BTreeMap<String, u64>,
    /// The mode that the server is in.
    pub mode: Option<String>,
    /// `state/stop-start.tsv`: services, and for how many seconds each stood still in the last update.
    pub stops: Option<String>,
    /// `state/releases.tsv`, and which of them are still there.
    pub releases: Option<(String, Vec<String>)>,
}

impl Claimed {
    /// Looks at a path. What is not there is `None`: a tree alone is enough.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let current = path.join("srv/current");
        let server = current.is_dir().then_some(path);
        let folder = match server {
            Some(_) => current,
            None if path.join("tree").is_dir() && path.join("images.tsv").is_file() => path.join("tree"),
            None => path.to_owned(),
        };
        let around = [folder.clone(), path.to_owned()];
        let state = |name: &str| fs::read_to_string(server?.join("state").join(name)).ok();
        let kept = || names(&path.join("srv/releases"));
        Self {
            images: around.iter().find_map(|folder| fs::read_to_string(folder.join("images.tsv")).ok()),
            archives: archives(&path.join("images")),
            mode: state("mode").map(|mode| mode.trim().to_owned()),
            stops: state("stop-start.tsv"),
            releases: state("releases.tsv").map(|table| (table, kept())),
            folder,
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn archives(folder: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let sized = entries.filter_map(|entry| {
        let digest = entry.file_name().to_str()?.strip_suffix(".tar")?.to_owned();
        Some((digest, entry.metadata().ok()?.len()))
    });
    sized.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_copy_of_a_server_tells_its_state() {
        let place = tempfile::tempdir().unwrap();
        let release = place.path().join("srv/releases/0123456789abcdef");
        fs::create_dir_all(&release).unwrap();
        fs::create_dir(place.path().join("state")).unwrap();
        fs::write(release.join("images.tsv"), "a\tb\tsha256:c\n").unwrap();
        fs::write(place.path().join("state/mode"), "hybrid\n").unwrap();
        std::os::unix::fs::symlink("releases/0123456789abcdef", place.path().join("srv/current")).unwrap();
        let claimed = Claimed::at(place.path());
        assert_eq!(claimed.folder, place.path().join("srv/current"));
        assert_eq!(claimed.images.as_deref(), Some("a\tb\tsha256:c\n"));
        assert_eq!(claimed.mode.as_deref(), Some("hybrid"));
    }

    #[test]
    fn what_the_laptop_sends_has_its_tree_inside() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("tree")).unwrap();
        fs::create_dir_all(place.path().join("images")).unwrap();
        fs::write(place.path().join("images.tsv"), "").unwrap();
        fs::write(place.path().join("images/ab.tar"), "12345").unwrap();
        let claimed = Claimed::at(place.path());
        assert_eq!(claimed.folder, place.path().join("tree"));
        assert_eq!(claimed.archives.get("ab"), Some(&5));
        assert_eq!(claimed.stops, None);
    }
}
