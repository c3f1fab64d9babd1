//! Files of rules (<https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>): which jobs their
//! expressions select.

use std::collections::HashSet;

use super::{Monitor, Program, Reader, is_said, list, text};
use crate::facts::compose::{ComposeFile, set_aside};
use crate::facts::nginx::{Inside, glob, inside};
use crate::facts::{Places, Texts, lines};
use crate::source::{Diagnostic, FileId, Span, Spanned, TreePath, last_part, normal};
use crate::syntax::promql::{self, Operator, Query};
use crate::syntax::yaml::{Limits, Node, load};

/// A file of rules.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// Its path in the tree.
    pub path: TreePath,
    /// Its text.
    pub file: FileId,
    /// Whether any of them is an alert.
    pub alerts: bool,
    /// What expressions ask of the label `job`.
    pub jobs: Vec<Selector>,
    /// Whether a rule of it gives series another job.
    pub sets_job: bool,
    /// Expressions that Prometheus refuses.
    pub refused: Vec<Refused>,
    /// Its alerts.
    pub told: Vec<Alert>,
}

/// An alert with what its rule says about its labels; others come from the series that it is about.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its name.
    pub name: Spanned<String>,
    /// Labels that the rule sets, with values that are templates left out.
    pub labels: Vec<(String, Option<Spanned<String>>)>,
}

/// An expression that Prometheus refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The part that is wrong.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// The name of the alert, the series or the panel.
    pub of: Option<Spanned<String>>,
}

/// `job="…"`, or `job=~"…"` whose alternatives are plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The expression it stands in.
    pub span: Span,
    /// The name of the alert or the series.
    pub rule: Option<Spanned<String>>,
    /// One of these.
    pub names: Vec<String>,
}

/// Every file of rules of Prometheus.
pub(in crate::facts) fn read_all(
    texts: &Texts,
    compose: &[ComposeFile],
    places: &Places,
    monitors: &[Monitor],
    broken: &mut Vec<Diagnostic>,
) -> Vec<RuleFile> {
    let named = named(texts, compose, places, monitors);
    let mut files = Vec::new();
    for (path, file, text) in texts.iter() {
        let ending = [".yml", ".yaml", ".rules"].iter().any(|ending| path.as_str().ends_with(ending));
        let looks = ending && !path.is_below("files") && lines(text).any(|line| line.starts_with("groups:"));
        if !looks && !named.contains(&file) {
            continue;
        }
        let document = match load(file, text, Limits::default()) {
            Ok(document) => document,
            Err(problem) => {
                // Nothing in a file that Prometheus is told to load need say what it is.
                let meant = named.contains(&file) || text.contains("expr:") && set_aside(path.as_str()).is_none();
                if meant && !is_said(broken, file) {
                    broken.push(*problem);
                }
                continue;
            }
        };
        let mut rules = RuleFile {
            path: path.clone(),
            file,
            alerts: false,
            jobs: Vec::new(),
            sets_job: false,
            refused: Vec::new(),
            told: Vec::new(),
        };
        let mut any = false;
        for rule in list(&document.root, "groups").iter().flat_map(|group| list(group, "rules")) {
            any = true;
            read(text, rule, &mut rules);
        }
        if any && looks {
            files.push(rules);
        }
    }
    files
}

/// The files that `rule_files` of a Prometheus leads to.
fn named(texts: &Texts, compose: &[ComposeFile], places: &Places, monitors: &[Monitor]) -> HashSet<FileId> {
    let prometheus = monitors.iter().filter(|monitor| monitor.program == Program::Prometheus);
    let opened = prometheus.flat_map(|monitor| {
        let opened = monitor.opens.iter().filter(|opened| opened.what == RULES);
        opened.flat_map(|opened| monitor.readers.iter().map(move |reader| (reader, opened.path.value.as_str())))
    });
    let paths = opened.flat_map(|(reader, written)| led_to(texts, compose, places, reader, written));
    paths.filter_map(|path| texts.get(&path)).map(|(file, _)| file).collect()
}

/// What a configuration opens through `rule_files`.
pub(crate) const RULES: &str = "rules";

