use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::Place;
use crate::source::{Level, Span};

#[doc = include_str!("host_port_conflict.md")]
pub(crate) static RULE: Rule = Rule {
    id: "host-port-conflict",
    level: Level::Error,
    summary: "two programs want the same port of the server",
    page: include_str!("host_port_conflict.md"),
    check,
};

/// Of a longer range only the first ports are compared, and of many programs on one port the first ones: whoever has
/// more than that has heard of the conflict.
const MOST: usize = 16;

/// Ports of the server that one program takes.
struct Taken<'a> {
    /// The project and the service; nothing for the nginx of the host.
    owner: Option<(usize, &'a str)>,
    /// Where it says so.
    span: Span,
    /// Every address when absent.
    address: Option<IpAddr>,
    udp: bool,
    ports: (u16, u16),
}

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut by_port: BTreeMap<u16, Vec<Taken<'_>>> = BTreeMap::new();
    for taken in listened(world).into_iter().chain(published(world, sink)) {
        let (first, last) = taken.ports;
        let ports = || (first..=last).take(MOST);
        let rival = ports().find_map(|port| {
            let rival = by_port.get(&port)?.iter().find(|other| conflict(&taken, other))?;
            Some((port, rival))
        });
        if let Some((port, rival)) = rival {
            report(world, sink, port, &taken, rival);
        }
        for port in ports() {
            let all = by_port.entry(port).or_default();
            if all.len() < MOST {
                all.push(Taken { ..taken });
            }
        }
    }
}

/// What the services of servers publish on ports that are fixed. Of a range for one port of the container Docker takes
/// whichever is free.
fn published<'a>(world: &'a World<'a>, sink: &mut Sink<'_>) -> Vec<Taken<'a>> {
    let mut all = Vec::new();
    let services = world.servers().flat_map(|(at, project)| project.services.iter().map(move |service| (at, service)));
    for (at, service) in services {
        // Compose drops the ports of a service on the host's network.
        if service.network_mode.as_ref().is_some_and(|mode| mode.value == "host") {
            continue;
        }
        for port in &service.ports {
            let text = world.facts.texts.sources.slice(port.span);
            let length = |(first, last): (u16, u16)| last.saturating_sub(first);
            let Some(ports) = port.published else {
                if text.contains('$') {
                    sink.undecided(port.span, "the port of the host is a variable");
                }
                continue;
            };
            if ports.0 != ports.1 && length(ports) != length(port.target) {
                continue;
            }
            let address = match port.host.as_deref().map(address) {
                None => None,
                Some(Some(address)) => Some(address),
                Some(None) => {
                    sink.undecided(port.span, "the address of the host is a variable");
                    continue;
                }
            };
            let owner = Some((at, service.name.value.as_str()));
            all.push(Taken { owner, span: port.span, address, udp: text.contains("udp"), ports });
        }
    }
    all
}

/// What an nginx listens on that is on the host's network.
fn listened<'a>(world: &'a World<'a>) -> Vec<Taken<'a>> {
    let mut all = Vec::new();
    for config in &world.facts.nginx {
        let owner = match config.place {
            Place::Host => None,
            Place::Container { file, .. } => {
                let Some(service) = config.service(&world.facts.compose) else {
                    continue;
                };
                let server = world.servers().any(|(at, _)| at == file);
                if !server || service.network_mode.as_ref().is_none_or(|mode| mode.value != "host") {
                    continue;
                }
                Some((file, service.name.value.as_str()))
            }
        };
        let listens = config.named("listen").filter_map(|listen| {
            let word = listen.args.first()?;
            let (host, port) = listen_address(&word.text)?;
            let udp = listen.args.iter().any(|word| matches!(word.text.as_str(), "udp" | "quic"));
            Some(Taken { owner, span: word.span, address: Some(host), udp, ports: (port, port) })
        });
        all.extend(listens);
    }
    all
}

/// `PORT`, `ADDRESS:PORT`, or `ADDRESS` alone for port 80 (<https://nginx.org/en/docs/http/ngx_http_core_module.html#listen>);
/// `unix:` is no port.
fn listen_address(text: &str) -> Option<(IpAddr, u16)> {
    let every = IpAddr::from([0; 4]);
    if let Ok(port) = text.parse() {
        return Some((every, port));
    }
    let (host, port) = match text.rsplit_once(':').filter(|(host, _)| !host.starts_with('[') || host.ends_with(']')) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (text, 80),
    };
    Some((if host == "*" { every } else { address(host)? }, port))
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_matches(['[', ']']);
    if bare == "localhost" { Some([127, 0, 0, 1].into()) } else { bare.parse().ok() }
}

/// Whether two programs that run together cannot both have a port that both name.
fn conflict(one: &Taken<'_>, other: &Taken<'_>) -> bool {
    let addresses_meet = match (one.address, other.address) {
        (Some(a), Some(b)) => a == b || a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()),
        _ => true,
    };
    // Of several projects a folder may offer one to choose.
    let run_together = match (one.owner, other.owner) {
        (Some((a, _)), Some((b, _))) => a == b,
        _ => true,
    };
    addresses_meet && run_together && one.udp == other.udp && one.owner != other.owner
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, port: u16, taken: &Taken<'_>, rival: &Taken<'_>) {
    let name = |taken: &Taken<'_>| match taken.owner {
        Some((_, service)) => format!("`{service}`"),
        None => "the nginx of the host".to_owned(),
    };
    let (one, other) = (name(rival), name(taken));
    let draft = Draft::new(
        format!("{one} and {other} both want port {port} of the server"),
        taken.span,
        "whoever starts second does not start",
        format!("give {other} another port of the server, or none, in {}", world.facts.path(taken.span)),
    );
    let draft = draft.related(rival.span, format!("{one} has it"));
    let included = |span: Span| world.facts.compose.iter().any(|project| project.included.contains(&span.file));
    let profiled = |taken: &Taken<'_>| {
        taken.owner.is_some_and(|(at, name)| {
            let service = world.facts.compose.get(at).and_then(|project| project.service(name));
            service.is_some_and(|service| !service.profiles.is_empty() || service.never)
        })
    };
    // Of included files, and of services with a profile, a person often starts one.
    let choice = taken.span.file != rival.span.file && (included(taken.span) || included(rival.span));
    sink.find(if choice || profiled(taken) || profiled(rival) {
        draft.level(Level::Warning).pedantic()
    } else {
        draft
    });
}
