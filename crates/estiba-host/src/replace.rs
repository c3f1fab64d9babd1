//! Files of people, replaced as a whole: each is the old one or the new one, and of several all or none.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::tree_dir::TreeError;

/// Replaces one file, or makes it.
///
/// # Errors
/// When the system says no; the file is then as it was.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), TreeError> {
    replace(&[(path.to_owned(), content.to_vec())])
}

/// Replaces several files, or makes them. The new ones are written beside the old ones first; then they change names, one
/// after the other, and where one cannot, those before it change back.
///
/// # Errors
/// When the system says no; the files are then as they were.
pub fn replace(files: &[(PathBuf, Vec<u8>)]) -> Result<(), TreeError> {
    let mut prepared: Vec<Prepared> = Vec::new();
    for (path, content) in files {
        match Prepared::of(path, content) {
            Ok(next) => prepared.push(next),
            Err(error) => return Err(failed(path, error)),
        }
    }
    for at in 0..prepared.len() {
        let Some(next) = prepared.get(at) else { break };
        if let Err(error) = next.put() {
            let error = failed(&next.target, error);
            prepared.iter().take(at).for_each(Prepared::take_back);
            return Err(error);
        }
    }
    Ok(())
}

fn failed(path: &Path, error: io::Error) -> TreeError {
    TreeError::System(format!("writing `{}`", path.display()), error)
}

/// A new file beside the one that it replaces; what is left of it goes with this value.
struct Prepared {
    target: PathBuf,
    new: PathBuf,
    /// The old content under a second name, to change back.
    old: Option<PathBuf>,
}

impl Prepared {
    fn of(path: &Path, content: &[u8]) -> io::Result<Self> {
        // A link is followed: what it names is replaced, and the link stays.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
        let beside = |kind: &str| target.with_file_name(format!(".{name}.estiba-{kind}-{}", std::process::id()));
        let (new, second) = (beside("new"), beside("old"));
        let mut prepared = Self { target, new, old: None };
        let mut file = File::create_new(&prepared.new)?;
        file.write_all(content)?;
        if let Ok(metadata) = fs::metadata(&prepared.target) {
            file.set_permissions(metadata.permissions())?;
            fs::hard_link(&prepared.target, &second).or_else(|_| fs::copy(&prepared.target, &second).map(|_| ()))?;
            prepared.old = Some(second);
        }
        Ok(prepared)
    }

    fn put(&self) -> io::Result<()> {
        fs::rename(&self.new, &self.target)
    }

    fn take_back(&self) {
        // It stood there a moment ago: nothing better can be done where it cannot be put back.
        let _ = match &self.old {
            Some(old) => fs::rename(old, &self.target),
            None => fs::remove_file(&self.target),
        };
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.new);
        if let Some(old) = &self.old {
            let _ = fs::remove_file(old);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::replace;

    #[test]
    fn several_files_are_replaced_with_their_modes() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&a, "old").unwrap();
        fs::set_permissions(&a, fs::Permissions::from_mode(0o750)).unwrap();
        replace(&[(a.clone(), b"new a".to_vec()), (b.clone(), b"new b".to_vec())]).unwrap();
        assert_eq!((fs::read(&a).unwrap(), fs::read(&b).unwrap()), (b"new a".to_vec(), b"new b".to_vec()));
        assert_eq!(fs::metadata(&a).unwrap().permissions().mode() & 0o777, 0o750);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn where_one_cannot_be_replaced_all_are_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&a, "old").unwrap();
        // A folder cannot be replaced by a file.
        fs::create_dir(&b).unwrap();
        fs::write(b.join("inside"), "").unwrap();
        assert!(replace(&[(a.clone(), b"new".to_vec()), (b, b"new".to_vec())]).is_err());
        assert_eq!(fs::read(&a).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
