//! `# estiba: ignore[rule] reason`, at the end of the line that it is about or on the line before. One that suppresses
//! nothing is reported: what was accepted once must not hide what comes later.

use super::finding::{Finding, Report};
use super::rules::UNUSED;
use crate::facts::Facts;
use crate::source::{FileId, Label, Level, Span};

const MARK: &str = "estiba: ignore[";

struct Suppression {
    file: FileId,
    rule: String,
    span: Span,
    /// Lines it is about, from 0.
    lines: [usize; 2],
    reason: bool,
    used: bool,
}

pub(super) fn apply(facts: &Facts, report: &mut Report) {
    let mut all = suppressions(facts);
    if all.is_empty() {
        return;
    }
    report.findings.retain(|finding| {
        let line = line_of(facts, finding.primary.span);
        let about = |it: &&mut Suppression| {
            it.file == finding.primary.span.file && it.rule == finding.rule && it.lines.contains(&line)
        };
        match all.iter_mut().find(about) {
            Some(suppression) => {
                suppression.used = true;
                !suppression.reason
            }
            None => true,
        }
    });
    for suppression in all.iter().filter(|it| !it.used || !it.reason) {
        let (message, help) = if suppression.used {
            ("a suppression without a reason does not count", "say after the bracket why the finding is accepted")
        } else {
            ("this suppression suppresses nothing", "remove it")
        };
        report.findings.push(Finding {
            rule: UNUSED,
            level: Level::Warning,
            message: message.to_owned(),
            primary: Label { span: suppression.span, text: format!("for `{}`", suppression.rule) },
            related: Vec::new(),
            help: help.to_owned(),
        });
    }
}

fn line_of(facts: &Facts, span: Span) -> usize {
    facts.texts.sources.get(span.file).line_column(span.start as usize).0 - 1
}

fn suppressions(facts: &Facts) -> Vec<Suppression> {
    let mut found = Vec::new();
    for (path, file, text) in facts.texts.iter() {
        if path.is_below("files") || !text.contains(MARK) {
            continue;
        }
        let mut start = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            // In a comment of any of the formats: `#`, or `<!--` of Markdown.
            if let Some(at) = line.find(MARK)
                && line[..at].trim_end().ends_with(['#', '-'])
                && let Some((rule, rest)) = line[at + MARK.len()..].split_once(']')
            {
                let span = Span::new(file, start + at, start + at + MARK.len() + rule.len() + 1);
                let reason = rest.trim().trim_end_matches("-->").trim();
                found.push(Suppression {
                    file,
                    rule: rule.trim().to_owned(),
                    span,
                    lines: [number, number + 1],
                    reason: !reason.is_empty(),
                    used: false,
                });
            }
            start += line.len();
        }
    }
    found
}
