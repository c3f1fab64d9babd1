//! A tree on disk: read as it stands, replaced as a whole.
//!
//! A new tree is built beside the old one and the two folders change names in one system call
//! (`renameat2` with `RENAME_EXCHANGE`), so a process that dies leaves the old tree or the new one. Files that are not
//! ours are carried over by hard links. Where the file system has no such call, two renames do it; a process that dies
//! between them leaves the old tree under another name, and the next run puts it back.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use estiba_core::source::TreePath;
use estiba_core::tree::{MANIFEST, Manifest, Tree, TreeFile, sha256};
use estiba_core::work;
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};

/// Files that every tree of ours has: a manifest is ours only if it lists them. They need not be there still: whoever
/// deletes one gets it back, and the rest of the tree stays ours.
const SIGNS: [&str; 2] = ["GUIDE.md", "scripts/settings.sh"];

/// A tree's folder.
#[derive(Clone, Debug)]
pub struct TreeDir {
    path: PathBuf,
}

/// What a file of a tree would become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not there yet.
    Added,
    /// Its content or mode differs.
    Changed,
    /// We wrote it once, and it is no longer generated.
    Removed,
}

/// A file that stands in the folder and is not what we wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// We wrote it, and somebody edited it since.
    Edited(TreePath),
    /// Somebody put it where we are to write.
    InTheWay(TreePath),
}

/// A tree against what stands in its folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What writing it would change, in the order of paths.
    pub changes: Vec<(TreePath, Change)>,
    /// Files of people that stand in the way.
    pub foreign: Vec<Foreign>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteReport {
    /// Files with what became of them, in the order of paths; empty when nothing was to do.
    pub changes: Vec<(TreePath, Change)>,
}

/// Why a tree could not be written.
#[derive(Debug)]
pub enum TreeError {
    /// Files that a person edited or put there: nothing was written.
    Foreign(Vec<Foreign>),
    /// Another run writes here just now.
    Busy(PathBuf),
    /// The system said no, with what was being done.
    System(String, io::Error),
}

impl std::fmt::Display for TreeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign(files) => write!(f, "{} file(s) in the folder are not as they were written", files.len()),
            Self::Busy(path) => write!(f, "another run is writing to `{}` just now", path.display()),
            Self::System(what, error) => write!(f, "{what}: {error}"),
        }
    }
}

impl std::error::Error for TreeError {}

fn doing<T>(what: impl FnOnce() -> String, result: io::Result<T>) -> Result<T, TreeError> {
    result.map_err(|error| TreeError::System(what(), error))
}

/// A file of a tree's folder.
#[derive(Debug)]
pub struct Listed {
    path: TreePath,
    place: PathBuf,
}

impl Listed {
    /// The file with its path in the tree.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(&self) -> Result<(TreePath, TreeFile), TreeError> {
        Ok((self.path.clone(), load_file(&self.place)?))
    }
}

impl TreeDir {
    /// The folder of a tree; it need not exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of a file of the folder; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(&self, path: &TreePath) -> Result<Option<Vec<u8>>, TreeError> {
        let full = self.path.join(path.as_str());
        match fs::symlink_metadata(&full) {
            Ok(metadata) if metadata.is_file() => {
                doing(|| format!("reading `{}`", full.display()), fs::read(&full)).map(Some)
            }
            // A folder or a link where a file is to be: not ours, and different from any file.
            Ok(_) => Ok(Some(Vec::from(&b"\0not a regular file"[..]))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(TreeError::System(format!("reading `{}`", full.display()), error)),
        }
    }

    /// The whole folder as a tree. Links and special files are no part of it, and nothing outside is read.
    ///
    /// # Errors
    /// When the folder or a file of it cannot be read, or there are more than 20,000 files.
    pub fn load(&self) -> Result<Tree, TreeError> {
        let mut tree = Tree::default();
        for loaded in work::map(&self.list()?, Listed::load) {
            let (path, file) = loaded?;
            tree.insert(path, file);
        }
        Ok(tree)
    }

