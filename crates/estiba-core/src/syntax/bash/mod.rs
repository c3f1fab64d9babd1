//! Bash as bash reads it, with byte spans: commands, words, here-documents and comments.
//!
//! One pass over the bytes with bounded nesting; aliases, history and `eval` are not followed.

mod command;
mod cursor;
mod few;
mod test;
mod tree;
mod word;

pub use few::Few;
pub use tree::{
    AndOr, Argument, ArithmeticFor, Arm, AssignedValue, Assignment, Case, Command, CommandKind, For, Function, Join,
    List, Loop, Name, Parameter, Part, Pipeline, Redirect, Script, SyntaxError, Target, Test, Word,
};

use crate::source::FileId;

/// How deep constructs may stand in each other.
pub const MAX_DEPTH: usize = 64;

/// Reads a whole script. Never fails: what bash would refuse stands in [`Script::errors`].
#[must_use]
pub fn parse(file: FileId, text: &str) -> Script<'_> {
    cursor::Cursor::new(file, text).script()
}

#[cfg(test)]
mod tests;
