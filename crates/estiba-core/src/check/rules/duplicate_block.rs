use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Placed};
use crate::source::{Level, Span};
use crate::syntax::nginx::Context;

#[doc = include_str!("duplicate_block.md")]
pub(crate) static RULE: Rule = Rule {
    id: "duplicate-block",
    level: Level::Error,
    summary: "a shared zone or a location is there twice, and only one of both can be",
    page: include_str!("duplicate_block.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said: BTreeSet<(Span, Span)> = BTreeSet::new();
    for config in &world.facts.nginx {
        let mut zones: BTreeMap<&str, Zone<'_>> = BTreeMap::new();
        for zone in config.directives.iter().filter_map(|directive| zone(config, directive)) {
            let Some(first) = zones.get(zone.name) else {
                zones.insert(zone.name, zone);
                continue;
            };
            let Some(why) = conflict(first, &zone).filter(|_| first.span != zone.span) else { continue };
            if said.insert((first.span, zone.span)) {
                let message = format!("the zone `{}` is declared twice, {why}", zone.name);
                let help = format!("give it a name of its own: change {}", world.facts.path(zone.span));
                let draft = Draft::new(message, zone.span, "nginx does not start with both", help);
                sink.find(draft.related(first.span, "the first"));
            }
        }
        let mut locations: HashMap<(usize, bool, &str), &Placed> = HashMap::new();
        for location in config.named("location") {
            let Some((minds_case, pattern)) = pattern(location) else { continue };
            let first = *locations.entry((location.block, minds_case, pattern)).or_insert(location);
            // The same line of a file that is read twice is the finding of `file-included-twice`.
            if first.name.span == location.name.span || !said.insert((first.name.span, location.name.span)) {
                continue;
            }
            let message = format!("two locations of one block are for `{pattern}`, and nginx never takes the second");
            let help =
                format!("put both together, or remove one of both from {}", world.facts.path(location.name.span));
            let draft = Draft::new(message, location.name.span, "the second", help).level(Level::Warning);
            sink.find(draft.related(first.name.span, "nginx tries them in their order, and takes this one"));
        }
    }
}

/// A piece of memory that workers share, by the name that all of nginx has one of.
struct Zone<'a> {
    name: &'a str,
    /// nginx tells uses apart by the module (`tag` of `ngx_shared_memory_add`).
    used_by: (&'a str, Option<Context>),
    size: Option<u64>,
    span: Span,
}

fn zone<'a>(config: &Config, directive: &'a Placed) -> Option<Zone<'a>> {
    let name = directive.name.text.as_str();
    let of = |prefix: &str| directive.args.iter().find_map(|word| Some((word.text.strip_prefix(prefix)?, word.span)));
    let context = config.blocks.get(directive.block)?.context?;
    let (text, span) = match name {
        "limit_req_zone" | "limit_conn_zone" => of("zone=")?,
        "proxy_cache_path" | "fastcgi_cache_path" | "uwsgi_cache_path" | "scgi_cache_path" => of("keys_zone=")?,
        "ssl_session_cache" => of("shared:")?,
        "zone" if matches!(context, Context::Upstream | Context::StreamUpstream) => {
            let word = directive.args.first()?;
            let size = directive.args.get(1).and_then(|word| bytes(&word.text));
            return Some(Zone { name: &word.text, used_by: (name, area(context)), size, span: word.span });
        }
        _ => return None,
    };
    let (zone, size) = text.split_once(':').unwrap_or((text, ""));
    let is_known = !zone.is_empty() && !zone.contains(['$', '{']);
    is_known.then(|| Zone { name: zone, used_by: (name, area(context)), size: bytes(size), span })
}

/// Modules of `http`, `stream` and `mail` are others, though their directives are called alike.
fn area(context: Context) -> Option<Context> {
    match context {
        Context::Stream | Context::StreamServer | Context::StreamUpstream => Some(Context::Stream),
        Context::Mail | Context::MailServer => Some(Context::Mail),
        _ => None,
    }
}

/// Why nginx refuses the second one. Two of one `limit_…_zone` are the finding of `duplicate-directive`.
fn conflict(first: &Zone<'_>, second: &Zone<'_>) -> Option<&'static str> {
    if first.used_by != second.used_by {
        return Some("for two uses");
    }
    match first.used_by.0 {
        name if name.ends_with("_cache_path") => Some("for two caches"),
        "zone" | "ssl_session_cache" => {
            (first.size.is_some() && second.size.is_some() && first.size != second.size).then_some("with two sizes")
        }
        _ => None,
    }
}

/// `10m`, `512k` or a number.
fn bytes(text: &str) -> Option<u64> {
    let (number, factor) = match text.strip_suffix(['k', 'K']) {
        Some(number) => (number, 1 << 10),
        None => text.strip_suffix(['m', 'M']).map_or((text, 1), |number| (number, 1 << 20)),
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// The regular expression of a location and whether it minds the case. Other locations are compared by
/// `duplicate-directive`.
fn pattern(location: &Placed) -> Option<(bool, &str)> {
    match location.args.as_slice() {
        [modifier, pattern] if modifier.text == "~" || modifier.text == "~*" => {
            Some((modifier.text == "~", &pattern.text))
        }
        _ => None,
    }
}
