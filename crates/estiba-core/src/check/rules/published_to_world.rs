use std::collections::BTreeSet;
use std::net::IpAddr;

use super::super::fix::{Edit, Fix};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::RunsOn;
use crate::facts::compose::{Port, Service};
use crate::facts::monitoring::image_name;
use crate::facts::nginx::Place;
use crate::source::{Level, Span, last_part, lines};

#[doc = include_str!("published_to_world.md")]
pub(crate) static RULE: Rule = Rule {
    id: "published-to-world",
    level: Level::Error,
    summary: "a port is published to everybody, around nginx and around the firewall",
    page: include_str!("published_to_world.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    let proxies: BTreeSet<(usize, &str)> = facts
        .nginx
        .iter()
        .filter_map(|config| match config.place {
            Place::Container { file, .. } => Some((file, config.service(&facts.compose)?.name.value.as_str())),
            Place::Host => None,
        })
        .collect();
    let firewall = firewall(world);
    let declared = world.declares_steps();
    for (at, project) in world.servers() {
        for service in &project.services {
            let name = service.name.value.as_str();
            // Compose drops the ports of a service on the host's network.
            if service.network_mode.as_ref().is_some_and(|mode| mode.value == "host") {
                continue;
            }
            // Where nginx is the tree's, it alone is meant for everybody; where there is none, whoever has 80 and 443.
            let proxy = proxies.contains(&(at, name)) || facts.nginx.is_empty();
            for port in &service.ports {
                let text = facts.texts.sources.slice(port.span);
                match reach(port) {
                    Reach::World if proxy && is_web(port) => {}
                    Reach::World if proxy && port.published.is_none() && text.contains('$') => {
                        sink.undecided(port.span, "the port of the host is a variable");
                    }
                    Reach::World => {
                        let draft = draft((facts.path(port.span), name), port, text, firewall);
                        sink.find(weighed(draft, declared, is_private(service), firewall.is_some()));
                    }
                    Reach::Unknown => sink.undecided(port.span, "the address of the host is a variable"),
                    Reach::Near => {}
                }
            }
        }
    }
}

fn draft((path, name): (&str, &str), port: &Port, text: &str, firewall: Option<Span>) -> Draft {
    let inner = match port.target {
        Port::ANY => "a port".to_owned(),
        (first, last) if first == last => format!("port {first}"),
        (first, last) => format!("ports {first}-{last}"),
    };
    let outer = match port.published {
        Some((first, last)) if first == last => format!("port {first}"),
        Some((first, last)) => format!("ports {first}-{last}"),
        None if text.contains('$') => "a port that a variable names".to_owned(),
        None => "a port that Docker chooses".to_owned(),
    };
    let message = format!("everybody can reach {inner} of `{name}` on {outer} of the server");
    let help = match port.published {
        Some((first, last)) if first == last => {
            format!("publish it on loopback, as `127.0.0.1:{first}:…`, or not at all, in {path}")
        }
        _ => format!("publish it on loopback, with `127.0.0.1:` before it, or not at all, in {path}"),
    };
    let mut draft =
        Draft::new(message, port.span, "on every address, and ufw does not stop it: Docker's rules come first", help)
            .fix(loopback(port, text));
    if let Some(span) = firewall {
        draft = draft.related(span, "this firewall is not asked about ports that Docker publishes");
    }
    draft
}

/// The short form of a port, published on loopback. Whoever reaches it from another machine does so no more.
fn loopback(port: &Port, text: &str) -> Option<Fix> {
    let bare = text.trim_start_matches(['"', '\'']);
    let at = port.span.start as usize + text.len() - bare.len();
    let edit = match port.host.as_deref() {
        Some("0.0.0.0") if bare.starts_with("0.0.0.0:") => {
            Edit { span: Span::new(port.span.file, at, at + "0.0.0.0".len()), text: "127.0.0.1".to_owned() }
        }
        None if port.published.is_some() && bare.starts_with(|c: char| c.is_ascii_digit()) && bare.contains(':') => {
            Edit::insert(port.span, at, "127.0.0.1:")
        }
        _ => return None,
    };
    Some(Fix::unsafely("publish it on loopback", vec![edit]))
}

/// Where scripts declare what they do, nginx is the only door. In any other tree a published port is often the purpose of
/// a service; what nobody means to publish is a store of data or a page for administrators.
fn weighed(draft: Draft, declared: bool, private: bool, firewall: bool) -> Draft {
    match (declared, private, firewall) {
        (true, _, _) | (_, true, true) => draft,
        (_, true, false) => draft.level(Level::Warning),
        (_, false, _) => draft.level(Level::Warning).pedantic(),
    }
}

/// Images of stores of data and of pages for administrators that ask no password, or a known one, when they are new.
const PRIVATE: [&str; 28] = [
    "postgres",
    "postgis",
    "timescaledb",
    "mysql",
    "mariadb",
    "percona",
    "mongo",
    "mongo-express",
    "redis",
    "valkey",
    "memcached",
    "elasticsearch",
    "opensearch",
    "kibana",
    "rabbitmq",
    "clickhouse-server",
    "etcd",
    "consul",
    "prometheus",
    "alertmanager",
    "node-exporter",
    "cadvisor",
    "pushgateway",
    "portainer",
    "portainer-ce",
    "phpmyadmin",
    "adminer",
    "pgadmin4",
];

fn is_private(service: &Service) -> bool {
    let name = image_name(service);
    let socket = service.mounts.iter().any(|mount| mount.target == "/var/run/docker.sock");
    let name = last_part(name);
    socket && !["traefik", "nginx-proxy"].contains(&name) || PRIVATE.contains(&name)
}

enum Reach {
    World,
    /// Loopback, or a network that is not routed on the Internet.
    Near,
    Unknown,
}

fn reach(port: &Port) -> Reach {
    if !port.is_public() {
        return Reach::Near;
    }
    let Some(host) = port.host.as_deref() else { return Reach::World };
    if host.contains('$') {
        return Reach::Unknown;
    }
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_private() || address.is_link_local() || is_shared(address.octets()) => {
            Reach::Near
        }
        Ok(IpAddr::V6(address)) if address.is_unique_local() || address.is_unicast_link_local() => Reach::Near,
        _ => Reach::World,
    }
}

/// 100.64.0.0/10 of RFC 6598, where overlay networks put their addresses.
fn is_shared(octets: [u8; 4]) -> bool {
    octets[0] == 100 && octets[1] & 0xc0 == 64
}

fn is_web(port: &Port) -> bool {
    port.published.is_some_and(|(first, last)| first == last && matches!(first, 80 | 443))
}

/// The first `ufw` command of a script that runs on a server.
fn firewall(world: &World<'_>) -> Option<Span> {
    let scripts = world.facts.contracts.iter().filter(|contract| contract.runs_on != Some(RunsOn::Laptop));
    for contract in scripts {
        let text = &world.facts.texts.sources.get(contract.file).text;
        for (start, line) in lines::holding(text, &["ufw "]) {
            let command = line.trim_start();
            let bare = command.strip_prefix("sudo ").unwrap_or(command);
            if ["ufw default deny", "ufw deny", "ufw enable", "ufw --force enable"]
                .iter()
                .any(|it| bare.starts_with(it))
            {
                let at = start + line.len() - command.len();
                return Some(Span::new(contract.file, at, at + command.trim_end().len()));
            }
        }
    }
    None
}
