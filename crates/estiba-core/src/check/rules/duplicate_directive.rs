use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use super::super::fix::{Edit, Fix, whole_lines};
use super::super::repeats::{Inside, keys};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Placed};
use crate::source::{Level, Span};
use crate::syntax::nginx::{Context, Repeat, lookup};

#[doc = include_str!("duplicate_directive.md")]
pub(crate) static RULE: Rule = Rule {
    id: "duplicate-directive",
    level: Level::Error,
    summary: "a directive stands twice in one block, and nginx refuses or ignores one of both",
    page: include_str!("duplicate_directive.md"),
    check,
};

/// Of which several add up, but nothing may stand beside `off` (`ngx_http_proxy_redirect` and its siblings).
const OFF_IS_ALONE: [&str; 4] = ["proxy_redirect", "proxy_cookie_domain", "proxy_cookie_flags", "proxy_cookie_path"];

/// What equal directives share: the block, the name, and what nginx compares.
type Slot<'a> = (usize, &'a str, String);

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    // A file that is included at many places is said once.
    let mut said: BTreeSet<(Span, Span)> = BTreeSet::new();
    for config in &world.facts.nginx {
        let inside = Inside::of(config);
        let mut first: HashMap<Slot<'_>, usize> = HashMap::new();
        for (at, directive) in config.directives.iter().enumerate() {
            let context = config.blocks.get(directive.block).and_then(|block| block.context);
            let Some((repeat, context)) =
                context.and_then(|context| Some((effect(config, directive, context)?, context)))
            else {
                continue;
            };
            let is_alone = OFF_IS_ALONE.contains(&directive.name.text.as_str());
            let mut earlier = None;
            let keys = if is_alone { vec![String::new()] } else { keys(repeat, directive, context, &inside) };
            for key in keys {
                let slot = (directive.block, directive.name.text.as_str(), key);
                match first.entry(slot) {
                    Entry::Vacant(entry) => {
                        entry.insert(at);
                    }
                    Entry::Occupied(entry) if *entry.get() != at && earlier.is_none() => {
                        earlier = Some((*entry.get(), entry.key().2.clone()));
                    }
                    Entry::Occupied(_) => {}
                }
            }
            let Some((earlier, key)) = earlier.and_then(|(at, key)| Some((config.directives.get(at)?, key))) else {
                continue;
            };
            let repeat = if is_alone && (is_off(earlier) || is_off(directive)) { Repeat::Fatal } else { repeat };
            if let Some(kind) = verdict(repeat, earlier, directive)
                && said.insert((earlier.name.span, directive.name.span))
            {
                report(world, sink, &Twice { earlier, later: directive, key, context, kind });
            }
        }
    }
}

fn is_off(directive: &Placed) -> bool {
    directive.args.len() == 1 && directive.args.iter().all(|word| word.text == "off")
}

/// What a second one does; the worst of the generations that it may be.
pub(super) fn effect(config: &Config, directive: &Placed, context: Context) -> Option<Repeat> {
    let known = |generation| Some(lookup(&directive.name.text, generation)?.rule(context)?.repeat);
    let worst = |repeat: &Repeat| match repeat {
        Repeat::Fatal => 0,
        Repeat::FatalIfEqual(_) => 1,
        Repeat::Warns | Repeat::WarnsIfEqual(_) => 2,
        _ => 3,
    };
    config.generations.iter().filter_map(|generation| known(*generation)).min_by_key(worst)
}

/// How bad it is, and in which words. `None` where the second one is harmless.
fn verdict(repeat: Repeat, earlier: &Placed, later: &Placed) -> Option<(Level, &'static str)> {
    let texts = |directive: &Placed| directive.args.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
    let same =
        if later.opens.is_some() { earlier.name.span == later.name.span } else { texts(earlier) == texts(later) };
    match repeat {
        Repeat::Fatal | Repeat::FatalIfEqual(_) => Some((Level::Error, "nginx does not start with both")),
        Repeat::Warns => Some((Level::Warning, "nginx warns, and the last one counts")),
        Repeat::WarnsIfEqual(_) => Some((Level::Warning, "nginx warns, and takes what they share once")),
        Repeat::Last | Repeat::LastIfEqual(_) if !same => {
            Some((Level::Warning, "nginx says nothing, and the last one counts"))
        }
        Repeat::First if !same => Some((Level::Warning, "nginx says nothing, and the first one counts")),
        _ => None,
    }
}

