use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::placeholders::{Kind, marks};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::monitoring::Program;
use crate::facts::nginx::Inside;
use crate::source::{Level, Span, last_part};

#[doc = include_str!("unrendered_placeholder.md")]
pub(crate) static RULE: Rule = Rule {
    id: "unrendered-placeholder",
    level: Level::Error,
    summary: "a mark of a template was not filled in",
    page: include_str!("unrendered_placeholder.md"),
    check,
};

/// Who reads a text, and so what is expanded in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Nginx,
    Compose,
    Prometheus,
    Alertmanager,
    Grafana,
    Shell,
    People,
    Other,
}

impl Reader {
    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Compose => "Compose",
            Self::Prometheus => "Prometheus",
            Self::Alertmanager => "Alertmanager",
            Self::Grafana => "Grafana",
            Self::Shell => "bash",
            Self::People | Self::Other => "whoever reads this file",
        }
    }

    /// Whether this reader takes a mark as it stands.
    fn leaves(self, kind: Kind) -> bool {
        match kind {
            Kind::Estiba => true,
            Kind::Statement => self != Self::People,
            Kind::Underscores => self != Self::People,
            Kind::Braces { go } => match self {
                Self::Nginx | Self::Prometheus => true,
                // Docker expands Go's templates in some values, and scripts give them to Docker.
                Self::Compose | Self::Shell | Self::Grafana => !go,
                Self::Alertmanager | Self::People | Self::Other => false,
            },
            Kind::Shell => matches!(self, Self::Nginx | Self::Prometheus | Self::Alertmanager),
        }
    }
}

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    // Looked up for the first mark: a generated tree has none.
    let nginx = LazyCell::new(|| Nginx::of(world));
    let filled = LazyCell::new(|| filled(world));
    let declared = world.declares_steps() || world.facts.compose.is_empty();
    let envsubst = LazyCell::new(|| scripts(world).any(|line| line.contains("envsubst")));
    for (path, file, text) in facts.texts.iter() {
        if path.is_below("files") {
            continue;
        }
        let found = marks(text, path.as_str().ends_with(".sh"));
        if found.is_empty() {
            continue;
        }
        let reader = reader(world, &nginx, path.as_str());
        // Of a tree that was not rendered, only what a known program reads as it stands is judged.
        if !declared && (reader == Reader::Other || is_template(path.as_str()) && !nginx.files.contains(path.as_str()))
        {
            continue;
        }
        let mut line = (usize::MAX, false);
        for mark in found {
            let word = &text[mark.start..mark.end];
            // In a comment only what our own templates leave is wrong: the rest is often an example.
            if !reader.leaves(mark.kind) || mark.comment && mark.kind != Kind::Estiba || filled.contains(word) {
                continue;
            }
            if mark.kind == Kind::Shell {
                // The marks of one line are alike: a line is looked at once.
                if line.0 != mark.line {
                    line = (mark.line, reader == Reader::Prometheus && expands(text, mark.line));
                }
                if line.1 || reader == Reader::Nginx && is_set(&nginx, word) {
                    continue;
                }
            }
            let span = Span::new(file, mark.start, mark.end);
            if mark.kind == Kind::Shell && nginx.rendered.contains_key(path.as_str()) {
                match nginx.replaced(path.as_str(), word) {
                    Some(true) => continue,
                    None => {
                        sink.undecided(span, "a file of variables that is not in the tree may set it");
                        continue;
                    }
                    Some(false) => {}
                }
            } else if mark.kind == Kind::Shell && *envsubst && !word.contains(":-") {
                sink.undecided(span, "a script runs envsubst, perhaps on this file");
                continue;
            }
            let label = format!("{} takes this as it stands", reader.name());
            let help = format!("write the value, or generate the file again: change {path}");
            sink.find(Draft::new(format!("`{word}` was not filled in"), span, label, help));
        }
    }
}

/// Files that some nginx reads, and variables that its configuration sets.
struct Nginx {
    files: BTreeSet<String>,
    variables: BTreeSet<String>,
    /// Files in which the start of the image replaces these variables, with whether there may be others.
    rendered: BTreeMap<String, (BTreeSet<String>, bool)>,
}

