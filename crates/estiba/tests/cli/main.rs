//! The commands as people type them: what they print, how they end, what they leave on disk.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod against;
mod check;
mod drift;
mod edited;
mod fix;
mod generate;
mod help;
mod init;
mod lsp;
mod no_tree;
mod output;
mod programs;
mod refused;
mod targets;
mod templates;