    /// The files of [`TreeDir::load`], not loaded yet.
    ///
    /// # Errors
    /// When a folder cannot be read, or there are more than 20,000 files.
    pub fn list(&self) -> Result<Vec<Listed>, TreeError> {
        let mut files = Vec::new();
        list_folder(&self.path, "", 0, &mut files)?;
        Ok(files)
    }

    /// The manifest that stands in the folder: what we wrote there last. `None` when there is none, or when it is
    /// somebody else's: `sha256sum` writes the same format, and files listed there are not ours to replace or remove.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn manifest(&self) -> Result<Option<Manifest>, TreeError> {
        let Ok(path) = TreePath::parse(MANIFEST) else { return Ok(None) };
        let Some(bytes) = self.read(&path)? else { return Ok(None) };
        let manifest = Manifest::parse(&String::from_utf8_lossy(&bytes));
        let ours = SIGNS.iter().all(|sign| TreePath::parse(sign).is_ok_and(|path| manifest.0.contains_key(&path)));
        Ok(ours.then_some(manifest))
    }

    /// What writing `tree` would change, and which files of people stand in the way.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn compare(&self, tree: &Tree) -> Result<Comparison, TreeError> {
        let manifest = self.manifest()?;
        let has_manifest = manifest.is_some();
        let old = manifest.unwrap_or_default();
        let mut changes = Vec::new();
        let mut foreign = Vec::new();
        for (path, file) in tree.iter() {
            let Some(present) = self.read(path)? else {
                changes.push((path.clone(), Change::Added));
                continue;
            };
            let same_content = present == file.content;
            if same_content && self.mode(path) == Some(file.mode) {
                continue;
            }
            changes.push((path.clone(), Change::Changed));
            if same_content || (has_manifest && path.as_str() == MANIFEST) {
                continue;
            }
            match old.0.get(path) {
                Some(hash) if *hash == sha256(&present) => {}
                Some(_) => foreign.push(Foreign::Edited(path.clone())),
                None => foreign.push(Foreign::InTheWay(path.clone())),
            }
        }
        for (path, hash) in old.0.iter().filter(|(path, _)| tree.get(path.as_str()).is_none()) {
            if let Some(present) = self.read(path)? {
                changes.push((path.clone(), Change::Removed));
                if sha256(&present) != *hash {
                    foreign.push(Foreign::Edited(path.clone()));
                }
            }
        }
        changes.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Comparison { changes, foreign })
    }

    fn mode(&self, path: &TreePath) -> Option<u32> {
        let metadata = fs::metadata(self.path.join(path.as_str())).ok()?;
        Some(metadata.permissions().mode() & 0o777)
    }

    /// Makes the folder hold `tree` and whatever in it is not ours. Files that a person edited stop it, unless
    /// `overwrite_edited`. An equal tree writes nothing.
    ///
    /// # Errors
    /// See [`TreeError`]; the folder is then as it was.
    pub fn write(&self, tree: &Tree, overwrite_edited: bool) -> Result<WriteReport, TreeError> {
        Ok(self.write_when(tree, overwrite_edited, || true)?.unwrap_or_default())
    }

    /// As [`write`](Self::write), with a last word: everything is prepared beside the folder, then `gate` is asked, and
    /// only if it agrees is the new tree put in place. So the preparing and what `gate` waits for take the time of one.
    /// `None` when it did not agree.
    ///
    /// # Errors
    /// See [`TreeError`]; the folder is then as it was.
    pub fn write_when(
        &self,
        tree: &Tree,
        overwrite_edited: bool,
        gate: impl FnOnce() -> bool,
    ) -> Result<Option<WriteReport>, TreeError> {
        self.resolved()?.replace(tree, overwrite_edited, gate)
    }

    /// The folder behind a symbolic link, and under its own name where it was named `.`: its name is what changes hands.
    fn resolved(&self) -> Result<Self, TreeError> {
        let what = || format!("writing the tree to `{}`", self.path.display());
        match fs::canonicalize(&self.path) {
            Ok(path) if path.is_dir() && path.file_name().is_some() => Ok(Self { path }),
            Ok(_) => Err(TreeError::System(what(), ErrorKind::NotADirectory.into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(self.clone()),
            Err(error) => Err(TreeError::System(what(), error)),
        }
    }

    fn replace(
        &self,
        tree: &Tree,
        overwrite_edited: bool,
        gate: impl FnOnce() -> bool,
    ) -> Result<Option<WriteReport>, TreeError> {
        let parent = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        doing(|| format!("making the folder `{}`", parent.display()), fs::create_dir_all(&parent))?;
        let _lock = self.lock(&parent)?;
        let name = self.path.file_name().map_or_else(|| "tree".into(), |name| name.to_string_lossy().into_owned());
        let staging = parent.join(format!(".{name}.estiba-new"));
        let aside = Aside::new(&parent, &name);
        self.put_back(&aside)?;
        // What a run that died left behind, perhaps after its new tree was in place and nothing is to do; the lock says
        // that nobody writes it now.
        remove_folder(&staging)?;
        let Comparison { changes, foreign } = self.compare(tree)?;
        if !foreign.is_empty() && !overwrite_edited {
            return Err(TreeError::Foreign(foreign));
        }
        if changes.is_empty() {
            return Ok(Some(WriteReport::default()));
        }
        let built = self.stage(tree, &staging).and_then(|()| {
            let agreed = gate();
            if agreed { self.exchange(&staging, &aside).map(|()| true) } else { Ok(false) }
        });
        let cleaned = remove_folder(&staging);
        let agreed = built?;
        cleaned?;
        Ok(agreed.then_some(WriteReport { changes }))
    }

    /// One writer for each parent folder. The lock is on the folder itself, so no lock file is left in a project.
    fn lock(&self, parent: &Path) -> Result<File, TreeError> {
        let folder = doing(|| format!("opening `{}`", parent.display()), File::open(parent))?;
        match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(folder),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(TreeError::Busy(self.path.clone())),
            // A file system without locks (some network mounts): the exchange below is atomic without it.
            Err(_) => Ok(folder),
        }
    }

    /// Builds the new folder: our files anew, everything else by hard links.
    fn stage(&self, tree: &Tree, staging: &Path) -> Result<(), TreeError> {
        doing(|| format!("making `{}`", staging.display()), fs::create_dir(staging))?;
        if self.path.is_dir() {
            let old = self.manifest()?.unwrap_or_default();
            let ours = |path: &str| {
                TreePath::parse(path).is_ok_and(|path| {
                    path.as_str() == MANIFEST || old.0.contains_key(&path) || tree.get(path.as_str()).is_some()
                })
            };
            carry_over(&self.path, staging, "", &ours)?;
            let permissions =
                doing(|| format!("reading `{}`", self.path.display()), fs::metadata(&self.path))?.permissions();
            doing(|| format!("making `{}`", staging.display()), fs::set_permissions(staging, permissions))?;
        }
        for (path, file) in tree.iter() {
            write_file(&staging.join(path.as_str()), file)?;
        }
        Ok(())
    }

    fn exchange(&self, staging: &Path, aside: &Aside) -> Result<(), TreeError> {
        let what = || format!("putting the new tree at `{}`", self.path.display());
        if !self.path.exists() {
            return doing(what, fs::rename(staging, &self.path));
        }
        match renameat_with(CWD, staging, CWD, &self.path, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(()),
            // A file system that cannot exchange.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
                self.exchange_by_renames(staging, aside)
            }
            // A mount, or a folder of an image's layer: its name cannot change hands.
            Err(error @ (rustix::io::Errno::XDEV | rustix::io::Errno::BUSY)) => {
                let what = format!("{} (a mount or a layer of an image; name another folder with `--out`)", what());
                Err(TreeError::System(what, error.into()))
            }
            Err(error) => Err(TreeError::System(what(), error.into())),
        }
    }

    /// Two renames, with a moment between them that has no tree. The old one is removed only when the new one stands.
    fn exchange_by_renames(&self, staging: &Path, aside: &Aside) -> Result<(), TreeError> {
        let what = || format!("putting the new tree at `{}`", self.path.display());
        let aside = aside.free();
        doing(what, fs::rename(&self.path, &aside))?;
        if let Err(error) = fs::rename(staging, &self.path) {
            let _ = fs::rename(&aside, &self.path);
            return Err(TreeError::System(what(), error));
        }
        remove_folder(&aside)
    }

    /// A run that died between its two renames left the old tree aside, with files of people in it.
    fn put_back(&self, aside: &Aside) -> Result<(), TreeError> {
        if fs::symlink_metadata(&self.path).is_ok() {
            return Ok(());
        }
        for old in aside.taken() {
            if Self::new(&old).manifest()?.is_some() {
                let what = || format!("putting `{}` back to `{}`", old.display(), self.path.display());
                return doing(what, fs::rename(&old, &self.path));
            }
        }
        Ok(())
    }
}

