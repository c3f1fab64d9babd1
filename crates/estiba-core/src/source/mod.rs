//! Texts, the places in them, and what is said about those places.

mod diagnostic;
mod files;
pub(crate) mod lines;
mod nearest;
mod path;
mod span;
mod text;

pub use diagnostic::{Diagnostic, Label, Level};
pub use files::{Files, MemoryFiles, ReadError};
pub use nearest::{nearest, only_near};
pub use path::{PathError, TreePath};
pub(crate) use path::{last_part, normal};
pub use span::{FileId, Span, Spanned};
pub use text::{SourceFile, Sources};
