//! The real binary, run in a project of its own; a test reads as a transcript of a session.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub(crate) const ESTIBA: &str = env!("CARGO_BIN_EXE_estiba");

/// The least that makes a tree.
pub(crate) const SMALL: &str = "project: venus
language: en
mode: minimal
server: { host: vps.venus.example, user: deploy, path: /opt/venus, arch: amd64 }
proxy: { runs: container }
tls: { email: ops@venus.example, ca: letsencrypt }
services:
  shop:
    image: venus-shop:prod
    web: { host: venus.example, path: /, port: 8080 }
";

/// A folder in which commands are run.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With [`SMALL`] as its description.
    pub(crate) fn small() -> Self {
        Self::empty().with("estiba.yml", SMALL)
    }

    /// [`SMALL`], and its tree is written.
    pub(crate) fn generated() -> Self {
        let project = Self::small();
        project.run(&["generate"]).exits(0);
        project
    }

    pub(crate) fn with(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.put(path, text);
        self
    }

    pub(crate) fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// One passage of a file becomes another.
    #[track_caller]
    pub(crate) fn change(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.put(path, text.replacen(from, to, 1));
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(ESTIBA);
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Everything in the project's folder.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.folder.path())
    }
}

/// What a command said, and how it ended.
pub(crate) struct Ran {
    line: String,
    output: Output,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self { line: format!("{command:?}"), output }
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "{self}");
        self
    }

    /// On standard output.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout().contains(text), "no {text:?} on standard output: {self}");
        self
    }

    /// On standard error.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.stderr().contains(text), "no {text:?} on standard error: {self}");
        self
    }

    #[track_caller]
    pub(crate) fn prints_nothing(self) -> Self {
        assert_eq!(self.stdout(), "", "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.output.stdout) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {self}"),
        }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})\n{}\n{}", self.line, self.output.status, self.stdout(), self.stderr())
    }
}

/// Path → inode, time of change, mode and content. Equal snapshots: nothing was written, not even the same again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(pub(crate) BTreeMap<PathBuf, Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    inode: u64,
    changed: (i64, i64),
    mode: u32,
    pub(crate) content: Option<Vec<u8>>,
}

impl Snapshot {
    pub(crate) fn of(root: &Path) -> Self {
        let mut entries = BTreeMap::new();
        let mut waiting = vec![root.to_owned()];
        while let Some(folder) = waiting.pop() {
            for found in fs::read_dir(&folder).unwrap() {
                let path = found.unwrap().path();
                let metadata = fs::symlink_metadata(&path).unwrap();
                let content = metadata.is_file().then(|| fs::read(&path).unwrap());
                let changed = (metadata.ctime(), metadata.ctime_nsec());
                let entry = Entry { inode: metadata.ino(), changed, mode: metadata.mode(), content };
                entries.insert(path.strip_prefix(root).unwrap().to_owned(), entry);
                if metadata.is_dir() {
                    waiting.push(path);
                }
            }
        }
        Self(entries)
    }

    /// Path → mode and content of the files: what a tree is, whenever it was written.
    pub(crate) fn files(&self) -> BTreeMap<&Path, (u32, &[u8])> {
        let file = |(path, entry)| -> Option<(&Path, (u32, &[u8]))> {
            let (path, entry): (&PathBuf, &Entry) = (path, entry);
            Some((path.as_path(), (entry.mode, entry.content.as_deref()?)))
        };
        self.0.iter().filter_map(file).collect()
    }
}
