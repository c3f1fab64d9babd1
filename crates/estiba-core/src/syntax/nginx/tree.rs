//! The tree. Its depth is limited by [`MAX_DEPTH`](super::MAX_DEPTH), so walking, cloning and dropping it may recurse.

use crate::source::Span;

/// One word of a directive: its name or an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As written, quotes included.
    pub span: Span,
    /// As nginx reads it: without its quotes, and with `\"`, `\'`, `\\`, `\t`, `\r`, `\n` replaced. Any other
    /// backslash stays, because nginx keeps it too.
    pub text: String,
    /// Whether it was written in quotes. nginx itself forgets this; variables work in both.
    pub quoted: bool,
}

/// A statement: words up to `;`, or words and a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The first word.
    pub name: Word,
    /// The other words.
    pub args: Vec<Word>,
    /// What stands in braces.
    pub block: Option<Block>,
    /// From the name to the `;` or the closing brace, or to where it breaks off.
    pub span: Span,
}

/// What stands in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Both braces and what is between them, or up to where it breaks off.
    pub span: Span,
    /// Its statements, in order. In a `map` or `types` block the names are no directives but keys.
    pub directives: Vec<Directive>,
    /// The Lua code between the braces of a `*_by_lua_block`, which has no statements.
    pub lua: Option<Span>,
}

/// Where nginx stops reading, or would if it came this far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where; its first byte is on the line that nginx names (except for a byte order mark: nginx names the line where
    /// that statement ends).
    pub span: Span,
    /// In nginx's words.
    pub message: String,
    /// The opening brace or quote that was never closed.
    pub opened: Option<Span>,
}

/// A whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The statements outside any block.
    pub directives: Vec<Directive>,
    /// Every comment in order, from `#` to before the line's end.
    pub comments: Vec<Span>,
    /// In order of place; nginx itself reports only the first.
    pub errors: Vec<SyntaxError>,
}
