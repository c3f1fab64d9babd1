use std::collections::BTreeMap;

use super::super::names::{Answer, Names};
use super::super::rule::Draft;
use super::super::upstreams::{Target, is_loopback, targets};
use super::super::{Rule, Sink, World};
use crate::facts::compose::{Port, Service};
use crate::facts::nginx::{Config, Place};
use crate::source::Level;

#[doc = include_str!("upstream_uses_host_port.md")]
pub(crate) static RULE: Rule = Rule {
    id: "upstream-uses-host-port",
    level: Level::Error,
    summary: "nginx passes requests to the host's port where the container's belongs, or the other way round",
    page: include_str!("upstream_uses_host_port.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let ports: Vec<Ports<'_>> = world
        .facts
        .compose
        .iter()
        .map(|project| {
            let mut ports: Ports<'_> = BTreeMap::new();
            for service in &project.services {
                ports.entry(service.name.value.as_str()).or_default().push(service);
            }
            ports
        })
        .collect();
    for config in &world.facts.nginx {
        let project = match config.place {
            Place::Container { file, .. } => Some(file),
            Place::Host => None,
        };
        let names = project.and_then(|project| world.names.get(project));
        let asker = config.service(&world.facts.compose);
        if names.is_none_or(|names| names.is_on_host(asker)) {
            on_host(world, config, &ports, sink);
        } else if let (Some(names), Some(ports)) = (names, project.and_then(|project| ports.get(project))) {
            in_container(world, config, names, ports, sink);
        }
    }
}

/// Everything that a project says about each service.
type Ports<'a> = BTreeMap<&'a str, Vec<&'a Service>>;

/// Between containers the port is the container's.
fn in_container(world: &World<'_>, config: &Config, names: &Names, ports: &Ports<'_>, sink: &mut Sink<'_>) {
    let asker = config.service(&world.facts.compose);
    for target in targets(config).into_iter().filter(|target| !target.variable) {
        let (Answer::Service(name), Some(port)) = (names.ask(asker, target.host), port_of(&target)) else { continue };
        let parts = ports.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        if parts.iter().any(|service| service.states_port(port)) {
            continue;
        }
        let entries = parts.iter().flat_map(|service| &service.ports);
        let Some((entry, inner)) = entries.filter_map(|entry| Some((entry, inner(entry, port)?))).next() else {
            continue;
        };
        let message = format!("nginx passes requests to port {port} of `{name}`, which is the host's port");
        let help = format!("between containers it is port {inner}: change {}", world.facts.path(target.span));
        let draft = Draft::new(message, target.span, format!("the container listens on {inner}"), help);
        sink.find(draft.related(entry.span, format!("{port} is published on the host, {inner} is the container's")));
    }
}

/// On the host's network only what is published can be reached.
fn on_host(world: &World<'_>, config: &Config, ports: &[Ports<'_>], sink: &mut Sink<'_>) {
    let server = || world.servers().filter_map(|(at, _)| ports.get(at)).flatten();
    let all: Vec<(&str, &Port)> = server()
        .flat_map(|(name, parts)| parts.iter().flat_map(|service| service.ports.iter().map(|port| (*name, port))))
        .collect();
    let others = server().any(|(_, parts)| parts.iter().any(|service| is_in_host_network(service)));
    for target in targets(config) {
        if target.variable {
            if config.place == Place::Host {
                sink.undecided(target.span, "the host is a variable");
            }
            continue;
        }
        let (true, Some(port)) = (is_loopback(target.host), port_of(&target)) else { continue };
        let published = |entry: &Port| entry.is_published(port) && answers(entry, target.host);
        if all.iter().any(|(_, entry)| published(entry)) || listens_itself(config, port) {
            sink.found();
            continue;
        }
        let inside = all.iter().find(|(_, entry)| entry.is_target(port));
        if inside.is_none() && (others || config.place != Place::Host) {
            sink.undecided(target.span, "a program of the host's network may listen on this port");
            continue;
        }
        let message = format!("nginx passes requests to {}:{port}, and no service publishes that port", target.host);
        let path = world.facts.path(target.span);
        let draft = match inside {
            Some((name, entry)) => {
                let outer = entry.published.map(|(first, _)| first);
                let help = match outer {
                    Some(outer) => format!("on the host `{name}` answers on port {outer}: change {path}"),
                    None => format!(
                        "publish it on loopback, `127.0.0.1:{port}:{port}`, in {}",
                        world.facts.path(entry.span)
                    ),
                };
                Draft::new(message, target.span, "this is a port inside the container", help)
                    .related(entry.span, format!("what `{name}` publishes"))
            }
            None => {
                let help = format!("publish it on loopback in the Compose file, or correct the port in {path}");
                Draft::new(message, target.span, "nothing answers here on the server", help)
            }
        };
        sink.not_found(draft);
    }
}

fn is_in_host_network(service: &Service) -> bool {
    service.network_mode.as_ref().is_some_and(|mode| mode.value == "host")
}

/// The port as nginx fills it in.
pub(super) fn port_of(target: &Target<'_>) -> Option<u16> {
    let word = target.directive.args.first()?;
    let https = word.text.starts_with("https://") || word.text.starts_with("grpcs://");
    match target.directive.name.text.as_str() {
        "server" | "proxy_pass" | "grpc_pass" => Some(target.port.unwrap_or(if https { 443 } else { 80 })),
        _ => target.port,
    }
}

/// The container's port behind one of the host.
pub(super) fn inner(entry: &Port, port: u16) -> Option<u16> {
    let outer = entry.published.filter(|_| entry.is_published(port))?;
    let count = entry.target.1.checked_sub(entry.target.0)?;
    // One port behind a range of the host's, or a range behind a range.
    Some(if count == 0 { entry.target.0 } else { entry.target.0 + (port - outer.0).min(count) })
}

/// Whether what is published there answers at this loopback address.
fn answers(entry: &Port, host: &str) -> bool {
    let Some(address) = entry.host.as_deref() else { return true };
    let address = address.trim_matches(['[', ']']);
    match host {
        "localhost" => matches!(address, "0.0.0.0" | "::") || is_loopback(address),
        host => {
            address == host || address == if host.contains(':') { "::" } else { "0.0.0.0" } || address == "localhost"
        }
    }
}

/// Whether this nginx listens on a port itself.
fn listens_itself(config: &Config, port: u16) -> bool {
    let port = port.to_string();
    config
        .named("listen")
        .filter_map(|listen| listen.args.first())
        .any(|word| word.text == port || word.text.rsplit_once(':').is_some_and(|(_, known)| known == port))
}
