//! What a check found, for people and for programs.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use estiba_core::check::{Finding, Report, readings};
use estiba_core::facts::Facts;
use estiba_core::source::{Diagnostic, Level};
use serde::Serialize;

use super::diagnostics::{LocationJson, location, render, renderer};
use super::out;
use crate::cli::Format;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();

/// Version 1 of a check.
#[derive(Serialize)]
struct CheckJson<'a> {
    version: u8,
    summary: SummaryJson,
    findings: Vec<FindingJson<'a>>,
    unknown: Vec<UnknownJson<'a>>,
}

/// The counts of a check.
#[derive(Serialize)]
pub(crate) struct SummaryJson {
    errors: usize,
    warnings: usize,
    references: ReferencesJson,
}

#[derive(Serialize)]
struct ReferencesJson {
    found: usize,
    not_found: usize,
    unknown: usize,
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    level: &'static str,
    message: &'a str,
    help: &'a str,
    locations: Vec<LocationJson>,
    /// The template line that made the primary place, in the tree of a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateJson>,
}

#[derive(Serialize)]
struct TemplateJson {
    path: String,
    line: u32,
    own: bool,
}

#[derive(Serialize)]
struct UnknownJson<'a> {
    path: String,
    line: usize,
    column: usize,
    reason: &'a str,
}

pub(crate) fn summary(report: &Report) -> SummaryJson {
    SummaryJson {
        errors: report.errors(),
        warnings: report.warnings(),
        references: ReferencesJson {
            found: report.tally.found,
            not_found: report.tally.not_found,
            unknown: report.undecided.len(),
        },
    }
}

/// Shows a whole check.
pub(crate) fn print(facts: &Facts, report: &Report, format: Format) {
    if format == Format::Json {
        out::json(&json(facts, report));
        return;
    }
    let terminal = std::io::stdout().is_terminal();
    let renderer = renderer(terminal);
    for finding in &report.findings {
        let note = template(facts, finding).map(|template| {
            let whose = if template.own { "your templates" } else { "the built-in templates" };
            format!("line {} of {} in {whose} made this line", template.line, template.path)
        });
        let diagnostic = diagnostic(finding);
        let text = render(&renderer, &facts.texts.sources, &diagnostic, Some(finding.rule), note.as_deref());
        out::print(&format!("{text}\n\n"));
    }
    out::print(&format!("{}\n", verified(facts, report)));
    gaps(facts, report);
    left_alone(facts);
    let rules: std::collections::BTreeSet<&str> = report.findings.iter().map(|finding| finding.rule).collect();
    if let Some(rule) = rules.first() {
        out::print(&format!("`estiba explain {rule}` says why it matters and how to fix it\n"));
    }
}

/// "214 references verified across 99 files, 0 errors".
pub(crate) fn verified(facts: &Facts, report: &Report) -> String {
    let files = facts.texts.iter().count();
    let total = report.tally.found + report.tally.not_found;
    let (errors, warnings) = (report.errors(), report.warnings());
    let style = if errors > 0 {
        BAD
    } else if warnings > 0 {
        ODD
    } else {
        GOOD
    };
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let mut text = format!(
        "{style}{} verified across {}, {}",
        plural(total, "reference"),
        plural(files, "file"),
        plural(errors, "error")
    );
    if warnings > 0 {
        text.push_str(&format!(", {}", plural(warnings, "warning")));
    }
    text.push_str(&format!("{style:#}"));
    if !report.undecided.is_empty() {
        text.push_str(&format!("; {} not decidable", report.undecided.len()));
    }
    text
}

/// What could not be decided: never skipped in silence.
fn gaps(facts: &Facts, report: &Report) {
    for undecided in &report.undecided {
        let file = facts.texts.sources.get(undecided.span.file);
        let (line, column) = file.line_column(undecided.span.start as usize);
        out::print(&format!("  not decidable: {}:{line}:{column}: {}\n", file.name, undecided.reason));
    }
}

/// Files that look like the business of a check and are not judged: said for trees that people wrote by hand.
fn left_alone(facts: &Facts) {
    if facts.contracts.iter().any(|contract| !contract.provides.is_empty()) {
        return;
    }
    let left = readings(facts).iter().filter(|reading| !reading.judged).count();
    if left > 0 {
        let files = if left == 1 { "file was" } else { "files were" };
        out::print(&format!("{left} {files} left alone: `estiba check --files` says which, and why\n"));
    }
}

fn diagnostic(finding: &Finding) -> Diagnostic {
    Diagnostic {
        level: finding.level,
        message: finding.message.clone(),
        primary: Some(finding.primary.clone()),
        related: finding.related.clone(),
        help: Some(finding.help.clone()),
    }
}

fn template(facts: &Facts, finding: &Finding) -> Option<TemplateJson> {
    let origin = facts.texts.origin(finding.primary.span.file)?;
    let line = origin.line(finding.primary.span.start as usize)?;
    Some(TemplateJson { path: format!("templates/{}", origin.template), line, own: origin.own })
}

fn json<'a>(facts: &'a Facts, report: &'a Report) -> CheckJson<'a> {
    let sources = &facts.texts.sources;
    let findings = report.findings.iter().map(|finding| FindingJson {
        rule: finding.rule,
        level: match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        },
        message: &finding.message,
        help: &finding.help,
        locations: std::iter::once((&finding.primary, true))
            .chain(finding.related.iter().map(|label| (label, false)))
            .map(|(label, primary)| location(sources, label, primary))
            .collect(),
        template: template(facts, finding),
    });
    let unknown = report.undecided.iter().map(|undecided| {
        let file = sources.get(undecided.span.file);
        let (line, column) = file.line_column(undecided.span.start as usize);
        UnknownJson { path: file.name.clone(), line, column, reason: &undecided.reason }
    });
    CheckJson { version: 1, summary: summary(report), findings: findings.collect(), unknown: unknown.collect() }
}
