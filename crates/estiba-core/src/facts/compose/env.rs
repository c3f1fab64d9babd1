//! Values of variables: `.env` beside the project, and what people are told to copy there.

use std::collections::BTreeMap;

use super::interpolate::substitute;
use crate::facts::{Texts, lines};

/// Names of variables with their values.
pub(super) type Values = BTreeMap<String, String>;

/// Where the values of a project come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    pub(super) values: Values,
    /// The file that Compose reads by itself stands in the tree.
    pub(super) own: bool,
    /// A file that people copy.
    pub(super) example: bool,
}

/// Files that people copy to `.env`, as projects name them.
const EXAMPLES: [&str; 10] = [
    ".env.example",
    "env.example",
    ".env_example",
    ".env.sample",
    "env.sample",
    ".env.dist",
    ".env.template",
    "example.env",
    "sample.env",
    ".env.default",
];

/// The values of a project in a folder.
pub(super) fn of(texts: &Texts, folder: &str) -> Environment {
    let read = |name: &str| Some(parse(texts.get(&join(folder, name))?.1));
    if let Some(values) = read(".env") {
        return Environment { values, own: true, example: false };
    }
    match EXAMPLES.iter().find_map(|name| read(name)) {
        Some(values) => Environment { values, own: false, example: true },
        None => Environment::default(),
    }
}

/// A file of the tree, or nothing.
pub(super) fn file(texts: &Texts, path: &str) -> Option<Values> {
    Some(parse(texts.get(path)?.1))
}

pub(super) fn join(folder: &str, name: &str) -> String {
    crate::source::normal(&format!("/{folder}/{name}")).trim_start_matches('/').to_owned()
}

/// `NAME=value` a line, as the parser of Compose reads it
/// (<https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax>).
fn parse(text: &str) -> Values {
    let mut values = Values::new();
    for line in lines(text) {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        if line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.trim_end();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')) {
            continue;
        }
        let value = value.trim();
        let value = match value.chars().next() {
            Some('\'') => value[1..].split('\'').next().unwrap_or_default().to_owned(),
            Some('"') => known(value[1..].split('"').next().unwrap_or_default(), &values),
            _ => known(value.split(" #").next().unwrap_or_default().trim_end(), &values),
        };
        values.insert(name.to_owned(), value);
    }
    values
}

fn known(value: &str, values: &Values) -> String {
    substitute(value, &|name| values.get(name).cloned(), &mut |_| {}).into_owned()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_forms_of_a_line() {
        let text = "# c\nA=1\nexport B='x # y $A'\nC=\"q $A\" # c\nD = 2 # c\nE=\nF=a#b\n not a line\n";
        let values = parse(text);
        let wanted = [("A", "1"), ("B", "x # y $A"), ("C", "q 1"), ("D", "2"), ("E", ""), ("F", "a#b")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(values.into_iter().collect::<Vec<_>>(), wanted);
    }
}
