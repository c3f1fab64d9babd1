use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::shell::{Input, ShellScript};
use crate::source::{FileId, Level, Span, last_part};
use crate::syntax::nginx::variables;

#[doc = include_str!("envsubst_without_list.md")]
pub(crate) static RULE: Rule = Rule {
    id: "envsubst-without-list",
    level: Level::Error,
    summary: "`envsubst` without a list replaces the variables of nginx too",
    page: include_str!("envsubst_without_list.md"),
    check,
};

/// Directives by which a text is known as a configuration of nginx.
const DIRECTIVES: [&str; 5] = ["proxy_pass ", "server_name ", "listen ", "proxy_set_header ", "fastcgi_pass "];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let files = Files::default();
    for script in world.shell() {
        // A script that does so a thousand times makes one mistake.
        let mut judged: BTreeSet<&str> = BTreeSet::new();
        for command in script.commands.iter().filter(|command| last_part(command.word(0)) == "envsubst") {
            let Input::File(Some(path)) = &command.input else { continue };
            // Any argument is a list, but for what only asks.
            if command.words.len() == 1 && judged.insert(path) {
                let set = |name: &str| sets(script, name);
                files.judge(world, sink, command.span, path, &set);
            }
        }
    }
    for service in world.facts.compose.iter().flat_map(|project| &project.services) {
        let set = |name: &str| service.environment.iter().any(|(known, _)| known == name);
        // A command that is one text stands here word by word.
        let written: Vec<&str> = service.command.iter().map(|word| word.value.as_str()).collect();
        let named = service.command.iter().find(|word| word.value.contains("envsubst"));
        if let (Some(word), Some(path)) = (named, read_in(&written.join(" "))) {
            files.judge(world, sink, word.span, path, &set);
        }
    }
}

fn sets(script: &ShellScript<'_>, name: &str) -> bool {
    script.reads_others || script.values.contains_key(name)
}

/// The file of `envsubst < FILE` in the text of a command.
fn read_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("envsubst")?;
    let path = rest.trim_start().strip_prefix('<')?.trim_start();
    let path = path.split([' ', '>', ';', '&', '|', '"', '\'', '\n']).next()?;
    (!path.is_empty() && !path.contains('$')).then_some(path)
}

/// The texts of a tree by the names of their files, once somebody asks.
#[derive(Default)]
struct Files<'w>(OnceCell<BTreeMap<&'w str, Vec<FileId>>>);

impl<'w> Files<'w> {
    /// Every file of the tree that bears the name must lose a variable: where the path leads is not always known.
    fn judge(&self, world: &World<'w>, sink: &mut Sink<'_>, span: Span, path: &str, set: &dyn Fn(&str) -> bool) {
        let texts = &world.facts.texts;
        let named = self.0.get_or_init(|| {
            let mut named: BTreeMap<&str, Vec<FileId>> = BTreeMap::new();
            for (path, id, _) in texts.iter().filter(|(_, _, text)| !text.is_empty()) {
                named.entry(path.file_name()).or_default().push(id);
            }
            named
        });
        let name = last_part(path);
        let mut first = None;
        for id in named.get(name).into_iter().flatten() {
            let Some(eaten) = eaten(*id, &texts.sources.get(*id).text, set) else { return };
            first = first.or(Some(eaten));
        }
        let Some((at, variable)) = first else { return };
        let message = format!("`envsubst` replaces `${variable}` of nginx too, by nothing");
        let help = format!(
            "name what it is to replace: `envsubst '${{ONE}} ${{TWO}}' < {path}`: change {}",
            world.facts.path(span)
        );
        let draft = Draft::new(message, span, "without a list it replaces every variable", help);
        sink.find(draft.related(at, "nothing is left of this one"));
    }
}

/// The first of nginx' own variables in a configuration that nobody sets.
fn eaten<'t>(file: FileId, text: &'t str, set: &dyn Fn(&str) -> bool) -> Option<(Span, &'t str)> {
    if !DIRECTIVES.iter().any(|directive| text.contains(directive)) {
        return None;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        for (at, _) in code.match_indices('$') {
            let rest = code[at + 1..].trim_start_matches('{');
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = &rest[..end];
            if name.starts_with(|c: char| c.is_ascii_lowercase()) && variables::is_defined(name) && !set(name) {
                let whole = code[at..].len() - rest.len() + end;
                return Some((Span::new(file, start + at, start + at + whole), name));
            }
        }
        start += line.len();
    }
    None
}
