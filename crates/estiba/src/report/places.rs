//! Places of a tree as other programs know them: by their path from the folder in which the check was started.

use std::path::{Component, Path};

use estiba_core::facts::Facts;
use estiba_core::source::Span;

/// A tree seen from where the check was started.
pub(crate) struct Places<'a> {
    pub(crate) facts: &'a Facts,
    /// From there to the tree: empty, or with `/` at its end; absolute where the tree stands elsewhere.
    prefix: String,
}

/// A place; lines and columns count from 1, columns in Unicode scalars, ends are exclusive.
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) start: (usize, usize),
    pub(crate) end: (usize, usize),
}

impl<'a> Places<'a> {
    /// `folder` is the tree's, absolute.
    pub(crate) fn of(facts: &'a Facts, folder: &Path) -> Self {
        let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
        let way = folder.strip_prefix(&here).unwrap_or(folder);
        let mut prefix = if way.is_absolute() { "/".to_owned() } else { String::new() };
        for part in way.components() {
            if let Component::Normal(name) = part {
                prefix.push_str(&name.to_string_lossy());
                prefix.push('/');
            }
        }
        Self { facts, prefix }
    }

    pub(crate) fn of_span(&self, span: Span) -> Place {
        let file = self.facts.texts.sources.get(span.file);
        // A baseline is no file of the tree, and is named as it was typed.
        let of_tree = self.facts.texts.get(&file.name).is_some_and(|(id, _)| id == span.file);
        Place {
            path: if of_tree { format!("{}{}", self.prefix, file.name) } else { file.name.clone() },
            start: file.line_column(span.start as usize),
            end: file.line_column(span.end as usize),
        }
    }
}

/// A path as a reference of RFC 3986.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_becomes_a_reference() {
        assert_eq!(uri("año/a b%.yml"), "a%C3%B1o/a%20b%25.yml");
        assert_eq!(uri("/srv/x.yml"), "file:///srv/x.yml");
    }
}
