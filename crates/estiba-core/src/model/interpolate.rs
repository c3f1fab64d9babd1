//! `$` in values, by Compose's own grammar
//! (<https://docs.docker.com/reference/compose-file/interpolation/>), resolved while generating.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::value::Value;
use crate::source::{Diagnostic, Span, nearest};
use crate::syntax::yaml::{Node, NodeKind};

/// The declared variables.
pub(super) struct Variables {
    values: BTreeMap<String, String>,
    /// Bytes that may still come out: a short file must not become a long one.
    left: Cell<usize>,
}

/// Most bytes that the variables of one description may become.
const MOST_BYTES: usize = 4 << 20;

/// Why a text cannot be resolved.
enum Failure {
    Undeclared(String),
    Required(String, String),
    TooLong,
    Syntax,
}

/// Nested defaults deeper than this are no honest text.
const DEPTH: usize = 16;

impl Variables {
    /// Declared variables.
    pub(super) fn new(values: BTreeMap<String, String>) -> Self {
        Self { values, left: Cell::new(MOST_BYTES) }
    }

    /// Takes what was put out from what may be.
    fn spend(&self, bytes: usize) -> Result<(), Failure> {
        let left = self.left.get().checked_sub(bytes).ok_or(Failure::TooLong)?;
        self.left.set(left);
        Ok(())
    }

    /// The node with every `${NAME}` replaced. Keys are left alone, as in Compose.
    pub(super) fn resolve(&self, node: &Node, problems: &mut Vec<Diagnostic>) -> Value {
        match &node.kind {
            NodeKind::Scalar { text, .. } if text.contains('$') => match self.text(text, 0) {
                Ok(resolved) => Value::Text(resolved),
                Err(failure) => {
                    problems.push(self.problem(&failure, node.span));
                    Value::Text(String::new())
                }
            },
            NodeKind::Scalar { .. } => super::value::of(node),
            NodeKind::List(items) => Value::List(items.iter().map(|item| self.resolve(item, problems)).collect()),
            NodeKind::Map(entries) => {
                let entry = |(key, value): &(Node, Node)| {
                    (key.text().unwrap_or_default().to_owned(), self.resolve(value, problems))
                };
                Value::Map(entries.iter().map(entry).collect())
            }
        }
    }

    /// The value of a variable that stands alone (`environment: [NAME]`).
    pub(super) fn lookup(&self, name: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Option<&String> {
        let found = self.values.get(name);
        if found.is_none() {
            problems.push(self.problem(&Failure::Undeclared(name.to_owned()), span));
        }
        found
    }

    fn problem(&self, failure: &Failure, span: Span) -> Diagnostic {
        match failure {
            Failure::Undeclared(name) => {
                let problem = Diagnostic::error(
                    format!("the variable `{name}` is not declared"),
                    span,
                    format!("`{name}` has no value"),
                );
                problem.help(match nearest(name, self.values.keys().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("declare it under `variables:` (`{name}: …`), keep it a secret under `secrets:`, or write `$$` for a literal dollar"),
                })
            }
            Failure::Required(name, message) => {
                Diagnostic::error(format!("the variable `{name}` is required: {message}"), span, "demanded here")
                    .help(format!("declare it under `variables:` (`{name}: …`)"))
            }
            Failure::TooLong => Diagnostic::error(
                format!("the variables of this description become more than {} MiB", MOST_BYTES >> 20),
                span,
                "too long from here on",
            )
            .help("name long values less often, or put them into a file below `files/`"),
            Failure::Syntax => Diagnostic::error(
                "a `$` that begins no variable",
                span,
                "Compose reads `$` as the beginning of a variable",
            )
            .help("write `$$` for a literal dollar, or `${NAME}`"),
        }
    }

    fn text(&self, text: &str, depth: usize) -> Result<String, Failure> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some(inner) = rest.strip_prefix('{') {
                let end = closing(inner).ok_or(Failure::Syntax)?;
                let value = self.braced(&inner[..end], depth)?;
                self.spend(value.len())?;
                out.push_str(&value);
                rest = &inner[end + 1..];
            } else {
                let end = name_length(rest);
                if end == 0 {
                    return Err(Failure::Syntax);
                }
                let name = &rest[..end];
                let value = self.values.get(name).ok_or_else(|| Failure::Undeclared(name.to_owned()))?;
                self.spend(value.len())?;
                out.push_str(value);
                rest = &rest[end..];
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn braced(&self, inner: &str, depth: usize) -> Result<String, Failure> {
        if depth >= DEPTH {
            return Err(Failure::Syntax);
        }
        let (name, rest) = inner.split_at(name_length(inner));
        if name.is_empty() {
            return Err(Failure::Syntax);
        }
        let value = self.values.get(name);
        let (colon, rest) = match rest.strip_prefix(':') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        // With the colon an empty value counts as none.
        let present = value.filter(|value| !(colon && value.is_empty()));
        let mut chars = rest.chars();
        let operator = chars.next();
        let word = chars.as_str();
        match (operator, present) {
            (None, _) if !colon => value.cloned().ok_or_else(|| Failure::Undeclared(name.to_owned())),
            (Some('-' | '?'), Some(value)) => Ok(value.clone()),
            (Some('-'), None) => self.text(word, depth + 1),
            (Some('?'), None) => Err(Failure::Required(name.to_owned(), word.to_owned())),
            (Some('+'), Some(_)) => self.text(word, depth + 1),
            (Some('+'), None) => Ok(String::new()),
            _ => Err(Failure::Syntax),
        }
    }
}

/// Where the `}` of a `${` stands.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Option<String> {
        let variables = Variables::new([("A", "1"), ("EMPTY", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        variables.text(text, 0).ok()
    }

    #[test]
    fn every_form_of_compose() {
        for (text, want) in [
            ("$$A", "$A"),
            ("$A-${A}", "1-1"),
            ("${EMPTY:-x}", "x"),
            ("${EMPTY-x}", ""),
            ("${B:-${A}}", "1"),
            ("${A:+yes}", "yes"),
            ("${EMPTY:+yes}", ""),
            ("${A:?no}", "1"),
            ("a{}b", "a{}b"),
        ] {
            assert_eq!(resolve(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn what_compose_refuses_is_refused() {
        for text in ["$", "$1", "${", "${}", "${A", "${A:}", "${A!x}", "$B", "${B}", "${B?why}"] {
            assert_eq!(resolve(text), None, "{text}");
        }
    }

    #[test]
    fn a_short_text_does_not_become_a_long_one() {
        let variables = Variables::new([("A".to_owned(), "x".repeat(20_000))].into());
        assert!(variables.text(&"$A".repeat(6_000), 0).is_err());
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let text = format!("{}x{}", "${B:-".repeat(5000), "}".repeat(5000));
        assert_eq!(resolve(&text), None);
    }
}