/// Names for the old tree while the new one takes its place, where the two cannot change names at once. A folder that
/// bears one already may be somebody's: it is never removed.
struct Aside(PathBuf, String);

impl Aside {
    fn new(parent: &Path, name: &str) -> Self {
        Self(parent.to_owned(), name.to_owned())
    }

    fn names(&self) -> impl Iterator<Item = PathBuf> + '_ {
        (0_u32..).map(|at| match at {
            0 => self.0.join(format!(".{}.estiba-old", self.1)),
            at => self.0.join(format!(".{}.estiba-old-{at}", self.1)),
        })
    }

    fn free(&self) -> PathBuf {
        let mut names = self.names().skip_while(|path| fs::symlink_metadata(path).is_ok());
        names.next().unwrap_or_else(|| self.0.clone())
    }

    fn taken(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.names().take_while(|path| fs::symlink_metadata(path).is_ok())
    }
}

/// Folders that hold no configuration of ours to read.
pub(crate) const SKIPPED: [&str; 4] = [".git", "node_modules", "target", ".venv"];

/// More files than this are no infrastructure tree.
const MOST_FILES: usize = 20_000;

/// Files larger than this are data, and are there without their content.
const MOST_BYTES: u64 = 16 << 20;

/// The files of a folder and of those in it, each with its path in the tree.
fn list_folder(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<Listed>) -> Result<(), TreeError> {
    let what = || format!("reading `{}`", folder.display());
    for entry in doing(what, fs::read_dir(folder))? {
        let entry = doing(what, entry)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !SKIPPED.contains(name)) else { continue };
        let path = format!("{prefix}{name}");
        let kind = doing(what, entry.file_type())?;
        if kind.is_dir() && depth < 32 {
            list_folder(&entry.path(), &format!("{path}/"), depth + 1, files)?;
        } else if let (true, Ok(tree_path)) = (kind.is_file(), TreePath::parse(&path)) {
            files.push(Listed { path: tree_path, place: entry.path() });
            if files.len() > MOST_FILES {
                let error = io::Error::other(format!("there are more than {MOST_FILES} files"));
                return Err(TreeError::System(what(), error));
            }
        }
    }
    Ok(())
}

