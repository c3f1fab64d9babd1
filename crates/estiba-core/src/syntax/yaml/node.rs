//! One value of a YAML document.

use std::ops::Range;
use std::str::CharIndices;

use crate::source::Span;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes: its type follows from its text.
    Plain,
    /// Quoted or a block: always text.
    Quoted,
}

/// A value with its place. An alias's node has the place of what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where the value stands.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A scalar with its unescaped text.
    Scalar {
        /// The text.
        text: String,
        /// How it was written.
        style: ScalarStyle,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file; keys are unique.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Where these bytes of a scalar's text stand in the file, whose text this is; all of the scalar where escapes or folded
    /// lines hide it.
    #[must_use]
    pub fn place(&self, file: &str, bytes: Range<usize>) -> Span {
        let (Some(text), Some(source)) = (self.text(), file.get(self.span.range())) else { return self.span };
        let begins = match source.chars().next() {
            Some('|' | '>') => source.find('\n').unwrap_or(0),
            Some('"' | '\'') => 1,
            _ => 0,
        };
        let escapes = source.starts_with('"');
        let mut written = source[begins..].char_indices();
        let (mut start, mut end) = (None, None);
        // Indentation and line breaks differ; all else is the same, in the same order.
        for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            if at >= bytes.end && start.is_some() {
                break;
            }
            let Some(found) = next_of(&mut written, escapes, c) else { return self.span };
            if at >= bytes.start {
                start = start.or(Some(found.start));
                end = Some(found.end);
            }
        }
        match (start, end) {
            (Some(start), Some(end)) => {
                let base = self.span.range().start + begins;
                Span::new(self.span.file, base + start, base + end)
            }
            _ => self.span,
        }
    }

    /// The items of a sequence.
    #[must_use]
    pub fn list(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    #[must_use]
    pub fn map(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value under a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let found = self.map()?.iter().find(|(name, _)| name.text() == Some(key))?;
        Some((&found.0, &found.1))
    }

    /// Whether it is nothing: an empty plain scalar, `~` or `null` (YAML 1.2 core schema).
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { text, style: ScalarStyle::Plain }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// A boolean of the YAML 1.2 core schema.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match &self.kind {
            NodeKind::Scalar { text, style: ScalarStyle::Plain } => match text.as_str() {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a person would call it, for "expected a list, found …".
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a mapping",
            NodeKind::Scalar { .. } if self.is_null() => "nothing",
            NodeKind::Scalar { .. } => "a single value",
        }
    }
}

/// Where the next character that is no blank is written, if it is this one.
fn next_of(written: &mut CharIndices<'_>, escapes: bool, c: char) -> Option<Range<usize>> {
    loop {
        let (at, found) = written.next()?;
        if found.is_whitespace() {
            continue;
        }
        if escapes && found == '\\' {
            let (next, escaped) = written.next()?;
            match escaped {
                'n' | 't' | 'r' => continue,
                _ if escaped.is_whitespace() => continue,
                _ => return (escaped == c).then_some(at..next + escaped.len_utf8()),
            }
        }
        return (found == c).then_some(at..at + found.len_utf8());
    }
}

#[cfg(test)]
mod tests {
    use crate::source::Sources;
    use crate::syntax::yaml::{Limits, load};

    #[test]
    fn a_part_of_a_scalar_is_found_where_it_is_written() {
        let cases = [
            ("a: sum(up) # x\n", "up"),
            ("a: \"sum(\\n\\\"x\\\" up)\"\n", "up"),
            ("a: 'sum(up)'\n", "up"),
            ("a: |\n    sum(\n      é, up)\n", "up"),
            ("a: >-\n  sum(é,\n  up)\n", "up"),
            ("a: sum(\n  up)\n", "up"),
        ];
        for (text, part) in cases {
            let mut sources = Sources::default();
            let file = sources.add("a.yml", text);
            let document = load(file, text, Limits::default()).unwrap();
            let node = document.root.get("a").unwrap();
            let at = node.text().unwrap().find(part).unwrap();
            assert_eq!(sources.slice(node.place(text, at..at + part.len())), part, "{text}");
        }
    }

    #[test]
    fn a_part_that_is_written_in_another_way_is_all_of_it() {
        let text = "a: 'it''s up'\n";
        let mut sources = Sources::default();
        let file = sources.add("a.yml", text);
        let document = load(file, text, Limits::default()).unwrap();
        let node = document.root.get("a").unwrap();
        assert_eq!(node.place(text, 5..7), node.span);
    }
}
