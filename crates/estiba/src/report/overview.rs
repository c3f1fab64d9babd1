//! What a check found on one screen: the worst first, one entry for each cause, and how to see more.

use anstyle::{AnsiColor, Style};
use estiba_core::check::{Cause, Finding, by_rule, rules};
use estiba_core::facts::Facts;
use estiba_core::source::Level;

use super::findings::{Shown, accepted_words, left_alone, verified};
use super::out::printable;
use super::screen::Screen;

const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();
const COMMAND: Style = AnsiColor::Cyan.on_default().bold();
const FAINT: Style = Style::new().dimmed();

const INDENT: &str = "    ";

/// One thing to read.
struct Entry {
    level: Level,
    rule: &'static str,
    title: String,
    places: String,
    help: Option<String>,
    findings: usize,
}

pub(crate) fn text(shown: &Shown<'_>, screen: Screen) -> String {
    let causes = shown.report.causes();
    let tail = tail(shown, causes.first().map_or("RULE", |cause| cause.rule));
    let room = screen.rows.saturating_sub(tail.lines().count() + 1);
    let each: Vec<Entry> = causes.iter().map(|cause| of_cause(shown.facts, cause)).collect();
    let rules: Vec<Entry> = by_rule(&causes).iter().map(|causes| of_rule(shown.facts, causes)).collect();
    // From the fullest to the tightest: the first that fits.
    for (entries, help, gap) in [(&each, true, true), (&each, true, false), (&rules, true, true), (&rules, true, false)]
    {
        let text = entries.iter().map(|entry| entry.text(screen.columns, help, gap)).collect::<String>();
        if text.lines().count() <= room {
            return format!("{}\n\n{tail}", text.trim_end());
        }
    }
    let mut text = String::new();
    let mut left = 0;
    for entry in &rules {
        let next = entry.text(screen.columns, false, false);
        if left == 0 && text.lines().count() + next.lines().count() < room {
            text.push_str(&next);
        } else {
            left += entry.findings;
        }
    }
    if left > 0 {
        text.push_str(&format!("{FAINT}and {left} more of other kinds{FAINT:#}\n"));
    }
    text + "\n" + &tail
}

fn tail(shown: &Shown<'_>, rule: &str) -> String {
    let mut text = format!("{}{}\n", verified(shown.facts, shown.report), accepted_words(shown.accepted));
    left_alone(shown.facts, &mut text);
    let path = printable(shown.path);
    text.push_str(&format!("{COMMAND}estiba explain {rule}{COMMAND:#}  why it matters and how to fix it\n"));
    text.push_str(&format!(
        "{COMMAND}estiba check --all {path}{COMMAND:#}  every finding, with its place in the file\n"
    ));
    text
}

fn of_cause(facts: &Facts, cause: &Cause<'_>) -> Entry {
    let first = cause.findings.first();
    Entry {
        level: cause.level,
        rule: cause.rule,
        title: first.map_or_else(String::new, |finding| printable(&finding.message)),
        places: places(facts, &cause.findings),
        help: first.map(|finding| printable(&finding.help)),
        findings: cause.findings.len(),
    }
}

fn of_rule(facts: &Facts, causes: &[&Cause<'_>]) -> Entry {
    let Some((first, others)) = causes.split_first() else {
        return Entry {
            level: Level::Note,
            rule: "",
            title: String::new(),
            places: String::new(),
            help: None,
            findings: 0,
        };
    };
    if others.is_empty() {
        return of_cause(facts, first);
    }
    let findings = causes.iter().map(|cause| cause.findings.len()).sum();
    let summary = rules::find(first.rule).map_or("", |rule| rule.summary);
    let things = causes.iter().map(|cause| match cause.findings.first() {
        Some(finding) if cause.thing.is_empty() => place(facts, finding),
        Some(finding) => {
            format!("`{}` {}{}", printable(cause.thing), place(facts, finding), more(cause.findings.len()))
        }
        None => String::new(),
    });
    Entry {
        level: first.level,
        rule: first.rule,
        title: format!("{summary}: {findings} places"),
        places: things.collect::<Vec<_>>().join(", "),
        help: None,
        findings,
    }
}

fn places(facts: &Facts, findings: &[&Finding]) -> String {
    let mut shown = String::new();
    let mut last = "";
    for finding in findings {
        let path = facts.path(finding.primary.span);
        let place = place(facts, finding);
        // A place in the same file needs no path.
        let short = if path == last { place[path.len()..].to_owned() } else { format!(" {place}") };
        last = path;
        shown.push_str(if shown.is_empty() { "" } else { "," });
        shown.push_str(&short);
    }
    shown.trim_start().to_owned()
}

fn more(count: usize) -> String {
    if count > 1 { format!(" (+{})", count - 1) } else { String::new() }
}

fn place(facts: &Facts, finding: &Finding) -> String {
    let span = finding.primary.span;
    let line = facts.texts.sources.get(span.file).line_column(span.start as usize).0;
    format!("{}:{line}", printable(facts.path(span)))
}

impl Entry {
    fn text(&self, columns: usize, help: bool, gap: bool) -> String {
        let (style, level) = if self.level == Level::Error { (BAD, "error") } else { (ODD, "warning") };
        let head = format!("{level}[{}] ", self.rule);
        // The title goes on in a second line, and ends there.
        let mut lines = wrap(&self.title, columns.saturating_sub(head.len()), columns.saturating_sub(INDENT.len()), 2);
        let first = if lines.is_empty() { String::new() } else { lines.remove(0) };
        let mut text = format!("{style}{head}{style:#}{first}\n");
        for line in lines {
            text.push_str(&format!("{INDENT}{line}\n"));
        }
        let width = columns.saturating_sub(INDENT.len());
        for line in wrap(&self.places, width, width, 1) {
            text.push_str(&format!("{INDENT}{FAINT}{line}{FAINT:#}\n"));
        }
        if let Some(help) = self.help.as_ref().filter(|_| help) {
            let width = width.saturating_sub(2);
            for (at, line) in wrap(help, width, width, 2).iter().enumerate() {
                text.push_str(&format!("{INDENT}{}{line}\n", if at == 0 { "= " } else { "  " }));
            }
        }
        if gap {
            text.push('\n');
        }
        text
    }
}

/// Words in lines of these widths, the last of `most` cut where more follows.
fn wrap(text: &str, first: usize, rest: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let width = if lines.len() == 1 { first } else { rest };
        let full = lines.len() >= most;
        let Some(line) = lines.last_mut() else { continue };
        let needed = line.chars().count() + usize::from(!line.is_empty()) + word.chars().count();
        if needed <= width {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        } else if full {
            while line.chars().count() + 2 > width && line.pop().is_some() {}
            line.push_str(" …");
            break;
        } else {
            lines.push(word.chars().take(rest).collect());
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_are_no_wider_than_the_screen_and_what_is_cut_says_so() {
        assert_eq!(wrap("one two three", 7, 9, 2), ["one two", "three"]);
        assert_eq!(wrap("one two three", 7, 9, 1), ["one t …"]);
        assert_eq!(wrap("", 7, 9, 2), Vec::<String>::new());
        for width in 4..40 {
            let lines = wrap("a place/that-is-rather-long:12 and, others too", width, width, 2);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:?}");
        }
    }
}
