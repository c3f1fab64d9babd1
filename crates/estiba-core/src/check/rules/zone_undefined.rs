use std::collections::BTreeMap;

use super::super::fix::rename;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Placed};
use crate::source::{Level, Span, nearest};
use crate::syntax::nginx::Context;

#[doc = include_str!("zone_undefined.md")]
pub(crate) static RULE: Rule = Rule {
    id: "zone-undefined",
    level: Level::Error,
    summary: "nginx is to use a shared zone that nothing declares",
    page: include_str!("zone_undefined.md"),
    check,
};

/// Directives that name a zone, and those that declare one.
const USES: [(&str, &[&str]); 6] = [
    ("limit_req", &["limit_req_zone"]),
    ("limit_conn", &["limit_conn_zone"]),
    ("proxy_cache", &["proxy_cache_path"]),
    ("fastcgi_cache", &["fastcgi_cache_path"]),
    ("uwsgi_cache", &["uwsgi_cache_path"]),
    ("scgi_cache", &["scgi_cache_path"]),
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        // A part of the configuration that is not in the tree may declare it.
        let declares = |block: &usize| {
            let context = config.blocks.get(*block).and_then(|block| block.context);
            !matches!(
                context,
                Some(
                    Context::Server
                        | Context::Location
                        | Context::IfInServer
                        | Context::IfInLocation
                        | Context::LimitExcept
                )
            )
        };
        let whole = !config.untold_blocks().iter().any(declares);
        for area in [Context::Upstream, Context::StreamUpstream] {
            sizes(world, sink, config, area, whole);
        }
        for (name, declared_by) in USES {
            let mut declared: BTreeMap<&str, Span> = BTreeMap::new();
            for directive in declared_by.iter().flat_map(|name| config.named(name)) {
                declared.extend(zone(directive));
            }
            for directive in config.named(name) {
                let Some((zone, span)) = used(name, directive) else { continue };
                if declared.contains_key(zone) {
                    sink.found();
                } else if whole {
                    report(world, sink, config, (name, zone, span), declared_by, &declared);
                } else {
                    sink.undecided(span, "a part of the configuration that is not in the tree may declare the zone");
                }
            }
        }
    }
}

/// Several upstreams may share a zone, and one of them gives it a size.
fn sizes(world: &World<'_>, sink: &mut Sink<'_>, config: &Config, area: Context, whole: bool) {
    let is_here = |zone: &&Placed| config.blocks.get(zone.block).is_some_and(|block| block.context == Some(area));
    let (sized, bare): (Vec<_>, Vec<_>) = config.named("zone").filter(is_here).partition(|zone| zone.args.len() > 1);
    let sized: BTreeMap<&str, Span> =
        sized.iter().filter_map(|zone| zone.args.first()).map(|word| (word.text.as_str(), word.span)).collect();
    for word in bare.iter().filter_map(|zone| zone.args.first()).filter(|word| !word.text.contains(['$', '{'])) {
        if sized.contains_key(word.text.as_str()) {
            sink.found();
        } else if whole {
            let message = format!("no `zone` of an upstream gives the zone `{}` a size", word.text);
            let help = format!("write `zone NAME 64k;`: change {}", world.facts.path(word.span));
            sink.not_found(Draft::new(message, word.span, "nginx does not start", help));
        } else {
            sink.undecided(word.span, "a part of the configuration that is not in the tree may declare the zone");
        }
    }
}

fn report(
    world: &World<'_>,
    sink: &mut Sink<'_>,
    _config: &Config,
    (name, zone, span): (&str, &str, Span),
    declared_by: &[&str],
    declared: &BTreeMap<&str, Span>,
) {
    let near = nearest(zone, declared.keys().copied());
    let path = world.facts.path(span);
    let help = match near {
        Some(near) => format!("did you mean `{near}`? Change {path}"),
        None => format!("declare it in `http` with `{}`, in a file that this nginx reads", declared_by.join("` or `")),
    };
    let message = format!("`{name}` uses the zone `{zone}`, and nothing declares it");
    let draft = Draft::new(message, span, "nginx does not start", help).fix(rename(
        world.facts,
        span,
        zone,
        declared.keys().copied(),
    ));
    sink.not_found(match near.and_then(|near| declared.get(near)) {
        Some(at) => draft.related(*at, "this zone has a name like it"),
        None => draft,
    });
}

/// The zone that a directive names; a variable is none that is known.
fn used<'a>(name: &str, directive: &'a Placed) -> Option<(&'a str, Span)> {
    let found = match name {
        "limit_req" => directive.args.iter().find_map(|word| Some((word.text.strip_prefix("zone=")?, word.span))),
        _ => directive.args.first().map(|word| (word.text.as_str(), word.span)),
    };
    found.filter(|(zone, _)| *zone != "off" && !zone.contains('$'))
}

/// The zone that a directive declares.
fn zone(directive: &Placed) -> Option<(&str, Span)> {
    directive.args.iter().find_map(|word| {
        let named = word.text.strip_prefix("zone=").or_else(|| word.text.strip_prefix("keys_zone="))?;
        Some((named.split(':').next()?, word.span))
    })
}
