//! Parsers that keep every byte's place. They know a format's grammar, not what a file is for.

pub mod bash;
pub(crate) mod compose;
pub mod nginx;
pub mod yaml;