const SECOND_IGNORED: &str = "nginx warns, and the second is never asked under that name";

struct Twice<'a> {
    earlier: &'a Placed,
    later: &'a Placed,
    key: String,
    context: Context,
    kind: (Level, &'static str),
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, twice: &Twice<'_>) {
    let Twice { earlier, later, key, context, kind } = twice;
    let name = later.name.text.as_str();
    let place = match context {
        Context::Main => "outside every block".to_owned(),
        context => format!("in one `{}`", context.name()),
    };
    let message = match (name, key.as_str()) {
        ("server", key) if later.opens.is_some() => {
            format!("two servers answer as `{key}`: {}", if kind.0 == Level::Error { kind.1 } else { SECOND_IGNORED })
        }
        (_, "") => format!("`{name}` stands twice {place}: {}", kind.1),
        (_, key) => format!("`{name}` stands twice {place} for `{key}`: {}", kind.1),
    };
    let path = |span: Span| world.facts.path(span);
    let again = earlier.name.span == later.name.span;
    // What others include is meant for them too: the place that is nearer to the first file gives way.
    let give = if earlier.via.len() < later.via.len() { earlier } else { later };
    let help = if again {
        let site = differing(&later.via, &earlier.via).unwrap_or(later.name.span);
        format!("include the file once: remove one of both from {}", path(site))
    } else if *context == Context::Http && name == "server" {
        format!("give each server a name or an address of its own in {}", path(give.name.span))
    } else {
        format!("keep one of both: remove `{name}` from {}", path(give.name.span))
    };
    let fix = (!again).then(|| removal(world, twice, give)).flatten();
    let label = if again { "read twice" } else { "the second" };
    let mut draft = Draft::new(message, later.name.span, label, help).level(kind.0).fix(fix);
    if !again {
        draft = draft.related(earlier.name.span, "the first");
    }
    let mut sites = BTreeSet::new();
    for (via, text) in [(&earlier.via, "the first comes in here"), (&later.via, "the second comes in here")] {
        let other = if std::ptr::eq(via, &earlier.via) { &later.via } else { &earlier.via };
        // Includes that both came through say nothing about the difference.
        let common = via.iter().zip(other).take_while(|(a, b)| a == b).count();
        for site in via.iter().skip(common).filter(|site| sites.insert(**site)) {
            draft = draft.related(*site, text);
        }
    }
    sink.find(draft);
}

/// Takes a directive out that says what another one beside it says.
fn removal(world: &World<'_>, twice: &Twice<'_>, give: &Placed) -> Option<Fix> {
    let texts = |directive: &Placed| directive.args.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
    let (earlier, later) = (twice.earlier, twice.later);
    if earlier.opens.is_some() || later.opens.is_some() || texts(earlier) != texts(later) {
        return None;
    }
    let last = give.args.last().unwrap_or(&give.name).span;
    let text = &world.facts.texts.sources.get(last.file).text;
    let rest = text.get(last.end as usize..)?;
    let blanks = rest.len() - rest.trim_start().len();
    let end = rest[blanks..].starts_with(';').then_some(last.end as usize + blanks + 1)?;
    let span = whole_lines(world.facts, Span::new(last.file, give.name.span.start as usize, end));
    let fix = Fix::safely(format!("remove the second `{}`", give.name.text), vec![Edit { span, text: String::new() }]);
    // A file that others include too may be meant for them.
    Some(Fix { is_safe: earlier.via == later.via, ..fix })
}

/// The first include by which two ways part.
fn differing(way: &[Span], other: &[Span]) -> Option<Span> {
    let common = way.iter().zip(other).take_while(|(a, b)| a == b).count();
    way.get(common).or_else(|| way.last()).copied()
}
