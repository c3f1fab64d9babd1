use std::collections::{BTreeSet, HashMap};

use super::super::repeats::{Inside as Within, keys};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use super::duplicate_directive::effect;
use crate::facts::nginx::{Config, Include, Inside, Placed};
use crate::source::{Level, Span};
use crate::syntax::nginx::Repeat;

#[doc = include_str!("file_included_twice.md")]
pub(crate) static RULE: Rule = Rule {
    id: "file-included-twice",
    level: Level::Warning,
    summary: "nginx reads one file twice in one block",
    page: include_str!("file_included_twice.md"),
    check,
};

/// Of these a second one does something again: a header is sent twice, a line is written twice.
const AGAIN: [&str; 8] = [
    "add_header",
    "add_trailer",
    "proxy_set_header",
    "grpc_set_header",
    "access_log",
    "rewrite",
    "sub_filter",
    "auth_request_set",
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said: BTreeSet<(Span, Span)> = BTreeSet::new();
    for config in &world.facts.nginx {
        let mut first: HashMap<(usize, &str), &Include> = HashMap::new();
        let mut twice: Vec<(&Include, &Include)> = Vec::new();
        for include in &config.includes {
            let Inside::TreeFile(file) = &include.led_to else { continue };
            let earlier = *first.entry((include.block, file)).or_insert(include);
            if !std::ptr::eq(earlier, include) && said.insert((earlier.span, include.span)) {
                twice.push((earlier, include));
            }
        }
        if !twice.is_empty() {
            report(world, sink, config, &twice);
        }
    }
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, config: &Config, twice: &[(&Include, &Include)]) {
    let within = Within::of(config);
    // What each include brings into its block.
    let mut brought: HashMap<(usize, Span), Vec<&Placed>> = HashMap::new();
    for directive in &config.directives {
        if let Some(via) = directive.via.last() {
            brought.entry((directive.block, *via)).or_default().push(directive);
        }
    }
    for (earlier, later) in twice {
        let Inside::TreeFile(file) = &later.led_to else { continue };
        let inside = brought.get(&(later.block, later.span)).map_or(&[][..], Vec::as_slice);
        let of_file = || inside.iter().filter(|directive| world.facts.path(directive.name.span) == file);
        // What nginx refuses or warns of is the finding of `duplicate-directive`.
        if of_file().any(|directive| is_refused(config, directive, &within)) {
            continue;
        }
        let again = of_file().find(|directive| AGAIN.contains(&directive.name.text.as_str()));
        let path = world.facts.path(later.span);
        let message = match again {
            Some(directive) => {
                format!("{file} is read twice in one block, and its `{}` counts twice", directive.name.text)
            }
            None => format!("{file} is read twice in one block"),
        };
        let help = format!("include the file once: remove one of both from {path}");
        let draft = Draft::new(message, later.span, "read a second time here", help);
        let draft = if earlier.span == later.span { draft } else { draft.related(earlier.span, "the first time") };
        sink.find(if again.is_some() { draft } else { draft.pedantic() });
    }
}

/// Whether nginx says something about a second one that is the same.
fn is_refused(config: &Config, directive: &Placed, within: &Within) -> bool {
    let Some(context) = config.blocks.get(directive.block).and_then(|block| block.context) else { return false };
    match effect(config, directive, context) {
        Some(Repeat::Fatal | Repeat::Warns) => true,
        Some(repeat @ (Repeat::FatalIfEqual(_) | Repeat::WarnsIfEqual(_))) => {
            !keys(repeat, directive, context, within).is_empty()
        }
        _ => false,
    }
}
