//! Findings that were accepted with a reason, in a file of their own: a tree can be checked from today on, and only what is
//! new is said. An entry that accepts nothing any more is reported, so that it cannot hide what comes later.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::finding::{Confidence, Finding, Report};
use super::fingerprint::fingerprints;
use super::rules::UNUSED_ACCEPTANCE;
use super::select::{Selection, unknown};
use crate::facts::{Facts, Texts};
use crate::source::{Diagnostic, FileId, Label, Level, Sources, Span};
use crate::syntax::quoted;

const VERSION: i64 = 1;

/// Accepted findings.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<i64>,
    #[serde(default)]
    accepted: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: Spanned<String>,
    path: String,
    message: String,
    fingerprint: Spanned<String>,
    #[serde(default)]
    reason: String,
}

impl Baseline {
    /// Reads a file that [`Baseline::write`] wrote, and people edited.
    ///
    /// # Errors
    /// Where it is no such file, with the place.
    pub fn read(sources: &mut Sources, name: &str, text: &str) -> Result<Self, Box<Diagnostic>> {
        let id = sources.add(name, text);
        let span = |range: std::ops::Range<usize>| Span::new(id, range.start, range.end);
        let file: File = toml::from_str(text).map_err(|error| {
            let place = span(error.span().unwrap_or(0..0));
            let help = "write it anew with `estiba check --write-baseline FILE`, or mend this line";
            Diagnostic::error(error.message().to_owned(), place, "here").help(help)
        })?;
        if *file.version.get_ref() != VERSION {
            let message = format!("this baseline is of version {}, which is not known", file.version.get_ref());
            let problem = Diagnostic::error(message, span(file.version.span()), "not known");
            return Err(Box::new(problem.help(format!("this program writes and reads version {VERSION}"))));
        }
        for entry in &file.accepted {
            if let Some(help) = unknown(entry.rule.get_ref()) {
                let message = format!("there is no rule `{}`", entry.rule.get_ref().escape_debug());
                return Err(Box::new(Diagnostic::error(message, span(entry.rule.span()), "not a rule").help(help)));
            }
        }
        Ok(Self { entries: file.accepted })
    }

    /// Takes what is accepted out of a report, and puts in what accepts nothing. `name` and `text` are the file's.
    /// Answers how many were accepted.
    pub fn apply(
        &self,
        facts: &mut Facts,
        report: &mut Report,
        (name, text): (&str, &str),
        selection: &Selection,
    ) -> usize {
        let known = fingerprints(facts, report);
        let mut used = BTreeSet::new();
        let mut known = known.iter();
        let before = report.findings.len();
        report.findings.retain(|finding| {
            let Some(fingerprint) = known.next() else { return true };
            let entry = self.entries.iter().position(|entry| entry.accepts(finding, fingerprint));
            used.extend(entry);
            !entry.is_some_and(|at| self.entries.get(at).is_some_and(Entry::has_reason))
        });
        let accepted = before - report.findings.len();
        if !selection.takes(UNUSED_ACCEPTANCE) {
            return accepted;
        }
        let wrong =
            self.entries.iter().enumerate().filter(|(at, entry)| {
                selection.takes(entry.rule.get_ref()) && (!used.contains(at) || !entry.has_reason())
            });
        let wrong: Vec<_> = wrong.map(|(at, entry)| (entry, used.contains(&at))).collect();
        // Spans point into the facts' texts; nobody else holds them once a check is done.
        if let (false, Some(texts)) = (wrong.is_empty(), Arc::get_mut(&mut facts.texts)) {
            let file = Texts::add_beside(texts, name, text);
            report.findings.extend(wrong.into_iter().map(|(entry, used)| entry.complaint(file, used)));
        }
        accepted
    }

    /// A baseline that accepts every finding of a report. What `self` accepts already keeps its reason.
    #[must_use]
    pub fn write(&self, facts: &Facts, report: &Report, reason: &str) -> String {
        let mut text = String::from(
            "# Findings of `estiba check` that are accepted: only others are reported. Say in each entry why.\n\
             # An entry without a reason does not count; one that accepts nothing any more is reported.\n\
             version = 1\n",
        );
        let own = [super::rules::UNUSED, UNUSED_ACCEPTANCE];
        for (finding, fingerprint) in report.findings.iter().zip(fingerprints(facts, report)) {
            if own.contains(&finding.rule) {
                continue;
            }
            let known = self.entries.iter().find(|entry| entry.accepts(finding, &fingerprint) && entry.has_reason());
            let reason = known.map_or(reason, |entry| &entry.reason);
            let rows = [
                ("rule", finding.rule),
                ("path", facts.path(finding.primary.span)),
                ("message", &finding.message),
                ("fingerprint", &fingerprint),
                ("reason", reason),
            ];
            text.push_str("\n[[accepted]]\n");
            for (key, value) in rows {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{key} = {}", quoted(value));
            }
        }
        text
    }
}

