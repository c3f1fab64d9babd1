//! `# estiba: ignore[rule] reason`, at the end of the line that it is about, or among the comments before it. One that
//! suppresses nothing is reported: what was accepted once must not hide what comes later.

use super::finding::{Confidence, Finding, Report};
use super::fix::{Edit, Fix, whole_lines};
use super::rules::UNUSED;
use super::select::{Selection, unknown};
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
    /// The comment, where it says nothing else.
    comment: Option<Span>,
}

pub(super) fn apply(facts: &Facts, report: &mut Report, selection: &Selection) {
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
    // Whether one is used is known only where its rule was asked.
    let asked = |rule: &str| selection.takes(rule) || unknown(rule).is_some();
    let wrong = all.iter().filter(|it| (!it.used || !it.reason) && asked(&it.rule));
    for suppression in wrong.filter(|_| selection.takes(UNUSED)) {
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
            fix: if suppression.used { None } else { suppression.comment.map(|span| removal(facts, span)) },
        });
    }
}

/// An id as a message may show it.
fn named(id: &str) -> String {
    format!("`{}`", id.escape_debug())
}

/// Takes a comment out, with the blanks before it.
fn removal(facts: &Facts, comment: Span) -> Fix {
    let mut span = whole_lines(facts, comment);
    if span == comment {
        let before = &facts.texts.sources.get(span.file).text[..span.start as usize];
        span = Span::new(span.file, before.trim_end_matches([' ', '\t']).len(), span.end as usize);
    }
    Fix::safely("remove the comment", vec![Edit { span, text: String::new() }])
}

fn line_of(facts: &Facts, span: Span) -> usize {
    facts.texts.sources.get(span.file).line_column(span.start as usize).0 - 1
}

fn suppressions(facts: &Facts) -> Vec<Suppression> {
    let mut found = Vec::new();
    for (path, file, text) in facts.texts.iter() {
        if !path.is_below("files") && text.contains(MARK) {
            found.extend(of_text(file, text));
        }
    }
    found
}

fn of_text(file: FileId, text: &str) -> Vec<Suppression> {
    let mut found: Vec<Suppression> = Vec::new();
    // Those whose line is still to come.
    let mut open = 0;
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let alone = is_comment(line);
        if let Some((at, ids, rest)) = mark(line) {
            let reason = rest.trim().trim_end_matches("-->").trim();
            let span = Span::new(file, start + at, start + at + MARK.len() + ids.len() + 1);
            let start_of_comment = line[..at].trim_end().trim_end_matches(['#', ';']).len();
            let says_else = ids.contains(',') || line[..at].trim_end().ends_with('-');
            let comment = Span::new(file, start + start_of_comment, start + line.trim_end().len());
            found.extend(ids.split(',').map(|id| Suppression {
                file,
                rule: id.trim().to_owned(),
                span,
                lines: [number, if alone { number } else { number + 1 }],
                reason: !reason.is_empty(),
                used: false,
                comment: (!says_else).then_some(comment),
            }));
        }
        if !alone {
            for suppression in found.iter_mut().skip(open).filter(|it| it.lines[0] == it.lines[1]) {
                suppression.lines[1] = number;
            }
            open = found.len();
        }
        start += line.len();
    }
    found
}

/// Where a suppression begins in a line, the ids and what follows. In a comment of any of the formats: `#` (YAML, nginx,
/// bash, Dockerfiles, crontabs), `;` (systemd's units too), or `<!--` of Markdown.
fn mark(line: &str) -> Option<(usize, &str, &str)> {
    let at = line.find(MARK)?;
    let before = line[..at].trim_end();
    let (ids, rest) = line[at + MARK.len()..].split_once(']')?;
    before.ends_with(['#', ';', '-']).then_some((at, ids, rest))
}

/// A line that is a comment and nothing else.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(['#', ';']) || line.starts_with("<!--")
}

#[cfg(test)]
mod tests {
    use crate::check::{Report, Selection, check};
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

    /// Rule → lines (from 1) that a text suppresses it on.
    fn lines(text: &str) -> Vec<(String, [usize; 2])> {
        let file = crate::source::Sources::default().add("", text);
        let all = super::of_text(file, text).into_iter();
        all.map(|it| (it.rule, it.lines.map(|line| line + 1))).collect()
    }

    #[test]
    fn every_syntax_has_it_before_the_line() {
        for text in [
            "services:\n  # estiba: ignore[a] why\n  app: {}\n",
            "server {\n    # estiba: ignore[a] why\n    listen 80;\n",
            "set -eu\n  # estiba: ignore[a] why\nrm -rf x\n",
            "scrape_configs:\n# estiba: ignore[a] why\n- job_name: x\n",
            "FROM x\n# estiba: ignore[a] why\nRUN y\n",
            "[Service]\n; estiba: ignore[a] why\nExecStart=/x\n",
            "SHELL=/bin/sh\n# estiba: ignore[a] why\n0 3 * * * root /x\n",
            "text\n<!-- estiba: ignore[a] why -->\nmore\n",
        ] {
            assert_eq!(lines(text), [("a".to_owned(), [2, 3])], "{text}");
        }
    }

    #[test]
    fn comments_may_stand_together_before_the_line() {
        let text = "# estiba: ignore[a] why\n# estiba: ignore[b, c] why\n# a word\nlisten 80;\nlisten 81;\n";
        let wanted = [("a", [1, 4]), ("b", [2, 4]), ("c", [2, 4])];
        assert_eq!(lines(text), wanted.map(|(rule, lines)| (rule.to_owned(), lines)));
    }

    #[test]
    fn behind_a_word_it_is_about_that_line_and_the_next() {
        assert_eq!(lines("a: 1 # estiba: ignore[a] why\nb: 2\nc: 3\n"), [("a".to_owned(), [1, 2])]);
        assert_eq!(lines("a: 1 estiba: ignore[a] why\n"), []);
    }

    #[test]
    fn what_was_not_asked_is_not_unused() {
        let text = "services:\n  app:\n    image: app-server:prod # estiba: ignore[pull-squatting] ours\n";
        let facts = facts(&[("docker-compose.yml", text)]);
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        for (only, unused) in [
            (&["upstream-host-unknown"][..], 0),
            (&["unused-suppression"], 0),
            (&["unused-suppression", "pull-squatting"], 1),
        ] {
            let selection = Selection::of(&ids(only), &[]).unwrap();
            let mut report = Report::default();
            super::apply(&facts, &mut report, &selection);
            assert_eq!(report.findings.len(), unused, "{only:?}");
        }
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
