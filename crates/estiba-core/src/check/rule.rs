//! A rule, and where it puts what it finds.

use super::finding::{Confidence, Finding, Report, Undecided};
use super::fix::Fix;
use super::world::World;
use crate::source::{Label, Level, Span};

/// A rule. Its page is its documentation, the text of `explain`, and its test.
#[derive(Debug)]
pub struct Rule {
    /// Its id: a slug that is never given to another rule.
    pub id: &'static str,
    /// How bad a finding is.
    pub level: Level,
    /// One line.
    pub summary: &'static str,
    /// The page.
    pub page: &'static str,
    /// The check.
    pub check: fn(&World<'_>, &mut Sink<'_>),
}

/// Where a rule puts what it finds.
pub struct Sink<'a> {
    rule: &'static Rule,
    report: &'a mut Report,
}

impl<'a> Sink<'a> {
    pub(super) fn new(rule: &'static Rule, report: &'a mut Report) -> Self {
        Self { rule, report }
    }

    /// A reference that resolves.
    pub fn found(&mut self) {
        self.report.tally.found += 1;
    }

    /// A reference that cannot be decided: counted and shown, never skipped in silence.
    pub fn undecided(&mut self, span: Span, reason: impl Into<String>) {
        self.report.undecided.push(Undecided { span, reason: reason.into() });
    }

    /// A reference to nothing.
    pub fn not_found(&mut self, finding: Draft) {
        self.report.tally.not_found += 1;
        self.find(finding);
    }

    /// Something wrong that is no reference.
    pub fn find(&mut self, draft: Draft) {
        self.report.findings.push(Finding {
            rule: self.rule.id,
            level: draft.level.unwrap_or(self.rule.level),
            message: draft.message,
            primary: draft.primary,
            related: draft.related,
            help: draft.help,
            confidence: draft.confidence,
            fix: draft.fix,
        });
    }
}

/// A finding in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    level: Option<Level>,
    message: String,
    primary: Label,
    related: Vec<Label>,
    help: String,
    confidence: Confidence,
    fix: Option<Fix>,
}

impl Draft {
    /// A message with its place, and the one thing to change.
    pub fn new(message: impl Into<String>, span: Span, label: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            level: None,
            message: message.into(),
            primary: Label { span, text: label.into() },
            related: Vec::new(),
            help: help.into(),
            confidence: Confidence::High,
            fix: None,
        }
    }

    /// A matter of custom, or of what the tree does not tell.
    #[must_use]
    pub fn pedantic(mut self) -> Self {
        self.confidence = Confidence::Pedantic;
        self
    }

    /// What would mend it, where that is known.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Where it is.
    pub fn span(&self) -> Span {
        self.primary.span
    }

    /// Another word about the place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Another level than the rule's.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// The other end.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Label { span, text: label.into() });
        self
    }
}