impl Nginx {
    fn of(world: &World<'_>) -> Self {
        let mut nginx = Self { files: BTreeSet::new(), variables: BTreeSet::new(), rendered: BTreeMap::new() };
        for config in &world.facts.nginx {
            if let (false, Some(service)) = (config.rendered.is_empty(), config.service(&world.facts.compose)) {
                let names: BTreeSet<String> = service.environment.iter().map(|(name, _)| name.clone()).collect();
                let more = !service.env_files.is_empty();
                nginx.rendered.extend(config.rendered.iter().map(|path| (path.clone(), (names.clone(), more))));
            }
            for include in &config.includes {
                if let Inside::TreeFile(path) = &include.led_to {
                    nginx.files.insert(path.clone());
                }
            }
            // Case is no matter: `$NAME` reads what `set $name` sets.
            let set = config.directives.iter().filter_map(|directive| match directive.name.text.as_str() {
                "map" | "geo" | "split_clients" => directive.args.last(),
                name if name == "set" || name.starts_with("set_") || name.ends_with("_set") => directive.args.first(),
                _ => None,
            });
            nginx.variables.extend(set.filter_map(|word| Some(word.text.strip_prefix('$')?.to_ascii_lowercase())));
        }
        nginx
    }

    /// Whether the start of the image replaces `${NAME}`; it knows no defaults.
    fn replaced(&self, path: &str, word: &str) -> Option<bool> {
        let (names, more) = self.rendered.get(path)?;
        let name = word.trim_start_matches("${").trim_end_matches('}');
        if names.contains(name) {
            Some(true)
        } else if *more && !name.contains(':') {
            None
        } else {
            Some(false)
        }
    }
}

/// Whether a name says that a program makes another file of this one.
fn is_template(path: &str) -> bool {
    [".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".erb", ".hbs", ".example", ".sample", ".dist", ".in"]
        .iter()
        .any(|ending| path.ends_with(ending))
        || crate::facts::compose::set_aside(path).is_some()
}

fn reader(world: &World<'_>, nginx: &Nginx, path: &str) -> Reader {
    let facts = world.facts;
    let name = last_part(path);
    if nginx.files.contains(path) || name.ends_with(".conf") && path.contains("nginx") {
        Reader::Nginx
    } else if facts.compose.iter().any(|file| file.path.as_str() == path) {
        Reader::Compose
    } else if let Some(monitor) = facts.monitoring.iter().find(|monitor| monitor.path.as_str() == path) {
        match monitor.program {
            Program::Prometheus => Reader::Prometheus,
            Program::Alertmanager => Reader::Alertmanager,
            Program::Grafana => Reader::Grafana,
        }
    } else if name.ends_with(".sh") {
        Reader::Shell
    } else if [".md", ".txt", ".html", ".json"].iter().any(|ending| name.ends_with(ending)) {
        Reader::People
    } else {
        Reader::Other
    }
}

/// Whether nginx' configuration sets what `${NAME}` reads.
fn is_set(nginx: &Nginx, word: &str) -> bool {
    nginx.variables.contains(&word.trim_start_matches("${").trim_end_matches('}').to_ascii_lowercase())
}

/// Whether Prometheus expands `${NAME}` on a line: groups of a regular expression, and (since Prometheus 3) the
/// environment in `external_labels`.
fn expands(text: &str, line: usize) -> bool {
    let own = text[line..].trim_start().trim_start_matches("- ");
    ["replacement:", "target_label:", "regex:"].iter().any(|key| own.starts_with(key))
        || below(text, line, "external_labels:")
}

/// Whether a line of YAML stands below a key, by indentation.
fn below(text: &str, line: usize, key: &str) -> bool {
    let indent = |line: &str| line.bytes().take_while(|byte| *byte == b' ').count();
    let own = indent(&text[line..]);
    // Far above there is none: labels are few.
    let mut above = text[..line].lines().rev().take(40).filter(|line| !line.trim().is_empty());
    above.find(|line| indent(line) < own).is_some_and(|line| line.trim_start().starts_with(key))
}

/// Marks that a script of the tree fills in, such as `sed "s/__DOMAIN__/$domain/"`.
fn filled<'a>(world: &'a World<'_>) -> BTreeSet<&'a str> {
    let fills = |line: &str| ["sed ", "perl ", "envsubst", "//"].iter().any(|tool| line.contains(tool));
    let lines = scripts(world).filter(|line| fills(line));
    lines.flat_map(|line| marks(line, false).into_iter().map(move |mark| &line[mark.start..mark.end])).collect()
}

/// The lines of every script that are no comments.
fn scripts<'a>(world: &'a World<'_>) -> impl Iterator<Item = &'a str> {
    let texts = world.facts.texts.iter().filter(|(path, _, _)| path.as_str().ends_with(".sh"));
    texts.flat_map(|(_, _, text)| text.lines().filter(|line| !line.trim_start().starts_with('#')))
}
