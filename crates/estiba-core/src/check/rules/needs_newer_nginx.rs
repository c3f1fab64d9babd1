use std::collections::BTreeSet;

use super::super::images::nginx_version;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Placed};
use crate::source::{Level, Span};
use crate::syntax::nginx::lookup;

#[doc = include_str!("needs_newer_nginx.md")]
pub(crate) static RULE: Rule = Rule {
    id: "needs-newer-nginx",
    level: Level::Error,
    summary: "a configuration uses what the nginx of its image does not know yet",
    page: include_str!("needs_newer_nginx.md"),
    check,
};

/// Directives by the version that brought them, from <https://nginx.org/en/docs/> and <https://nginx.org/en/CHANGES>.
const DIRECTIVES: [(&str, Version); 12] = [
    ("ssl_reject_handshake", (1, 19, 4)),
    ("ssl_conf_command", (1, 19, 4)),
    ("keepalive_time", (1, 19, 10)),
    ("http3", (1, 25, 0)),
    ("http3_hq", (1, 25, 0)),
    ("http3_stream_buffer_size", (1, 25, 0)),
    ("quic_retry", (1, 25, 0)),
    ("quic_gso", (1, 25, 0)),
    ("quic_host_key", (1, 25, 0)),
    ("http2", (1, 25, 1)),
    ("keepalive_min_timeout", (1, 27, 4)),
    ("early_hints", (1, 29, 0)),
];

type Version = (u32, u32, u32);

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said: BTreeSet<Span> = BTreeSet::new();
    for config in &world.facts.nginx {
        let Some(service) = config.service(&world.facts.compose) else { continue };
        let Some((version, text)) = nginx_version(service) else { continue };
        for directive in &config.directives {
            let Some((what, span, since)) = needed(config, directive).filter(|(_, _, since)| *since > version) else {
                continue;
            };
            if !said.insert(span) {
                continue;
            }
            let message = format!("{what} needs nginx {}.{}.{}, and this one is {text}", since.0, since.1, since.2);
            let at = service.image.as_ref().map_or(service.name.span, |image| image.span);
            let path = world.facts.path(if service.build.is_some() { span } else { at });
            let help = format!("use an image of nginx {}.{} or later: change {path}", since.0, since.1);
            let help = match service.recipe() {
                Some(recipe) => format!("let {} begin with nginx {}.{} or later", recipe.path, since.0, since.1),
                None => help,
            };
            sink.find(
                Draft::new(message, span, "nginx does not start", help).related(at, "this is the nginx that reads it"),
            );
        }
    }
}

/// What of a directive a version brought, with its place.
fn needed(config: &Config, directive: &Placed) -> Option<(String, Span, Version)> {
    let name = directive.name.text.as_str();
    let opener = config.opener(directive).map(|opener| opener.name.text.as_str());
    let word = |wanted: &str| directive.args.iter().skip(1).find(|word| word.text == wanted);
    match (name, opener) {
        ("server", Some("upstream")) => {
            let resolve = word("resolve")?;
            return Some(("`resolve` of a server of an upstream".to_owned(), resolve.span, (1, 27, 3)));
        }
        ("resolver", Some("upstream")) => {
            return Some(("`resolver` in an upstream".to_owned(), directive.name.span, (1, 27, 3)));
        }
        ("listen", _) => {
            let quic = word("quic")?;
            return Some(("`quic`".to_owned(), quic.span, (1, 25, 0)));
        }
        _ => {}
    }
    let (_, since) = DIRECTIVES.iter().find(|(known, _)| *known == name)?;
    let context = config.blocks.get(directive.block)?.context?;
    // What none of its generations takes is the finding of `wrong-context`.
    let taken = |generation| lookup(name, generation).is_some_and(|known| known.rule(context).is_some());
    let taken = config.generations.iter().any(|generation| taken(*generation));
    taken.then(|| (format!("`{name}`"), directive.name.span, *since))
}