fn load_file(path: &Path) -> Result<TreeFile, TreeError> {
    let what = || format!("reading `{}`", path.display());
    let mut file = doing(what, File::open(path))?;
    let metadata = doing(what, file.metadata())?;
    let content = if metadata.len() > MOST_BYTES {
        Vec::from(&b"\0"[..])
    } else {
        // `read_to_end` asks for the size once more, and for the place.
        let mut content = vec![0; usize::try_from(metadata.len()).unwrap_or_default() + 1];
        let read = doing(what, file.read(&mut content))?;
        content.truncate(read);
        // It grew meanwhile, or its system tells no size.
        if read > 0 && u64::try_from(read) != Ok(metadata.len()) {
            doing(what, file.read_to_end(&mut content))?;
        }
        content
    };
    Ok(TreeFile { content, mode: metadata.permissions().mode() & 0o777, origin: None })
}

fn write_file(path: &Path, file: &TreeFile) -> Result<(), TreeError> {
    let what = || format!("writing `{}`", path.display());
    if let Some(parent) = path.parent() {
        doing(what, fs::create_dir_all(parent))?;
    }
    let mut out = doing(what, File::options().write(true).create_new(true).mode(file.mode).open(path))?;
    doing(what, out.write_all(&file.content))?;
    // The umask may have taken bits away.
    doing(what, out.set_permissions(fs::Permissions::from_mode(file.mode)))
}