/// Files of the tree that an entry of `rule_files` leads to, as the service that reads the configuration sees it; the last
/// part may be a glob.
pub(crate) fn led_to(
    texts: &Texts,
    compose: &[ComposeFile],
    places: &Places,
    reader: &Reader,
    written: &str,
) -> Vec<String> {
    let Some(project) = compose.get(reader.file) else { return Vec::new() };
    let folder = reader.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if written.starts_with('/') { normal(written) } else { normal(&format!("{folder}/{written}")) };
    let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let at = |path: &str| inside(texts, places, Some(project), reader.of(compose), path);
    let is_named = |file: &&str| glob(name, last_part(file));
    match at(if name.contains(['*', '?']) { above } else { &path }) {
        Inside::TreeFile(file) => vec![file],
        Inside::TreeFolder(folder) => texts.files_in(&folder).filter(is_named).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn read(file: &str, rule: &Node, rules: &mut RuleFile) {
    rules.alerts |= rule.get("alert").is_some();
    rules.sets_job |=
        rule.get("record").is_some() && rule.get("labels").is_some_and(|labels| labels.get("job").is_some());
    if let Some(name) = rule.get("alert").and_then(text) {
        let labels = rule.get("labels").and_then(Node::map).unwrap_or_default();
        let labels = labels.iter().filter_map(|(key, value)| {
            let value = text(value).filter(|value| !value.value.contains(['{', '$']));
            Some((key.text()?.to_owned(), value))
        });
        rules.told.push(Alert { name, labels: labels.collect() });
    }
    let name = rule.get("alert").or_else(|| rule.get("record")).and_then(text);
    let Some(expression) = rule.get("expr") else { return };
    let query = promql::parse(expression.text().unwrap_or_default());
    for names in jobs(&query) {
        rules.jobs.push(Selector { span: expression.span, rule: name.clone(), names });
    }
    if let Some(problem) = query.problem {
        let span = expression.place(file, problem.at);
        rules.refused.push(Refused { span, message: problem.message, help: problem.help, of: name });
    }
}

/// The values of every matcher of `job` that is decided by words alone.
fn jobs(query: &Query<'_>) -> Vec<Vec<String>> {
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "-_/ :".contains(c)) && !text.is_empty();
    let decided = query.matchers.iter().filter(|matcher| matcher.label == "job").filter_map(|matcher| {
        let value = matcher.value.as_ref();
        match matcher.operator {
            // Templates of others stand in rules too.
            Operator::Is if !value.is_empty() && !value.contains(['$', '{']) => Some(vec![value.to_owned()]),
            Operator::Matches if value.split('|').all(word) => Some(value.split('|').map(str::to_owned).collect()),
            _ => None,
        }
    });
    decided.collect()
}

#[cfg(test)]
mod tests {
    use super::jobs;
    use crate::facts::testing::facts;
    use crate::syntax::promql::parse;

    #[test]
    fn a_file_that_prometheus_is_told_to_load_is_read_whatever_it_says() {
        let compose = "services:\n  p:\n    image: prom/prometheus\n    volumes: ['./p:/etc/prometheus']\n";
        let conf = "scrape_configs: []\nrule_files: ['r/*.yml']\n";
        let broken = ":\n  - name: a\n";
        let files = [("c.yml", compose), ("p/prometheus.yml", conf), ("p/r/a.yml", broken), ("p/other/b.yml", broken)];
        let facts = facts(&files);
        let said = facts.broken.iter().filter_map(|problem| problem.primary.as_ref());
        assert_eq!(said.map(|at| facts.path(at.span)).collect::<Vec<_>>(), ["p/r/a.yml"]);
    }

    #[test]
    fn matchers_of_the_job_are_found() {
        let text = "sum(rate(a{x=\"job=\", job=\"one\"}[5m])) by (job) / on(job) up{job=~'two|three'} * b{job!=\"x\", my_job=\"y\"} + c{job=~\"f.*\"}";
        assert_eq!(jobs(&parse(text)), [vec!["one".to_owned()], vec!["two".to_owned(), "three".to_owned()]]);
    }
}
