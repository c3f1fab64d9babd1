//! What writing a tree would change, as a unified diff.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use estiba_core::source::TreePath;
use estiba_core::tree::Tree;
use estiba_host::{Change, TreeDir, TreeError};
use serde::Serialize;
use similar::TextDiff;

use super::out;
use super::written::word;
use crate::cli::Format;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const PLACE: Style = AnsiColor::Cyan.on_default();

/// Version 1 of the differences.
#[derive(Serialize)]
struct DiffJson {
    version: u8,
    changes: Vec<ChangeJson>,
}

#[derive(Serialize)]
struct ChangeJson {
    path: String,
    change: &'static str,
    diff: String,
}

pub(crate) fn print(folder: &TreeDir, tree: &Tree, format: Format) -> Result<(), TreeError> {
    let changes = folder.compare(tree)?.changes;
    let mut rows = Vec::new();
    for (path, change) in &changes {
        let old = if *change == Change::Added { Vec::new() } else { folder.read(path)?.unwrap_or_default() };
        let new = tree.get(path.as_str()).map_or(&[][..], |file| &file.content);
        rows.push(ChangeJson { path: path.to_string(), change: word(*change), diff: unified(path, &old, new) });
    }
    match format {
        Format::Json => out::json(&DiffJson { version: 1, changes: rows }),
        Format::Human if rows.is_empty() => out::print("No differences\n"),
        Format::Human => rows.iter().for_each(|row| out::print(&coloured(&row.diff))),
    }
    Ok(())
}

pub(crate) fn unified(path: &TreePath, old: &[u8], new: &[u8]) -> String {
    match (std::str::from_utf8(old), std::str::from_utf8(new)) {
        (Ok(old), Ok(new)) if old == new => format!("--- a/{path}\n+++ b/{path}\n(only the permissions differ)\n"),
        (Ok(old), Ok(new)) => {
            let diff = TextDiff::from_lines(old, new);
            diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string()
        }
        _ => format!("--- a/{path}\n+++ b/{path}\n(not text)\n"),
    }
}

pub(crate) fn coloured(diff: &str) -> String {
    let mut text = String::new();
    for line in diff.lines() {
        // Files of the tree may hold what somebody else wrote: nothing of it may steer a terminal.
        let line: String = line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
        let style = match line.as_bytes().first() {
            Some(b'+') => ADDED,
            Some(b'-') => REMOVED,
            Some(b'@') => PLACE,
            _ => Style::new(),
        };
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
    text
}
