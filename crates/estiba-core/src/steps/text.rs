//! Text of which parts may be unknown.

use std::fmt;
use std::sync::Arc;

use super::string::Str;

/// Stands for text that only a run can know.
pub(super) const HOLE: char = '\u{1a}';
/// Stands for what a person typed.
pub(super) const ANSWER: char = '\u{1b}';
/// Stands for the name of a temporary file.
pub(super) const TEMPORARY: char = '\u{1c}';

/// The root of the tree, in a script's eyes: where it will stand is not known here.
pub(super) const ROOT: &str = "/<tree>";

/// A value of a script with the known parts filled in.
///
/// Paths of the tree begin with `/<tree>/`, whatever the folder is called on the server.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub(super) Arc<str>);

impl Text {
    /// The whole text, if all of it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        (!has_hole(&self.0)).then_some(&*self.0)
    }

    /// The known pieces, in order; between two of them something is unknown.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        self.0.split([HOLE, ANSWER, TEMPORARY])
    }

    /// What it certainly begins with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.pieces().next().unwrap_or("")
    }

    /// The path in the tree, if it is one and all of it is known.
    #[must_use]
    pub fn tree_path(&self) -> Option<&str> {
        self.known()?.strip_prefix(ROOT)?.strip_prefix('/')
    }

    /// Nothing of it is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        !self.0.is_empty() && self.0.chars().all(is_hole)
    }
}

impl Text {
    pub(super) fn unknown() -> Self {
        Self(Arc::from("\u{1a}"))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl From<&Str<'_>> for Text {
    fn from(text: &Str<'_>) -> Self {
        Self(Arc::from(&**text))
    }
}

/// For people: what is unknown is shown as `…`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, piece) in self.pieces().enumerate() {
            if number > 0 {
                f.write_str("…")?;
            }
            f.write_str(piece)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

pub(super) fn is_hole(character: char) -> bool {
    matches!(character, HOLE | ANSWER | TEMPORARY)
}

pub(super) fn has_hole(text: &str) -> bool {
    text.bytes().any(|byte| (0x1a..=0x1c).contains(&byte))
}

/// Whether a text matches a pattern of literals, `*` and `?`; `None` where that depends on what is unknown.
pub(super) fn matches(text: &str, pattern: &[Piece]) -> Option<bool> {
    if has_hole(text) || pattern.iter().any(|piece| matches!(piece, Piece::Unknown)) {
        // The known beginning may already tell that it does not.
        let Some(Piece::Literal(first)) = pattern.first() else { return None };
        // So may its known end.
        let end = text.rsplit(is_hole).next().unwrap_or("");
        if pattern.len() == 1 && end.len() < text.len() && !first.ends_with(end) {
            return Some(false);
        }
        let known = text.split(is_hole).next().unwrap_or("");
        let whole = pattern.len() == 1;
        let fits =
            if known.len() > first.len() { !whole && known.starts_with(&**first) } else { first.starts_with(known) };
        return if fits { None } else { Some(false) };
    }
    if let [Piece::Literal(literal)] = pattern {
        return Some(text == literal);
    }
    if pattern.iter().any(|piece| matches!(piece, Piece::One | Piece::Set)) {
        return matches_one_by_one(text, pattern);
    }
    let (mut rest, mut free) = (text, false);
    for (number, piece) in pattern.iter().enumerate() {
        match piece {
            Piece::Literal(literal) if number + 1 == pattern.len() => {
                return Some(if free { rest.ends_with(&**literal) } else { rest == literal });
            }
            Piece::Literal(literal) => match rest.find(&**literal) {
                Some(at) if free || at == 0 => {
                    rest = &rest[at + literal.len()..];
                    free = false;
                }
                _ => return Some(false),
            },
            _ => free = true,
        }
    }
    Some(free || rest.is_empty())
}

/// With `?`: the usual walk with one way back, bounded by both lengths.
fn matches_one_by_one(text: &str, pattern: &[Piece]) -> Option<bool> {
    let mut flat = Vec::new();
    for piece in pattern {
        match piece {
            Piece::Literal(literal) => flat.extend(literal.chars().map(Some)),
            Piece::One => flat.push(Some('\0')),
            Piece::Any => flat.push(None),
            Piece::Set | Piece::Unknown => return None,
        }
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut on, mut star) = (0, 0, None);
    while at < text.len() {
        match flat.get(on) {
            Some(None) => {
                star = Some((on, at));
                on += 1;
            }
            Some(Some(wanted)) if *wanted == '\0' || *wanted == text[at] => {
                at += 1;
                on += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    at = from + 1;
                    on = back + 1;
                }
                None => return Some(false),
            },
        }
    }
    Some(flat[on..].iter().all(Option::is_none))
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    /// `?`
    One,
    /// `*`
    Any,
    /// `[…]`, `@(…)`: not computed.
    Set,
    Unknown,
}