fn carry_over(from: &Path, to: &Path, prefix: &str, ours: &dyn Fn(&str) -> bool) -> Result<(), TreeError> {
    for entry in doing(|| format!("reading `{}`", from.display()), fs::read_dir(from))? {
        let entry = doing(|| format!("reading `{}`", from.display()), entry)?;
        let source = entry.path();
        let target = to.join(entry.file_name());
        let relative = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let what = || format!("carrying over `{}`", source.display());
        let kind = doing(what, entry.file_type())?;
        if kind.is_dir() {
            doing(what, fs::create_dir_all(&target))?;
            carry_over(&source, &target, &format!("{relative}/"), ours)?;
            let permissions = doing(what, fs::metadata(&source))?.permissions();
            // A folder that held only files of ours goes with them.
            if fs::remove_dir(&target).is_ok() && !is_empty(&source) {
                continue;
            }
            if !target.exists() && is_empty(&source) {
                doing(what, fs::create_dir(&target))?;
            }
            doing(what, fs::set_permissions(&target, permissions))?;
        } else if !ours(&relative) {
            if kind.is_symlink() {
                let link = doing(what, fs::read_link(&source))?;
                doing(what, std::os::unix::fs::symlink(link, &target))?;
            } else {
                doing(what, link_or_copy(&source, &target, kind.is_file()))?;
            }
        }
    }
    Ok(())
}

/// A file system may have no hard links, or no more for this file: then a regular file is copied, with its times.
fn link_or_copy(source: &Path, target: &Path, regular: bool) -> io::Result<()> {
    match fs::hard_link(source, target) {
        Err(error) if regular && error.kind() != ErrorKind::NotFound => copy(source, target),
        result => result,
    }
}

