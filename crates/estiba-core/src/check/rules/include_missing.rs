use std::collections::{BTreeSet, HashSet};

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Inside};
use crate::source::{Level, Span, last_part};
use crate::syntax::nginx::Context;

#[doc = include_str!("include_missing.md")]
pub(crate) static RULE: Rule = Rule {
    id: "include-missing",
    level: Level::Warning,
    summary: "nginx includes files of a folder in which none is called so, and says nothing",
    page: include_str!("include_missing.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said: BTreeSet<Span> = BTreeSet::new();
    for config in &world.facts.nginx {
        let mut led: Option<HashSet<Span>> = None;
        for include in config.named("include").filter(|include| include.opens.is_none()) {
            // A literal path is the finding of `container-path-not-mounted`.
            let Some(word) = include.args.first().filter(|word| word.text.contains(['*', '?'])) else { continue };
            let led = led.get_or_insert_with(|| config.includes.iter().map(|include| include.span).collect());
            if led.contains(&word.span) {
                continue;
            }
            let (folder, name) = word.text.rsplit_once('/').unwrap_or(("", &word.text));
            // nginx takes patterns in folders too; and what a variable of a template becomes is not known here.
            if folder.contains(['*', '?', '[']) || word.text.contains(['[', '$', '{']) {
                continue;
            }
            let Inside::TreeFolder(folder) = config.inside(world.facts, folder) else { continue };
            if said.insert(word.span) {
                report(world, sink, config, word.span, (&folder, name));
            }
        }
    }
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, config: &Config, span: Span, (folder, name): (&str, &str)) {
    let files: Vec<&str> = world.facts.texts.files_in(folder).map(last_part).collect();
    // A script may make the file of its template.
    let made = |file: &&&str| [".template", ".tmpl", ".tpl", ".j2", ".in"].iter().any(|ending| file.ends_with(ending));
    if files.iter().any(|file| made(&file)) {
        return sink.undecided(span, "a script may make files of the templates that stand there");
    }
    let message = format!("`{name}` matches no file in {folder}, and nginx is content with that");
    let other = files.iter().find(|file| !file.starts_with('.'));
    let help = match other {
        Some(file) => format!("give `{file}` a name that matches, or change {}", world.facts.path(span)),
        None => format!("put a file there, or remove the include from {}", world.facts.path(span)),
    };
    let draft = Draft::new(message, span, "nothing is included here", help);
    // Folders are kept empty for what comes later; an nginx without any site was not meant.
    let is_server = |directive: &&crate::facts::nginx::Placed| {
        let context = config.blocks.get(directive.block).and_then(|block| block.context);
        matches!(context, Some(Context::Http | Context::Stream | Context::Mail)) && directive.opens.is_some()
    };
    let serves = config.named("server").any(|directive| is_server(&directive)) || !config.is_whole();
    sink.not_found(if serves || other.is_none() { draft.pedantic() } else { draft });
}
