//! A path inside a folder that is ours: relative, with forward slashes, never leaving.

use std::borrow::Borrow;
use std::fmt;

/// A relative path of normal components. It cannot leave the folder it is joined to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreePath(String);

/// Why a text is no [`TreePath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Nothing was given.
    Empty,
    /// It begins with `/`.
    Absolute,
    /// A `..` reaches out of the folder.
    Leaves,
    /// A character that no file of ours may carry (control characters, backslash), or a component that begins with `-`.
    Character,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the path is empty",
            Self::Absolute => "the path is absolute",
            Self::Leaves => "the path leaves its folder through `..`",
            Self::Character => "the path holds a control character, a backslash or a part that begins with `-`",
        })
    }
}

impl TreePath {
    /// Normalises `.` and inner `..`, refuses everything that leaves.
    ///
    /// # Errors
    /// See [`PathError`].
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.starts_with('/') {
            return Err(PathError::Absolute);
        }
        // Most are written so already.
        let ordinary = |byte: u8| matches!(byte, b'/' | b'.' | b'_' | b'-') || byte.is_ascii_alphanumeric();
        if is_normal(text) && text.bytes().all(ordinary) && !text.starts_with('-') && !text.contains("/-") {
            return Ok(Self(text.to_owned()));
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or(PathError::Leaves)?;
                }
                part if part.starts_with('-') || part.contains(|c: char| c.is_control() || c == '\\') => {
                    return Err(PathError::Character);
                }
                part => parts.push(part),
            }
        }
        if parts.is_empty() { Err(PathError::Empty) } else { Ok(Self(parts.join("/"))) }
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        last_part(&self.0)
    }

    /// Whether it stands in `folder` (or below).
    #[must_use]
    pub fn is_below(&self, folder: &str) -> bool {
        self.0.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// What stands behind the last slash.
pub(crate) fn last_part(path: &str) -> &str {
    path.bytes().rposition(|byte| byte == b'/').map_or(path, |slash| &path[slash + 1..])
}

/// Without `.`, inner `..`, doubled slashes and a slash at the end; absolute where it was.
pub(crate) fn normal(path: &str) -> String {
    // Most are.
    if is_normal(path.strip_prefix('/').unwrap_or(path)) {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if path.starts_with('/') { format!("/{}", parts.join("/")) } else { parts.join("/") }
}

/// Whether a path has certainly neither `.` and `..` nor an empty part, at its beginning and end neither.
fn is_normal(path: &str) -> bool {
    let mut before = b'/';
    for byte in path.bytes() {
        if before == b'/' && matches!(byte, b'/' | b'.') {
            return false;
        }
        before = byte;
    }
    before != b'/'
}

impl Borrow<str> for TreePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{PathError, TreePath, is_normal, last_part, normal};

    #[test]
    fn inner_dots_are_normalised() {
        assert_eq!(TreePath::parse("./a/./b/../c").unwrap().as_str(), "a/c");
    }

    #[test]
    fn what_is_normal_needs_no_change() {
        for path in ["a", "a/b.c/d", "a./b", "a..b"] {
            assert!(is_normal(path), "{path}");
            assert_eq!(normal(path), path);
        }
        for path in ["", "/", "/a", "a/", "a//b", ".", "./a", "a/.", "a/./b", "a/../b", ".env"] {
            assert!(!is_normal(path), "{path}");
        }
        assert_eq!(["/a//b/../c/", "./a/.", "../a", "/"].map(normal), ["/a/c", "a", "a", "/"]);
    }

    #[test]
    fn the_last_part_stands_behind_the_last_slash() {
        assert_eq!(["a/b/c", "c", "a/", ""].map(last_part), ["c", "c", "", ""]);
    }

    #[test]
    fn leaving_is_refused() {
        assert_eq!(TreePath::parse("a/../../b"), Err(PathError::Leaves));
        assert_eq!(TreePath::parse("/etc"), Err(PathError::Absolute));
        assert_eq!(TreePath::parse("."), Err(PathError::Empty));
        assert_eq!(TreePath::parse("-rf"), Err(PathError::Character));
    }
}
