//! A throw-away root folder in which a program of another Debian suite sees a tree at the path of a server.
//!
//! Absolute paths inside the judged files (`/srv/estiba/…`, `/run/secrets/…`, `/opt/<project>/…`) are therefore resolved as
//! they will be, and nothing of them is rewritten for the test. `chroot` needs root.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::JudgeError;
use super::toolbox::{Warnings, as_root, cache, run};

pub(super) struct Jail {
    root: TempDir,
    name: &'static str,
}

impl Jail {
    /// A fresh copy of the folder that `dev/tools/chroot.sh` made under this name.
    pub(super) fn new(name: &'static str) -> Result<Self, JudgeError> {
        let cache = cache()?;
        let made = cache.join("chroots").join(name);
        if !made.join("VERSION").exists() {
            return Err(JudgeError::Unavailable { what: format!("{name} is not in {}", made.display()) });
        }
        // Beside the original, where hard links spare copying programs of 85 MB.
        let runs = cache.join("runs");
        fs::create_dir_all(&runs).map_err(|source| JudgeError::File { path: runs.clone(), source })?;
        let root = tempfile::Builder::new()
            .prefix(name)
            .tempdir_in(&runs)
            .map_err(|source| JudgeError::File { path: runs, source })?;
        let jail = Self { root, name };
        jail.copy_folder(&made, Path::new("/"))?;
        // Only files: a name that is not in /etc/hosts cannot be resolved, wherever the test runs.
        jail.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")?;
        jail.names(&[])?;
        Ok(jail)
    }

    /// The names that can be resolved besides `localhost`.
    pub(super) fn names(&self, names: &[String]) -> Result<(), JudgeError> {
        let names = names.iter().map(|name| format!("127.0.0.1 {name}\n"));
        self.write("/etc/hosts", &format!("127.0.0.1 localhost\n{}", names.collect::<String>()))
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), JudgeError> {
        let target = self.inside(Path::new(path));
        self.parent_of(&target)?;
        // What stands there may be a hard link to a file of the judged tree.
        if target.exists() {
            fs::remove_file(&target).map_err(|source| JudgeError::File { path: target.clone(), source })?;
        }
        fs::write(&target, text).map_err(|source| JudgeError::File { path: target, source })
    }

    pub(super) fn folder(&self, path: &str) -> Result<(), JudgeError> {
        let target = self.inside(Path::new(path));
        fs::create_dir_all(&target).map_err(|source| JudgeError::File { path: target, source })
    }

    /// Places a tree as a release whose `link` (`live-nginx`, `live-monitoring`) points at it, as on a server.
    pub(super) fn place_release(&self, tree: &Path, srv: &str, link: &str) -> Result<(), JudgeError> {
        self.copy_folder(tree, &Path::new(srv).join("releases/0123456789abcdef"))?;
        let path = self.inside(&Path::new(srv).join(link));
        symlink("releases/0123456789abcdef", &path).map_err(|source| JudgeError::File { path, source })
    }

    /// Places a file or a folder, which covers what stands there, as a mount does.
    pub(super) fn place(&self, source: &Path, path: &str) -> Result<(), JudgeError> {
        let target = self.inside(Path::new(path));
        self.parent_of(&target)?;
        let failed = |source| JudgeError::File { path: target.clone(), source };
        if target.is_dir() {
            fs::remove_dir_all(&target).map_err(failed)?;
        } else if target.exists() {
            fs::remove_file(&target).map_err(failed)?;
        }
        if source.is_dir() { self.copy_folder(source, Path::new(path)) } else { link(source, &target).map_err(failed) }
    }

    /// The path outside, of a path inside.
    pub(super) fn inside(&self, path: &Path) -> PathBuf {
        self.root.path().join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(super) fn run(&self, program: &[&str]) -> Result<String, JudgeError> {
        let mut command = as_root("chroot");
        command.arg(self.root.path()).args(program);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
        run(&mut command, Warnings::Allowed).map_err(|error| match error {
            JudgeError::Rejected { command, output }
                if output.contains("Operation not permitted") && output.contains("chroot:") =>
            {
                JudgeError::Unavailable { what: format!("{} needs root for chroot: {command}\n{output}", self.name) }
            }
            JudgeError::Rejected { command, output } if command.starts_with("sudo") && output.contains("sudo:") => {
                JudgeError::Unavailable { what: format!("{} needs root, and sudo says: {output}", self.name) }
            }
            other => other,
        })
    }

    fn copy_folder(&self, from: &Path, to: &Path) -> Result<(), JudgeError> {
        copy(from, &self.inside(to)).map_err(|(path, source)| JudgeError::File { path, source })
    }

    fn parent_of(&self, target: &Path) -> Result<(), JudgeError> {
        match target.parent() {
            Some(parent) => {
                fs::create_dir_all(parent).map_err(|source| JudgeError::File { path: parent.to_owned(), source })
            }
            None => Ok(()),
        }
    }
}

/// Links stay links; files become hard links where the file system allows, since no judge writes to what it judges.
fn copy(from: &Path, to: &Path) -> Result<(), (PathBuf, io::Error)> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(at(&source))?;
        if kind.is_dir() {
            copy(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source).map_err(at(&source))?, &target).map_err(at(&target))?;
        } else {
            link(&source, &target).map_err(at(&source))?;
        }
    }
    Ok(())
}

fn link(source: &Path, target: &Path) -> io::Result<()> {
    fs::hard_link(source, target).or_else(|_| fs::copy(source, target).map(drop))
}
