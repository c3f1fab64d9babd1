//! YAML as a tree of nodes with byte spans.
//!
//! The grammar is [granit-parser](https://docs.rs/granit-parser)'s (YAML 1.2). Here its events become nodes: aliases
//! are followed, merge keys (`<<`) are merged as Compose does, and duplicate keys are errors, because every consumer we
//! write for either refuses them or silently keeps the last one.

mod keyed;
mod load;
mod node;

#[cfg(test)]
pub(super) use keyed::FEW;
pub(super) use keyed::Keyed;
pub use load::{Comment, Document, Limits, Mark, load};
pub use node::{Node, NodeKind, ScalarStyle};
