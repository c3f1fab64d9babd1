//! The folder of a project, read without ever leaving it.

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use estiba_core::source::{Files, ReadError, TreePath};

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Most files of one folder of the project: more is no description's company but a mistaken folder.
const MOST_FILES: usize = 20_000;

/// A project's folder.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder, as the user named it.
    root: PathBuf,
    /// The same without symbolic links.
    real: PathBuf,
}

/// Why a project cannot be opened.
#[derive(Debug)]
pub enum ProjectError {
    /// The path does not exist.
    Missing(PathBuf),
    /// The system said no.
    System(PathBuf, std::io::Error),
}

impl std::fmt::Display for ProjectError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "there is nothing at `{}`", path.display()),
            Self::System(path, error) => write!(f, "`{}` cannot be opened: {error}", path.display()),
        }
    }
}

impl std::error::Error for ProjectError {}

impl Project {
    /// Opens a folder, or the folder of a file. Gives the file's name too.
    ///
    /// # Errors
    /// See [`ProjectError`].
    pub fn open(path: &Path) -> Result<(Self, Option<String>), ProjectError> {
        let system = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => ProjectError::Missing(path.to_owned()),
            _ => ProjectError::System(path.to_owned(), error),
        };
        let metadata = fs::metadata(path).map_err(system)?;
        let (root, file) = if metadata.is_dir() {
            (path.to_owned(), None)
        } else {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            (parent.to_owned(), path.file_name().map(|name| name.to_string_lossy().into_owned()))
        };
        let real = fs::canonicalize(&root).map_err(system)?;
        Ok((Self { root, real }, file))
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder without symbolic links.
    #[must_use]
    pub fn real(&self) -> &Path {
        &self.real
    }

    /// A path of the project on disk, if no symbolic link leads out.
    fn inside(&self, path: &TreePath) -> Result<PathBuf, ReadError> {
        let joined = self.real.join(path.as_str());
        let real = fs::canonicalize(&joined).map_err(|error| read_error(&error))?;
        if real.starts_with(&self.real) { Ok(real) } else { Err(ReadError::LeavesProject) }
    }

    fn walk(&self, folder: &Path, prefix: &str, depth: usize, found: &mut Vec<TreePath>) -> Result<(), ReadError> {
        if depth > 32 {
            return Err(ReadError::System("folders are nested more than 32 deep".to_owned()));
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| read_error(&error))? {
            let entry = entry.map_err(|error| read_error(&error))?;
            names.push(entry.file_name());
        }
        names.sort();
        for name in names {
            let Some(name) = name.to_str() else {
                return Err(ReadError::System(format!("a file name below `{prefix}` is not UTF-8")));
            };
            let path = format!("{prefix}/{name}");
            let Ok(tree_path) = TreePath::parse(&path) else {
                return Err(ReadError::System(format!("the file name `{}` cannot be used", path.escape_debug())));
            };
            let real = self.inside(&tree_path)?;
            if real.is_dir() {
                self.walk(&real, &path, depth + 1, found)?;
            } else {
                found.push(tree_path);
            }
            if found.len() > MOST_FILES {
                return Err(ReadError::System(format!("there are more than {MOST_FILES} files")));
            }
        }
        Ok(())
    }
}

impl Files for Project {
    fn read_with_mode(&self, path: &TreePath) -> Result<(Vec<u8>, u32), ReadError> {
        let real = self.inside(path)?;
        let metadata = fs::metadata(&real).map_err(|error| read_error(&error))?;
        if !metadata.is_file() {
            return Err(ReadError::NotAFile);
        }
        if metadata.len() > MOST_BYTES {
            return Err(ReadError::TooLarge(MOST_BYTES));
        }
        let file = fs::File::open(&real).map_err(|error| read_error(&error))?;
        let mut bytes = Vec::new();
        // A file that grows while it is read ends at the limit too.
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| read_error(&error))?;
        let runs = metadata.permissions().mode() & 0o100 != 0;
        Ok((bytes, if runs { 0o755 } else { 0o644 }))
    }

    fn list(&self, folder: &str) -> Result<Vec<TreePath>, ReadError> {
        let Ok(path) = TreePath::parse(folder) else { return Ok(Vec::new()) };
        let real = match self.inside(&path) {
            Err(ReadError::Missing) => return Ok(Vec::new()),
            other => other?,
        };
        if !real.is_dir() {
            return Err(ReadError::NotAFile);
        }
        let mut found = Vec::new();
        self.walk(&real, path.as_str(), 0, &mut found)?;
        found.sort();
        Ok(found)
    }
}

fn read_error(error: &std::io::Error) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound => ReadError::Missing,
        ErrorKind::PermissionDenied => ReadError::System("permission denied".to_owned()),
        ErrorKind::NotADirectory => ReadError::Missing,
        _ => ReadError::System(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_out_of_the_project_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("estiba.yml")).unwrap();
        let (project, _) = Project::open(folder.path()).unwrap();
        let path = TreePath::parse("estiba.yml").unwrap();
        assert_eq!(project.read(&path), Err(ReadError::LeavesProject));
    }

    #[test]
    fn a_link_inside_the_project_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("real.yml"), "x").unwrap();
        std::os::unix::fs::symlink("real.yml", folder.path().join("estiba.yml")).unwrap();
        let (project, _) = Project::open(folder.path()).unwrap();
        assert_eq!(project.read(&TreePath::parse("estiba.yml").unwrap()), Ok(b"x".to_vec()));
    }

    #[test]
    fn what_its_owner_may_run_keeps_that() {
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in [("script", 0o700), ("text", 0o664), ("group", 0o654)] {
            fs::write(folder.path().join(name), "x").unwrap();
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let (project, _) = Project::open(folder.path()).unwrap();
        let mode = |name: &str| project.read_with_mode(&TreePath::parse(name).unwrap()).unwrap().1;
        assert_eq!([mode("script"), mode("text"), mode("group")], [0o755, 0o644, 0o644]);
    }

    #[test]
    fn folders_are_listed_sorted_and_deep() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("files/b")).unwrap();
        fs::write(folder.path().join("files/z"), "").unwrap();
        fs::write(folder.path().join("files/b/a"), "").unwrap();
        let (project, _) = Project::open(folder.path()).unwrap();
        let names: Vec<String> = project.list("files").unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["files/b/a", "files/z"]);
        assert_eq!(project.list("none").unwrap(), []);
    }
}