fn copy(source: &Path, target: &Path) -> io::Result<()> {
    let metadata = fs::metadata(source)?;
    fs::copy(source, target)?;
    let times = fs::FileTimes::new().set_accessed(metadata.accessed()?).set_modified(metadata.modified()?);
    // Opened for reading: the file's own mode may forbid writing, and its owner may set its times all the same.
    File::open(target)?.set_times(times)
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

fn remove_folder(path: &Path) -> Result<(), TreeError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(TreeError::System(format!("removing `{}`", path.display()), error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        let signs = SIGNS.iter().map(|path| (*path, ""));
        for (path, text) in files.iter().copied().chain(signs) {
            let file = TreeFile { content: text.as_bytes().to_vec(), mode: 0o644, origin: None };
            tree.insert(TreePath::parse(path).unwrap(), file);
        }
        let manifest = Manifest::of(&tree).to_string().into_bytes();
        tree.insert(TreePath::parse(MANIFEST).unwrap(), TreeFile { content: manifest, mode: 0o644, origin: None });
        tree
    }

    fn folder() -> (tempfile::TempDir, TreeDir) {
        let outer = tempfile::tempdir().unwrap();
        let dir = TreeDir::new(outer.path().join("vps-infrastructure"));
        (outer, dir)
    }

    #[test]
    fn an_equal_tree_writes_nothing() {
        let (_outer, dir) = folder();
        let tree = tree(&[("a/b", "1")]);
        assert_eq!(dir.write(&tree, false).unwrap().changes.len(), 4);
        let before = fs::metadata(dir.path()).unwrap().modified().unwrap();
        assert_eq!(dir.write(&tree, false).unwrap(), WriteReport::default());
        assert_eq!(fs::metadata(dir.path()).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn what_is_no_longer_generated_goes() {
        let (_outer, dir) = folder();
        dir.write(&tree(&[("a/b", "1"), ("c", "2")]), false).unwrap();
        dir.write(&tree(&[("c", "2")]), false).unwrap();
        assert!(!dir.path().join("a").exists());
        assert!(dir.path().join("c").exists());
    }

    #[test]
    fn an_edited_file_stops_everything() {
        let (_outer, dir) = folder();
        dir.write(&tree(&[("a", "1"), ("b", "1")]), false).unwrap();
        fs::write(dir.path().join("a"), "mine").unwrap();
        let error = dir.write(&tree(&[("a", "2"), ("b", "2")]), false).unwrap_err();
        assert!(
            matches!(error, TreeError::Foreign(files) if files == [Foreign::Edited(TreePath::parse("a").unwrap())])
        );
        assert_eq!(fs::read_to_string(dir.path().join("b")).unwrap(), "1");
        dir.write(&tree(&[("a", "2"), ("b", "2")]), true).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "2");
    }

    #[test]
    fn a_manifest_of_somebody_else_makes_no_file_ours() {
        let (_outer, dir) = folder();
        fs::create_dir_all(dir.path()).unwrap();
        fs::write(dir.path().join("photo"), "mine").unwrap();
        let manifest = format!("{}  photo\n", sha256(b"mine"));
        fs::write(dir.path().join(MANIFEST), &manifest).unwrap();
        let error = dir.write(&tree(&[("a", "1")]), false).unwrap_err();
        let in_the_way = Foreign::InTheWay(TreePath::parse(MANIFEST).unwrap());
        assert!(matches!(error, TreeError::Foreign(files) if files == [in_the_way]));
        assert_eq!(fs::read_to_string(dir.path().join(MANIFEST)).unwrap(), manifest);
        dir.write(&tree(&[("a", "1")]), true).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("photo")).unwrap(), "mine");
    }

    #[test]
    fn a_gate_that_says_no_leaves_everything() {
        let (outer, dir) = folder();
        dir.write(&tree(&[("a", "1")]), false).unwrap();
        assert_eq!(dir.write_when(&tree(&[("a", "2")]), false, || false).unwrap(), None);
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "1");
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }

    #[test]
    fn foreign_files_survive() {
        let (_outer, dir) = folder();
        dir.write(&tree(&[("x/a", "1")]), false).unwrap();
        fs::create_dir_all(dir.path().join("x/mine")).unwrap();
        fs::write(dir.path().join("x/mine/note"), "keep").unwrap();
        std::os::unix::fs::symlink("note", dir.path().join("x/mine/link")).unwrap();
        fs::create_dir(dir.path().join("empty")).unwrap();
        dir.write(&tree(&[("y", "2")]), false).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("x/mine/note")).unwrap(), "keep");
        assert_eq!(fs::read_link(dir.path().join("x/mine/link")).unwrap(), Path::new("note"));
        assert!(dir.path().join("empty").is_dir());
        assert!(!dir.path().join("x/a").exists());
    }

    #[test]
    fn a_deleted_file_comes_back_and_the_rest_stays_ours() {
        for sign in SIGNS {
            let (_outer, dir) = folder();
            dir.write(&tree(&[("a", "1"), ("old", "1")]), false).unwrap();
            fs::remove_file(dir.path().join(sign)).unwrap();
            let report = dir.write(&tree(&[("a", "2")]), false).unwrap();
            assert!(report.changes.contains(&(TreePath::parse(sign).unwrap(), Change::Added)), "{sign}");
            assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "2");
            assert!(!dir.path().join("old").exists());
        }
    }

    #[test]
    fn what_may_run_is_written_so_and_a_change_of_it_is_seen() {
        let (_outer, dir) = folder();
        let of = |mode: u32| {
            let mut tree = tree(&[]);
            let file = TreeFile { content: b"#!/bin/sh\n".to_vec(), mode, origin: None };
            tree.insert(TreePath::parse("files/start").unwrap(), file);
            tree
        };
        dir.write(&of(0o755), false).unwrap();
        assert_eq!(dir.load().unwrap().get("files/start").unwrap().mode, 0o755);
        assert_eq!(dir.write(&of(0o755), false).unwrap(), WriteReport::default());
        let changes = dir.write(&of(0o644), false).unwrap().changes;
        assert_eq!(changes, [(TreePath::parse("files/start").unwrap(), Change::Changed)]);
        assert_eq!(dir.load().unwrap().get("files/start").unwrap().mode, 0o644);
    }

    /// As a file system without the exchange does it.
    fn by_renames(outer: &Path, dir: &TreeDir) -> (PathBuf, Aside) {
        let staging = outer.join(".vps-infrastructure.estiba-new");
        dir.stage(&tree(&[("a", "2")]), &staging).unwrap();
        (staging, Aside::new(outer, "vps-infrastructure"))
    }

    #[test]
    fn two_renames_lose_nothing() {
        let (outer, dir) = folder();
        dir.write(&tree(&[("a", "1")]), false).unwrap();
        fs::write(dir.path().join("note.estiba-old"), "mine").unwrap();
        let stranger = outer.path().join(".vps-infrastructure.estiba-old");
        fs::create_dir(&stranger).unwrap();
        fs::write(stranger.join("photo"), "mine").unwrap();
        let (staging, aside) = by_renames(outer.path(), &dir);
        dir.exchange_by_renames(&staging, &aside).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "2");
        assert_eq!(fs::read_to_string(dir.path().join("note.estiba-old")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(stranger.join("photo")).unwrap(), "mine");
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_run_that_died_between_two_renames_is_undone() {
        let (outer, dir) = folder();
        dir.write(&tree(&[("a", "1")]), false).unwrap();
        fs::write(dir.path().join("note"), "mine").unwrap();
        let (_, aside) = by_renames(outer.path(), &dir);
        fs::rename(dir.path(), aside.free()).unwrap();
        dir.write(&tree(&[("a", "3")]), false).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "3");
        assert_eq!(fs::read_to_string(dir.path().join("note")).unwrap(), "mine");
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_keeps_what_a_link_would() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&from, "mine").unwrap();
        fs::set_permissions(&from, fs::Permissions::from_mode(0o440)).unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        File::open(&from).unwrap().set_times(fs::FileTimes::new().set_modified(long_ago)).unwrap();
        copy(&from, &to).unwrap();
        let metadata = fs::metadata(&to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "mine");
        assert_eq!((metadata.permissions().mode() & 0o777, metadata.modified().unwrap()), (0o440, long_ago));
    }

    #[test]
    fn a_run_that_died_leaves_no_trace() {
        let (outer, dir) = folder();
        let staging = outer.path().join(".vps-infrastructure.estiba-new");
        fs::create_dir(&staging).unwrap();
        fs::write(staging.join("half"), "").unwrap();
        dir.write(&tree(&[("a", "1")]), false).unwrap();
        assert!(!staging.exists());
        assert!(!dir.path().join("half").exists());
    }
}
