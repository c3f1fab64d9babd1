//! YAML of our own making: block style, every text that could be read as something else in quotes.

use crate::syntax::quoted;
use crate::syntax::yaml::{Node, NodeKind, ScalarStyle};

/// Lines in the making.
#[derive(Default)]
pub(super) struct Out {
    pub(super) text: String,
}

impl Out {
    pub(super) fn line(&mut self, indent: usize, head: &str, value: Option<&str>, comment: Option<&str>) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(head);
        self.text.push_str(value.unwrap_or_default());
        if let Some(comment) = comment {
            self.text.push_str(" # ");
            self.text.push_str(comment);
        }
        self.text.push('\n');
    }

    /// A key with what somebody wrote under it.
    pub(super) fn entry(&mut self, indent: usize, head: &str, node: &Node) {
        match &node.kind {
            NodeKind::Scalar { .. } => {
                let value = scalar(node);
                let value = if value.is_empty() { value } else { format!(" {value}") };
                self.line(indent, head, Some(&value), None);
            }
            NodeKind::List(items) if items.is_empty() => self.line(indent, head, Some(" []"), None),
            NodeKind::Map(entries) if entries.is_empty() => self.line(indent, head, Some(" {}"), None),
            NodeKind::List(items) => {
                self.line(indent, head, None, None);
                for item in items {
                    self.entry(indent + 2, "-", item);
                }
            }
            NodeKind::Map(entries) => {
                self.line(indent, head, None, None);
                for (name, value) in entries {
                    self.entry(indent + 2, &format!("{}:", key(name.text().unwrap_or_default())), value);
                }
            }
        }
    }
}

/// A key; in quotes where it could be read as no text.
pub(super) fn key(name: &str) -> String {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let truth = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let plain = letters
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !truth.contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { quoted(name) }
}

/// A scalar as it was meant: what was in quotes is a text, what was not may be a number or a truth value.
fn scalar(node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar { text, style: ScalarStyle::Plain } if is_bare(text) => text.clone(),
        NodeKind::Scalar { text, .. } => quoted(text),
        _ => String::new(),
    }
}

fn is_bare(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-./:+@~".contains(c);
    text.is_empty()
        || text.starts_with(|c: char| c.is_ascii_alphanumeric() || "./~_".contains(c))
            && text.chars().all(inner)
            && !text.ends_with(':')
}
