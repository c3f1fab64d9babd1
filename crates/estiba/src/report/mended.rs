//! What mends findings, as a diff and as a list.

use estiba_core::mend::{Mended, Tried};
use estiba_core::tree::Tree;
use serde::Serialize;

use super::diff::{coloured, unified};
use super::out::{self, printable};
use crate::cli::Format;

/// Version 1 of what was mended.
#[derive(Serialize)]
struct MendedJson<'a> {
    version: u8,
    written: bool,
    changes: Vec<ChangeJson>,
    applied: Vec<TriedJson<'a>>,
    refused: Vec<TriedJson<'a>>,
}

#[derive(Serialize)]
struct ChangeJson {
    path: String,
    diff: String,
}

#[derive(Serialize)]
struct TriedJson<'a> {
    rule: &'a str,
    path: &'a str,
    line: usize,
    fix: &'a str,
    safe: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

pub(crate) fn print(before: &Tree, done: &Mended, also_unsafe: bool, written: bool, format: Format) {
    let content = |tree: &Tree, path: &str| tree.get(path).map(|file| file.content.clone()).unwrap_or_default();
    let changes = done.changed.iter().map(|path| {
        let diff = unified(path, &content(before, path.as_str()), &content(&done.tree, path.as_str()));
        ChangeJson { path: path.to_string(), diff }
    });
    let changes: Vec<ChangeJson> = changes.collect();
    if format == Format::Json {
        let (applied, refused) = (done.applied.iter().map(json), done.refused.iter().map(json));
        out::json(&MendedJson { version: 1, written, changes, applied: applied.collect(), refused: refused.collect() });
        return;
    }
    changes.iter().for_each(|change| out::print(&coloured(&change.diff)));
    let mut text = if changes.is_empty() { String::new() } else { "\n".to_owned() };
    for tried in &done.applied {
        let word = if tried.is_safe { "" } else { " (unsafe)" };
        text.push_str(&format!("{}: {}{word}\n", place(tried), printable(&tried.title)));
    }
    for tried in &done.refused {
        let reason = tried.reason.unwrap_or_default();
        text.push_str(&format!("not mended: {}: {}: {reason}\n", place(tried), printable(&tried.title)));
    }
    let (fixes, files) = (plural(done.applied.len(), "fix", "fixes"), plural(changes.len(), "file", "files"));
    text.push_str(&match (changes.is_empty(), written) {
        (true, _) => "Nothing to change\n".to_owned(),
        (false, true) => format!("Wrote {fixes} in {files}; each was proven by a check\n"),
        (false, false) => format!("{fixes} in {files}, each proven by a check; add --write to change them\n"),
    });
    let left =
        done.report.findings.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| !fix.is_safe)).count();
    if left > 0 && !also_unsafe {
        text.push_str(&format!(
            "{} more with --unsafe-fixes: look at what they change\n",
            plural(left, "fix", "fixes")
        ));
    }
    out::print(&text);
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn place(tried: &Tried) -> String {
    format!("{}:{} [{}]", printable(&tried.path), tried.line, tried.rule)
}

fn json(tried: &Tried) -> TriedJson<'_> {
    TriedJson {
        rule: tried.rule,
        path: &tried.path,
        line: tried.line,
        fix: &tried.title,
        safe: tried.is_safe,
        reason: tried.reason,
    }
}
