//! Text of a value: most of it stands in the script as it is.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

/// A piece of a script, or a text made while it was followed. A copy costs a few instructions.
#[derive(Clone)]
pub(super) enum Str<'a> {
    Script(&'a str),
    Made(Rc<str>),
}

impl<'a> Str<'a> {
    pub(super) const EMPTY: Self = Self::Script("");
    /// Nothing of it is known.
    pub(super) const HOLE: Self = Self::Script("\u{1a}");
    /// A person typed it.
    pub(super) const ANSWER: Self = Self::Script("\u{1b}");

    pub(super) fn made(text: &str) -> Self {
        match text {
            "" => Self::EMPTY,
            "\u{1a}" => Self::HOLE,
            text => Self::Made(Rc::from(text)),
        }
    }
}

impl Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Script(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl Borrow<str> for Str<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (left, right): (&str, &str) = (self, other);
        std::ptr::eq(left, right) || left == right
    }
}

impl Eq for Str<'_> {}

impl Ord for Str<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl PartialOrd for Str<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Str<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
