//! What a check says: findings, and how many references it could follow.

use super::fix::Fix;
use crate::facts::Facts;
use crate::source::{Diagnostic, Label, Level, Span};

/// What a rule found at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// How bad it is.
    pub level: Level,
    /// One sentence without a full stop.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// The other ends.
    pub related: Vec<Label>,
    /// The one thing to change.
    pub help: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// How sure a finding is, measured on trees that other people wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Nearly always right.
    High,
    /// Often a matter of custom, or of what the tree does not tell: shown on demand.
    Pedantic,
}

impl Finding {
    /// A file that could not be read.
    pub(super) fn broken(problem: &Diagnostic) -> Self {
        let nowhere =
            || Label { span: Span::new(crate::source::Sources::default().add("", ""), 0, 0), text: String::new() };
        Self {
            rule: super::rules::UNREADABLE,
            level: Level::Error,
            message: problem.message.clone(),
            primary: problem.primary.clone().unwrap_or_else(nowhere),
            related: problem.related.clone(),
            help: problem.help.clone().unwrap_or_else(|| "mend the file; the rest of the tree was checked".to_owned()),
            confidence: Confidence::High,
            fix: None,
        }
    }
}

/// A reference that cannot be decided, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The reference.
    pub span: Span,
    /// Why.
    pub reason: String,
}

/// How many references were followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// References to something that is there.
    pub found: usize,
    /// References to nothing.
    pub not_found: usize,
}

/// Everything a check says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of files and places.
    pub findings: Vec<Finding>,
    /// References.
    pub tally: Tally,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
}

impl Report {
    /// Without what is shown on demand only.
    #[must_use]
    pub fn confident(mut self) -> Self {
        self.findings.retain(|finding| finding.confidence == Confidence::High);
        self
    }

    /// A stable order: by path and place, then by rule.
    pub(super) fn sort(&mut self, facts: &Facts) {
        let place = |span: Span| (facts.path(span).to_owned(), span.start, span.end);
        self.findings
            .sort_by_cached_key(|finding| (place(finding.primary.span), finding.rule, finding.message.clone()));
        // Several projects may share a file, and each has its say.
        self.findings.dedup_by(|one, other| {
            one.rule == other.rule && one.primary.span == other.primary.span && one.message == other.message
        });
        self.undecided.sort_by_cached_key(|undecided| (place(undecided.span), undecided.reason.clone()));
        self.undecided.dedup();
    }
}