impl Entry {
    fn accepts(&self, finding: &Finding, fingerprint: &str) -> bool {
        self.rule.get_ref() == finding.rule && self.fingerprint.get_ref() == fingerprint
    }

    fn has_reason(&self) -> bool {
        !self.reason.trim().is_empty()
    }

    fn complaint(&self, file: FileId, used: bool) -> Finding {
        let range = self.fingerprint.span();
        let (message, help) = if used {
            ("an accepted finding without a reason does not count", "say in `reason` why it is accepted")
        } else {
            ("this entry accepts nothing any more", "remove it, or write the file anew with `--write-baseline`")
        };
        Finding {
            rule: UNUSED_ACCEPTANCE,
            level: Level::Warning,
            message: message.to_owned(),
            primary: Label {
                span: Span::new(file, range.start, range.end),
                text: format!("of `{}`, {}: {}", self.rule.get_ref(), self.path, self.message),
            },
            related: Vec::new(),
            help: help.to_owned(),
            confidence: Confidence::High,
            fix: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Baseline;
    use crate::check::{Selection, check};
    use crate::facts::Facts;
    use crate::facts::testing::facts;
    use crate::source::Sources;

    const TREE: &str = "services:\n  app: { image: 'app-server:prod' }\n";

    fn tree(text: &str) -> Facts {
        facts(&[("docker-compose.yml", text)])
    }

    fn written(reason: &str) -> String {
        let facts = tree(TREE);
        Baseline::default().write(&facts, &check(&facts), reason)
    }

    /// What is left of a tree's findings beside a baseline, and how many it accepted.
    fn left(text: &str, baseline: &str, only: &[String]) -> (Vec<&'static str>, usize) {
        let mut facts = tree(text);
        let mut report = check(&facts);
        let selection = Selection::of(only, &[]).unwrap();
        let read = Baseline::read(&mut Sources::default(), "baseline.toml", baseline).unwrap();
        let accepted = read.apply(&mut facts, &mut report, ("baseline.toml", baseline), &selection);
        (report.findings.iter().map(|finding| finding.rule).collect(), accepted)
    }

    #[test]
    fn what_is_accepted_is_not_said_also_where_lines_moved() {
        assert_eq!(left(TREE, &written("ours"), &[]), (vec![], 1));
        assert_eq!(left(&format!("# new\n\n{TREE}"), &written("ours"), &[]), (vec![], 1));
    }

    #[test]
    fn what_is_new_is_said() {
        let more = format!("{TREE}  two: {{ image: 'other:prod' }}\n");
        assert_eq!(left(&more, &written("ours"), &[]), (vec!["pull-squatting"], 1));
    }

    #[test]
    fn an_entry_for_nothing_is_reported_unless_its_rule_did_not_run() {
        let clean = "services:\n  app: { image: 'app-server:prod', pull_policy: never }\n";
        assert_eq!(left(clean, &written("ours"), &[]), (vec!["unused-acceptance"], 0));
        assert_eq!(left(clean, &written("ours"), &["upstream-host-unknown".to_owned()]), (vec![], 0));
    }

    #[test]
    fn an_entry_without_a_reason_does_not_count() {
        assert_eq!(left(TREE, &written(""), &[]), (vec!["pull-squatting", "unused-acceptance"], 0));
    }

    #[test]
    fn written_anew_it_keeps_its_reasons() {
        let facts = tree(&format!("{TREE}  two: {{ image: 'other:prod' }}\n"));
        let known = Baseline::read(&mut Sources::default(), "b", &written("built on the server")).unwrap();
        let text = known.write(&facts, &check(&facts), "new \"one\"\n\u{7f}");
        assert!(text.contains("built on the server") && Baseline::read(&mut Sources::default(), "b", &text).is_ok());
    }

    #[test]
    fn what_is_no_baseline_is_refused_with_its_place() {
        let said = |text: &str| {
            let mut sources = Sources::default();
            let problem = Baseline::read(&mut sources, "b", text).unwrap_err();
            let place = problem.primary.as_ref().unwrap().span;
            (problem.message.clone(), sources.slice(place).to_owned())
        };
        assert_eq!(said("version = 9"), ("this baseline is of version 9, which is not known".into(), "9".into()));
        let slip = written("ours").replace("pull-squatting", "pull-sqatting");
        assert_eq!(said(&slip), ("there is no rule `pull-sqatting`".into(), "\"pull-sqatting\"".into()));
        assert_eq!(said("version = 1\nextra = 2").1, "extra");
    }
}
