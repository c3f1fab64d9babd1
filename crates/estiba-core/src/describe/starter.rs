//! The commented description that `estiba init` writes.

/// A complete small description with a comment on every choice. `project` must already be a valid project name.
#[must_use]
pub fn starter(project: &str) -> String {
    TEXT.replace("PROJECT", project)
}

const TEXT: &str = include_str!("starter.yml");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::{FILE_NAME, read};
    use crate::source::{MemoryFiles, Sources, TreePath};

    #[test]
    fn the_starter_is_a_valid_description() {
        let mut files = MemoryFiles::default();
        files.0.insert(FILE_NAME.into(), starter("venus").into_bytes());
        let path = TreePath::parse(FILE_NAME).expect("a tree path");
        let (description, problems) = read(&mut Sources::default(), &files, &path);
        assert_eq!(problems, []);
        assert_eq!(description.expect("a description").project.value.as_str(), "venus");
    }
}
