//! The seam to the outside: how the core asks for a file of the project.

use std::collections::BTreeMap;
use std::fmt;

use super::TreePath;

/// Why a file could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is none.
    Missing,
    /// It is a folder, a device or another thing without text.
    NotAFile,
    /// A symbolic link on the way leaves the project.
    LeavesProject,
    /// Larger than the limit, in bytes.
    TooLarge(u64),
    /// The system said no; its words.
    System(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it does not exist"),
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::LeavesProject => f.write_str("a symbolic link leads out of the project"),
            Self::TooLarge(limit) => write!(f, "it is larger than {limit} bytes"),
            Self::System(words) => f.write_str(words),
        }
    }
}

/// The project's folder, as the core may see it.
pub trait Files {
    /// The whole file.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read(&self, path: &TreePath) -> Result<Vec<u8>, ReadError> {
        self.read_with_mode(path).map(|(content, _)| content)
    }

    /// The whole file, and its mode as a tree carries it: 0755 where its owner may run it, else 0644.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read_with_mode(&self, path: &TreePath) -> Result<(Vec<u8>, u32), ReadError>;

    /// Every regular file below a folder, sorted; empty when there is no such folder.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn list(&self, folder: &str) -> Result<Vec<TreePath>, ReadError>;
}

/// A project held in memory, without programs: every mode is 0644.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(pub BTreeMap<String, Vec<u8>>);

impl Files for MemoryFiles {
    fn read_with_mode(&self, path: &TreePath) -> Result<(Vec<u8>, u32), ReadError> {
        let content = self.0.get(path.as_str()).cloned().ok_or(ReadError::Missing)?;
        Ok((content, 0o644))
    }

    fn list(&self, folder: &str) -> Result<Vec<TreePath>, ReadError> {
        let below = self.0.keys().filter_map(|path| TreePath::parse(path).ok()).filter(|path| path.is_below(folder));
        Ok(below.collect())
    }
}
