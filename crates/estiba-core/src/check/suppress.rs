//! `# estiba: ignore[rule] reason`, at the end of the line that it is about or on the line before. One that suppresses
//! nothing is reported: what was accepted once must not hide what comes later.

use super::finding::{Confidence, Finding, Report};
use super::rules::{RULES, UNREADABLE, UNUSED};
use crate::facts::Facts;
use crate::source::{FileId, Label, Level, Span, nearest};

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
        let (message, help) = match unknown(&suppression.rule) {
            Some(help) => (format!("there is no rule {}", named(&suppression.rule)), help),
            None if suppression.used => (
                "a suppression without a reason does not count".to_owned(),
                "say after the bracket why the finding is accepted".to_owned(),
            ),
            None => ("this suppression suppresses nothing".to_owned(), "remove it".to_owned()),
        };
        report.findings.push(Finding {
            rule: UNUSED,
            level: Level::Warning,
            message,
            primary: Label { span: suppression.span, text: format!("for {}", named(&suppression.rule)) },
            related: Vec::new(),
            help,
            confidence: Confidence::High,
        });
    }
}

/// An id as a message may show it.
fn named(id: &str) -> String {
    format!("`{}`", id.escape_debug())
}

/// The way out for an id that no rule bears.
fn unknown(id: &str) -> Option<String> {
    let known = || RULES.iter().map(|rule| rule.id).chain([UNREADABLE, UNUSED]);
    if known().any(|known| known == id) {
        return None;
    }
    Some(match nearest(id, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`estiba rules` lists them".to_owned(),
    })
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

#[cfg(test)]
mod tests {
    use crate::check::check;
    use crate::facts::testing::facts;

    /// What a tree of one service says, with this comment behind its image that may be pulled.
    fn said(comment: &str) -> Vec<String> {
        let text = format!("services:\n  app:\n    image: app-server:prod {comment}\n");
        let report = check(&facts(&[("docker-compose.yml", &text)]));
        report.findings.iter().map(|it| format!("{}: {}; {}", it.rule, it.message, it.help)).collect()
    }

    #[test]
    fn a_reason_makes_silence() {
        assert_eq!(said("# estiba: ignore[pull-squatting] ours").len(), 0);
        assert!(said("# estiba: ignore[pull-squatting]").iter().any(|it| it.contains("without a reason")));
        let both = said("# estiba: ignore[published-to-world] ours");
        assert!(both.len() == 2 && both.iter().any(|it| it.contains("suppresses nothing")), "{both:?}");
    }

    #[test]
    fn a_rule_that_does_not_exist_is_named_with_the_nearest() {
        let slip = said("# estiba: ignore[pull-sqatting] ours");
        let wanted = "unused-suppression: there is no rule `pull-sqatting`; did you mean `pull-squatting`?";
        assert!(slip.len() == 2 && slip.iter().any(|it| it == wanted), "{slip:?}");
        let other = said("# estiba: ignore[whatever]");
        assert!(other.iter().any(|it| it.ends_with("there is no rule `whatever`; `estiba rules` lists them")));
    }
}
