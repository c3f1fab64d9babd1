use std::collections::BTreeMap;

use super::super::listens::default_port;
use super::super::names::Answer;
use super::super::rule::Draft;
use super::super::upstreams::targets;
use super::super::{Rule, Sink, World};
use super::upstream_uses_host_port::{inner, port_of};
use crate::facts::compose::Service;
use crate::facts::nginx::Place;
use crate::source::{Level, Span};

#[doc = include_str!("upstream_port_not_listening.md")]
pub(crate) static RULE: Rule = Rule {
    id: "upstream-port-not-listening",
    level: Level::Warning,
    summary: "nginx passes requests to a port on which the container does not listen, as far as the tree tells",
    page: include_str!("upstream_port_not_listening.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        let Place::Container { file, .. } = config.place else { continue };
        let (Some(project), Some(names)) = (world.facts.compose.get(file), world.names.get(file)) else { continue };
        let asker = config.service(&world.facts.compose);
        if names.is_on_host(asker) {
            continue;
        }
        let mut services: BTreeMap<&str, Vec<&Service>> = BTreeMap::new();
        for service in &project.services {
            services.entry(&service.name.value).or_default().push(service);
        }
        for target in targets(config).into_iter().filter(|target| !target.variable) {
            let (Answer::Service(name), Some(port)) = (names.ask(asker, target.host), port_of(&target)) else {
                continue;
            };
            let Some(parts) = services.get(name.as_str()) else { continue };
            let published = parts.iter().flat_map(|service| &service.ports).any(|entry| inner(entry, port).is_some());
            let stated = parts.iter().any(|service| service.states_port(port));
            // The port of the host is the finding of `upstream-uses-host-port`.
            if published || stated {
                continue;
            }
            let Some((right, at, sure)) = other_port(parts, port) else { continue };
            let message = format!("nginx passes requests to port {port} of `{name}`, which listens on {right}");
            let help = format!("write port {right}: change {}", world.facts.path(target.span));
            let draft = Draft::new(message, target.span, "nobody answers there, as far as the tree tells", help);
            let draft = draft.related(at, format!("this says {right}"));
            sink.find(if sure { draft } else { draft.pedantic() });
        }
    }
}

/// The port on which it listens instead, where the tree says so, and whether that is sure: what people declare may be out
/// of date, the port of a program that everybody knows is not.
fn other_port(parts: &[&Service], port: u16) -> Option<(u16, Span, bool)> {
    if let Some((right, at)) = parts.iter().find_map(|service| default_port(service)) {
        // A file may name another port, and an image of one's own listens as it likes.
        let sure = parts.iter().all(|service| service.env_files.is_empty() && service.build.is_none());
        return (right != port).then_some((right, at, sure));
    }
    // An option, a variable or a file of variables may name the port.
    let text = port.to_string();
    let named = |service: &&Service| {
        !service.env_files.is_empty()
            || service.command.iter().any(|word| word.value.contains(&text))
            || service.environment.iter().any(|(_, value)| value.as_ref().is_none_or(|value| value.contains(&text)))
    };
    if parts.iter().any(named) {
        return None;
    }
    let mapped = parts.iter().flat_map(|service| &service.ports).next().map(|entry| (entry.target.0, entry.span));
    let exposed = parts.iter().find_map(|service| Some((*service.expose.first()?, service.name.span)));
    mapped.or(exposed).map(|(right, at)| (right, at, false))
}
