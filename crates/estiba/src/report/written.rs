//! What `generate` wrote, and what to do next.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use estiba_core::check::Report;
use estiba_core::facts::Facts;
use estiba_core::source::{Diagnostic, Sources};
use estiba_core::tree::Tree;
use estiba_host::{Change, WriteReport};
use serde::Serialize;

use super::diagnostics::{DiagnosticJson, to_json};
use super::{findings, out, plan};
use crate::cli::Format;

const BOLD: Style = Style::new().bold();
const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

/// Changes that are listed one by one; more are counted by folder.
const LISTED: usize = 25;

/// Version 1 of the result.
#[derive(Serialize)]
struct WrittenJson<'a> {
    version: u8,
    tree: String,
    files: usize,
    changes: Vec<ChangeJson<'a>>,
    notes: Vec<DiagnosticJson>,
    summary: findings::SummaryJson,
}

#[derive(Serialize)]
struct ChangeJson<'a> {
    path: &'a str,
    change: &'static str,
}

/// What was written, and what was verified before.
pub(crate) struct Written<'a> {
    pub(crate) target: &'a Path,
    pub(crate) tree: &'a Tree,
    pub(crate) report: &'a WriteReport,
    pub(crate) facts: &'a Facts,
    pub(crate) checked: &'a Report,
}

impl Written<'_> {
    /// Says it to people or to programs.
    pub(crate) fn print(&self, sources: &Sources, notes: &[Diagnostic], format: Format) {
        if format == Format::Json {
            let changes = self.report.changes.iter();
            let changes = changes.map(|(path, change)| ChangeJson { path: path.as_str(), change: word(*change) });
            out::json(&WrittenJson {
                version: 1,
                tree: self.target.display().to_string(),
                files: self.tree.len(),
                changes: changes.collect(),
                notes: to_json(sources, notes),
                summary: findings::summary(self.checked),
            });
            return;
        }
        let mut text = self.what();
        let _ = writeln!(text, "\n{}", findings::verified(self.facts, self.checked));
        if let Ok(plan) = estiba_core::plan::plan(self.facts, None) {
            let _ = write!(text, "\n{}", plan::table(&plan));
        }
        let shown = self.target.display();
        let _ = writeln!(text, "\nRead {shown}/GUIDE.md: every sequence for this project. It begins with");
        let _ = writeln!(text, "  {BOLD}{shown}/deployment/scripts/utils/build-images.sh{BOLD:#}");
        if self.checked.warnings() > 0 {
            findings::print_all(self.facts, self.checked, format);
        }
        out::print(&text);
    }

    fn what(&self) -> String {
        let mut text = String::new();
        let shown = self.target.display();
        let changed = &self.report.changes;
        if changed.is_empty() {
            let _ = writeln!(text, "{BOLD}{shown}{BOLD:#} is up to date: {} files, nothing written", self.tree.len());
            return text;
        }
        let count = |wanted| changed.iter().filter(|(_, change)| *change == wanted).count();
        let parts = [(Change::Added, "new"), (Change::Changed, "changed"), (Change::Removed, "removed")];
        let present = parts.into_iter().filter(|(change, _)| count(*change) > 0);
        let parts: Vec<String> = present.map(|(change, name)| format!("{} {name}", count(change))).collect();
        let _ = writeln!(text, "Wrote {BOLD}{shown}{BOLD:#}: {} files ({})", self.tree.len(), parts.join(", "));
        if changed.len() > LISTED {
            folders(&mut text, self.tree)
        } else {
            changes(&mut text, self.report)
        }
        text
    }
}

fn changes(text: &mut String, report: &WriteReport) {
    for (path, change) in &report.changes {
        let (style, sign) = match change {
            Change::Added => (ADDED, '+'),
            Change::Changed => (CHANGED, '~'),
            Change::Removed => (REMOVED, '-'),
        };
        let _ = writeln!(text, "  {style}{sign} {path}{style:#}");
    }
}

/// What stands where, in a line each.
fn folders(text: &mut String, tree: &Tree) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, _) in tree.iter() {
        let folder = path.as_str().rsplit_once('/').map_or(".", |(folder, _)| folder);
        *counts.entry(folder).or_default() += 1;
    }
    let width = counts.keys().map(|folder| folder.len()).max().unwrap_or(0);
    for (folder, count) in counts {
        let _ = writeln!(text, "  {folder:width$}  {count:>3}");
    }
}

/// A change in the words of every JSON output.
pub(super) fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Changed => "changed",
        Change::Removed => "removed",
    }
}
