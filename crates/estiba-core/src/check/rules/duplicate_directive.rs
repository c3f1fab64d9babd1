use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Placed};
use crate::source::{Level, Span};
use crate::syntax::nginx::{Context, Key, Repeat, lookup};

#[doc = include_str!("duplicate_directive.md")]
pub(crate) static RULE: Rule = Rule {
    id: "duplicate-directive",
    level: Level::Error,
    summary: "a directive stands twice in one block, and nginx refuses or ignores one of both",
    page: include_str!("duplicate_directive.md"),
    check,
};

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
            let mut earlier = None;
            for key in keys(repeat, directive, context, &inside) {
                let slot = (directive.block, directive.name.text.as_str(), key);
                let known = *first.entry(slot.clone()).or_insert(at);
                if known != at && earlier.is_none() {
                    earlier = Some((known, slot.2));
                }
            }
            let Some((earlier, key)) = earlier.and_then(|(at, key)| Some((config.directives.get(at)?, key))) else {
                continue;
            };
            if let Some(kind) = verdict(repeat, earlier, directive)
                && said.insert((earlier.name.span, directive.name.span))
            {
                report(world, sink, &Twice { earlier, later: directive, key, context, kind });
            }
        }
    }
}

/// What a second one does; the worst of the generations that it may be.
fn effect(config: &Config, directive: &Placed, context: Context) -> Option<Repeat> {
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

/// What nginx compares; several where one in common is enough, none where nothing is compared.
fn keys(repeat: Repeat, directive: &Placed, context: Context, inside: &Inside) -> Vec<String> {
    let args = || directive.args.iter().map(|word| word.text.clone());
    match repeat {
        Repeat::Adds | Repeat::Ignored => Vec::new(),
        Repeat::Fatal | Repeat::Warns | Repeat::Last | Repeat::First => vec![String::new()],
        Repeat::FatalIfEqual(key) | Repeat::WarnsIfEqual(key) | Repeat::LastIfEqual(key) => match key {
            Key::First if directive.name.text == "listen" => listen(directive).into_iter().collect(),
            Key::First if directive.name.text == "upstream" => args().take(1).map(|name| name.to_lowercase()).collect(),
            Key::First => args().take(1).collect(),
            Key::All if directive.name.text == "location" => location(directive).into_iter().collect(),
            Key::All => vec![args().collect::<Vec<_>>().join(" ")],
            // Whether it matters depends on who else listens there: asked at the `server`.
            Key::Each if directive.name.text == "server_name" => Vec::new(),
            Key::Each => args().collect(),
            Key::Zone => args().filter_map(zone).take(1).collect(),
            Key::Variable => args().last().into_iter().collect(),
            Key::Block => inside.keys(directive, context),
        },
    }
}

/// `zone=NAME:SIZE` or `zone=NAME`; the other arguments are options.
fn zone(text: String) -> Option<String> {
    Some(text.strip_prefix("zone=")?.split(':').next()?.to_owned())
}

/// The socket: address, port, and whether it is one of datagrams (HTTP/3 beside HTTP/2 on one port is no repeat).
fn listen(directive: &Placed) -> Option<String> {
    let text = directive.args.first()?.text.as_str();
    let datagrams = directive.args.iter().any(|word| matches!(word.text.as_str(), "quic" | "udp"));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (address, port) = match text.rsplit_once(':') {
        _ if text.starts_with("unix:") => (text, ""),
        _ if number(text) => ("*", text),
        Some((address, port)) if number(port) && (address.ends_with(']') || !address.contains(':')) => (address, port),
        _ => (text, "80"),
    };
    let address = if address == "0.0.0.0" { "*" } else { address };
    Some(format!("{address}:{port}{}", if datagrams { " udp" } else { "" }))
}

/// What `duplicate location` compares (`ngx_http_join_exact_locations`): the text, and whether it must match the whole
/// path. Of regular expressions and named locations nginx takes the first in silence.
fn location(directive: &Placed) -> Option<String> {
    let mut words = directive.args.iter().map(|word| word.text.as_str());
    let (modifier, path) = match (words.next()?, words.next()) {
        (modifier, Some(path)) => (modifier, path),
        // `=/path` is written in one word too.
        (word, None) => match ["=", "^~", "~*", "~"].into_iter().find(|modifier| word.starts_with(modifier)) {
            Some(modifier) => (modifier, &word[modifier.len()..]),
            None => ("", word),
        },
    };
    match modifier {
        "=" => Some(format!("= {path}")),
        "" | "^~" if !path.starts_with('@') => Some(path.to_owned()),
        _ => None,
    }
}

/// What stands directly inside the blocks whose content nginx compares.
struct Inside {
    /// Block → arguments of its directives, by directive name.
    words: BTreeMap<usize, Vec<(String, Vec<String>)>>,
}

impl Inside {
    fn of(config: &Config) -> Self {
        let mut words: BTreeMap<usize, Vec<(String, Vec<String>)>> = BTreeMap::new();
        let opener = |block: usize| config.blocks.get(block)?.opened_by.and_then(|at| config.directives.get(at));
        for directive in &config.directives {
            let Some(opener) = opener(directive.block) else { continue };
            let name = directive.name.text.as_str();
            let wanted = match opener.name.text.as_str() {
                "server" => matches!(name, "listen" | "server_name"),
                "types" => true,
                _ => false,
            };
            if wanted {
                let args = match name {
                    "listen" => listen(directive).into_iter().collect(),
                    _ => directive.args.iter().map(|word| word.text.to_lowercase()).collect(),
                };
                words.entry(directive.block).or_default().push((name.to_owned(), args));
            }
        }
        Self { words }
    }

    /// Extensions of `types`; addresses with names of `server`. Regular expressions are compared by nobody.
    fn keys(&self, directive: &Placed, context: Context) -> Vec<String> {
        let Some(words) = directive.opens.and_then(|block| self.words.get(&block)) else { return Vec::new() };
        if directive.name.text == "types" {
            return words.iter().flat_map(|(_, extensions)| extensions.clone()).collect();
        }
        let of = |name: &str| -> Vec<String> {
            words.iter().filter(|(known, _)| known == name).flat_map(|(_, args)| args.iter().cloned()).collect()
        };
        let listens = of("listen");
        if context == Context::Mail {
            return listens;
        }
        let mut names = of("server_name");
        names.retain(|name| !name.starts_with('~'));
        if words.iter().all(|(name, _)| name != "server_name") {
            names.push(String::new());
        }
        // A server of hundreds of names on many addresses is compared by its first ones: linear time first.
        let pairs = listens.iter().take(16).flat_map(|listen| {
            names.iter().map(move |name| if name.is_empty() { listen.clone() } else { format!("{name} on {listen}") })
        });
        pairs.collect()
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
    let label = if again { "read twice" } else { "the second" };
    let mut draft = Draft::new(message, later.name.span, label, help).level(kind.0);
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

/// The first include by which two ways part.
fn differing(way: &[Span], other: &[Span]) -> Option<Span> {
    let common = way.iter().zip(other).take_while(|(a, b)| a == b).count();
    way.get(common).or_else(|| way.last()).copied()
}
