//! Values of variables: those that the services ask for, from the files that Compose reads or people copy. What looks like a
//! secret is never copied.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::syntax::quoted;
use crate::tree::{Tree, TreeFile};

/// Values beside a Compose file, and which of them are asked for.
pub(super) struct Variables {
    values: BTreeMap<String, String>,
    asked: BTreeSet<String>,
}

/// What stands where a value is to be typed.
pub(super) const CHANGE: &str = "CHANGE-ME";

const FILES: [&str; 7] =
    [".env", ".env.example", "env.example", ".env.sample", ".env.dist", ".env.template", "example.env"];

impl Variables {
    pub(super) fn read(tree: &Tree, compose: &str) -> Self {
        let folder = compose.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let file = |name: &&str| Some(parse(tree.get(&format!("{folder}{name}"))?.text()?));
        Self { values: FILES.iter().find_map(file).unwrap_or_default(), asked: BTreeSet::new() }
    }

    /// Notes what a text asks for and does not answer itself.
    pub(super) fn ask_for(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('$') {
                rest = behind;
                continue;
            }
            let braced = rest.strip_prefix('{');
            let body = braced.unwrap_or(rest);
            let end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(body.len());
            let (name, behind) = body.split_at(end);
            rest = behind;
            let answered = braced.is_some() && (behind.starts_with(":-") || behind.starts_with('-'));
            if !name.is_empty() && (!answered || self.values.contains_key(name)) {
                self.asked.insert(name.to_owned());
            }
        }
    }

    pub(super) fn ask_for_name(&mut self, name: &str) {
        self.asked.insert(name.to_owned());
    }

    /// `variables:`.
    pub(super) fn declared(&self, notes: &mut Vec<String>) -> String {
        if self.asked.is_empty() {
            return String::new();
        }
        let mut text = String::from("\nvariables:\n");
        for name in &self.asked {
            let known = self.values.get(name).filter(|value| !is_secret(name) && !value.contains('$'));
            let (value, comment) = match known {
                Some(value) => (value.as_str(), ""),
                None if is_secret(name) => {
                    notes.push(format!(
                        "`{name}` looks like a secret: its value was not copied. Better than `variables:` is `secrets:`, \
                         where the program can read /run/secrets/{}",
                        name.to_lowercase()
                    ));
                    (CHANGE, " # CHANGE: looks like a secret")
                }
                None => {
                    notes.push(format!("no value was found for the variable `{name}`"));
                    (CHANGE, " # CHANGE: no value was found")
                }
            };
            let _ = writeln!(text, "  {name}: {}{comment}", quoted(value));
        }
        text
    }
}

/// Whether a name is that of a secret, by custom.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "PRIVATE", "CREDENTIAL", "APIKEY", "DSN", "SALT"];
    let file = name.ends_with("_FILE") || name.ends_with("_PATH");
    !file && (words.iter().any(|word| name.contains(word)) || name.ends_with("_KEY") || name.ends_with("_PASS"))
}

/// `NAME=value` a line.
pub(super) fn parse(text: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for line in text.lines() {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let value = value.trim();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inner = quote.and_then(|quote| value[1..].split_once(quote).map(|(inner, _)| inner));
        let value = inner.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim());
        values.insert(name.trim().to_owned(), value.to_owned());
    }
    values
}

/// A file of variables, or the example that people copy to it.
pub(super) fn file<'t>(tree: &'t Tree, path: &str) -> Option<(&'t str, bool)> {
    let text = |path: &str| tree.get(path).and_then(TreeFile::text);
    let examples = [format!("{path}.example"), format!("{path}.sample"), format!("{path}.dist")];
    text(path).map(|text| (text, true)).or_else(|| Some((examples.iter().find_map(|path| text(path))?, false)))
}
