//! What a check found, for people and for programs.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use estiba_core::check::{Finding, Report, readings};
use estiba_core::facts::Facts;
use estiba_core::source::Diagnostic;
use serde::Serialize;

use super::diagnostics::{LocationJson, location, render, renderer};
use super::screen::Screen;
use super::{out, overview};
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

/// A check, and how it is shown.
pub(crate) struct Shown<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) report: &'a Report,
    /// What a person typed for the tree.
    pub(crate) path: &'a str,
    /// How many findings a baseline accepted.
    pub(crate) accepted: usize,
    /// Every finding, however many screens it takes.
    pub(crate) all: bool,
}

impl Shown<'_> {
    /// To a person: every finding in its file where that fits on a screen, or what to begin with.
    pub(crate) fn text(&self, screen: Screen) -> String {
        // A finding takes more than three lines.
        let may_fit = self.report.findings.len() * 3 <= screen.rows;
        if self.all || may_fit {
            let full = full(self.facts, self.report, self.accepted);
            if self.all || full.lines().count() < screen.rows {
                return full;
            }
        }
        if self.report.findings.is_empty() { short(self) } else { overview::text(self, screen) }
    }
}

/// Shows a whole check.
pub(crate) fn print_all(facts: &Facts, report: &Report, format: Format) {
    match format {
        Format::Json => print_json(facts, report),
        Format::Human => out::print(&full(facts, report, 0)),
    }
}

pub(crate) fn print_json(facts: &Facts, report: &Report) {
    out::json(&json(facts, report));
}

fn full(facts: &Facts, report: &Report, accepted: usize) -> String {
    let renderer = renderer(std::io::stdout().is_terminal());
    let mut text = String::new();
    for finding in &report.findings {
        let note = template(facts, finding).map(|template| {
            let whose = if template.own { "your templates" } else { "the built-in templates" };
            format!("line {} of {} in {whose} made this line", template.line, template.path)
        });
        let diagnostic = diagnostic(finding);
        text.push_str(&render(&renderer, &facts.texts.sources, &diagnostic, Some(finding.rule), note.as_deref()));
        text.push_str("\n\n");
    }
    text.push_str(&format!("{}{}\n", verified(facts, report), accepted_words(accepted)));
    gaps(facts, report, &mut text);
    left_alone(facts, &mut text);
    let rules: std::collections::BTreeSet<&str> = report.findings.iter().map(|finding| finding.rule).collect();
    if let Some(rule) = rules.first() {
        text.push_str(&format!("`estiba explain {rule}` says why it matters and how to fix it\n"));
    }
    text
}

/// Nothing was found, and what was not decidable does not fit on a screen.
fn short(shown: &Shown<'_>) -> String {
    let mut text = format!("{}{}\n", verified(shown.facts, shown.report), accepted_words(shown.accepted));
    text.push_str(&format!("  `estiba check --all {}` says what is not decidable, and why\n", shown.path));
    left_alone(shown.facts, &mut text);
    text
}

pub(crate) fn accepted_words(accepted: usize) -> String {
    if accepted > 0 { format!("; {accepted} accepted by the baseline") } else { String::new() }
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
fn gaps(facts: &Facts, report: &Report, text: &mut String) {
    for undecided in &report.undecided {
        let file = facts.texts.sources.get(undecided.span.file);
        let (line, column) = file.line_column(undecided.span.start as usize);
        text.push_str(&format!("  not decidable: {}:{line}:{column}: {}\n", file.name, undecided.reason));
    }
}

/// Files that look like the business of a check and are not judged: said for trees that people wrote by hand.
pub(crate) fn left_alone(facts: &Facts, text: &mut String) {
    if facts.contracts.iter().any(|contract| !contract.provides.is_empty()) {
        return;
    }
    let left = readings(facts).iter().filter(|reading| !reading.judged).count();
    if left > 0 {
        let files = if left == 1 { "file was" } else { "files were" };
        text.push_str(&format!("{left} {files} left alone: `estiba check --files` says which, and why\n"));
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
        level: finding.level.name(),
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
