use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::super::names::Answer;
use super::super::rule::Draft;
use super::super::upstreams::{is_address, targets};
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Place, Placed};
use crate::source::Level;

#[doc = include_str!("resolver_cannot_see_compose.md")]
pub(crate) static RULE: Rule = Rule {
    id: "resolver-cannot-see-compose",
    level: Level::Error,
    summary: "nginx asks a public name server for the name of a service of Compose",
    page: include_str!("resolver_cannot_see_compose.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said = BTreeSet::new();
    for config in &world.facts.nginx {
        let Place::Container { file, .. } = config.place else { continue };
        let Some(names) = world.names.get(file) else { continue };
        let asker = config.service(&world.facts.compose);
        // The resolver of each block that has one; the innermost holds.
        let mut resolvers: Option<HashMap<usize, &Placed>> = None;
        for target in targets(config).into_iter().filter(|target| !target.variable && !is_address(target.host)) {
            let directive = target.directive;
            let late = if directive.name.text == "server" {
                directive.args.iter().any(|word| word.text == "resolve")
            } else {
                directive.args.first().is_some_and(|word| word.text.contains('$'))
            };
            if !late || !matches!(names.ask(asker, target.host), Answer::Service(_)) {
                continue;
            }
            let resolvers =
                resolvers.get_or_insert_with(|| config.named("resolver").map(|found| (found.block, found)).collect());
            let Some(resolver) = config.around(directive.block).find_map(|block| resolvers.get(&block)) else {
                continue;
            };
            if !asks_public_servers_only(resolver) {
                sink.found();
                continue;
            }
            if !said.insert(target.span) {
                continue;
            }
            let message = format!("`{}` is a name of Compose, and nginx asks a public name server for it", target.host);
            let path = world.facts.path(resolver.name.span);
            let help = format!("write `resolver 127.0.0.11 valid=10s;` (Docker's own): change {path}");
            let draft = Draft::new(message, target.span, "nginx answers 502: the name does not exist there", help);
            sink.not_found(draft.related(resolver.name.span, "these servers know no name of a container"));
        }
    }
}

/// An address of a private network may be that of a name server which knows the containers.
fn asks_public_servers_only(resolver: &Placed) -> bool {
    let mut servers = resolver.args.iter().filter(|word| !word.text.contains('=')).peekable();
    let public = |text: &str| {
        let text = text.strip_suffix(":53").unwrap_or(text);
        match text.trim_matches(['[', ']']).parse() {
            Ok(IpAddr::V4(address)) => !address.is_private() && !address.is_loopback() && !address.is_link_local(),
            Ok(IpAddr::V6(address)) => address.segments()[0] & 0xe000 == 0x2000,
            Err(_) => false,
        }
    };
    servers.peek().is_some() && servers.all(|word| public(&word.text))
}
