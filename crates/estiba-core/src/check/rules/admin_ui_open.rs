use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use super::super::images::short_name;
use super::super::names::Answer;
use super::super::rule::Draft;
use super::super::upstreams::{authority_of, is_loopback, targets};
use super::super::{Rule, Sink, World};
use crate::facts::compose::{ComposeFile, Service};
use crate::facts::monitoring::flag;
use crate::facts::nginx::{Config, Place, Placed};
use crate::source::Level;

#[doc = include_str!("admin_ui_open.md")]
pub(crate) static RULE: Rule = Rule {
    id: "admin-ui-open",
    level: Level::Warning,
    summary: "nginx lets everybody reach a program that asks nobody for a password",
    page: include_str!("admin_ui_open.md"),
    check,
};

/// Programs for the people who run a server, and that have no sign-in of their own unless they are given one.
const OPEN: [&str; 14] = [
    "prom/prometheus",
    "prom/alertmanager",
    "prom/pushgateway",
    "prom/node-exporter",
    "prom/blackbox-exporter",
    "quay.io/prometheus/prometheus",
    "quay.io/prometheus/alertmanager",
    "quay.io/prometheus/node-exporter",
    "gcr.io/cadvisor/cadvisor",
    "amir20/dozzle",
    "mailhog/mailhog",
    "axllent/mailpit",
    "rediscommander/redis-commander",
    "jaegertracing/all-in-one",
];

/// Directives that let some people in and others not, or that hand the question to somebody else.
const GUARDS: [&str; 12] = [
    "auth_basic",
    "auth_request",
    "auth_jwt",
    "auth_oidc",
    "allow",
    "deny",
    "satisfy",
    "internal",
    "if",
    "ssl_verify_client",
    "access_by_lua_block",
    "access_by_lua_file",
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said = BTreeSet::new();
    for config in &world.facts.nginx {
        let Place::Container { file, .. } = config.place else { continue };
        let (Some(project), Some(names)) = (world.facts.compose.get(file), world.names.get(file)) else { continue };
        let asker = config.service(&world.facts.compose);
        if !project.server || !asker.is_some_and(|nginx| is_public(nginx, project)) {
            continue;
        }
        let mut guarded: Option<HashSet<usize>> = None;
        let mut near: Option<HashSet<usize>> = None;
        let mut passes: Option<HashMap<&str, Vec<&Placed>>> = None;
        let untold = config.untold_blocks();
        for target in targets(config).into_iter().filter(|target| !target.variable) {
            let Answer::Service(name) = names.ask(asker, target.host) else { continue };
            let Some(service) = project.service(&name).filter(|service| asks_nobody(service)) else { continue };
            let guarded = guarded.get_or_insert_with(|| guards(config));
            let near = near.get_or_insert_with(|| near_servers(config));
            let passes = passes.get_or_insert_with(|| by_upstream(config));
            // A server of an upstream is asked from wherever a location passes requests to that block.
            let through: &[&Placed] = match config.opener(target.directive) {
                Some(block) if block.name.text == "upstream" => {
                    let name = block.args.first().map_or("", |name| name.text.as_str());
                    passes.get(name).map_or(&[], Vec::as_slice)
                }
                _ => &[target.directive],
            };
            for pass in through {
                if config.around(pass.block).any(|block| guarded.contains(&block) || near.contains(&block)) {
                    sink.found();
                } else if config.around(pass.block).any(|block| untold.contains(&block)) {
                    sink.undecided(pass.name.span, "a part of the configuration that is not in the tree may ask");
                } else if said.insert(pass.name.span) {
                    report(world, sink, service, pass);
                }
            }
        }
    }
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, service: &Service, pass: &Placed) {
    let message =
        format!("everybody can reach `{}` through nginx, and it asks nobody who they are", service.name.value);
    let path = world.facts.path(pass.name.span);
    let help =
        format!("write `auth_basic` with `auth_basic_user_file`, or `allow` and `deny`, beside it: change {path}");
    let at = service.image.as_ref().map_or(service.name.span, |image| image.span);
    let draft = Draft::new(message, pass.name.span, "nothing here or around it lets only some people in", help);
    sink.find(draft.related(at, "this program has no sign-in of its own"));
}

/// Whether its options and variables give it no sign-in either.
fn asks_nobody(service: &Service) -> bool {
    let signs_in = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["AUTH", "PASSWORD", "HTTP_USER"].iter().any(|word| name.contains(word))
    };
    OPEN.contains(&short_name(service))
        && service.build.is_none()
        && flag(service, "web.config.file").is_none()
        && !service.command.iter().any(|word| signs_in(&word.value))
        && !service.environment.iter().any(|(name, _)| signs_in(name))
        && service.env_files.is_empty()
}

/// An address of this machine, of a local network or of a VPN.
fn is_near(host: &str) -> bool {
    is_loopback(host)
        || host.parse::<IpAddr>().is_ok_and(|address| match address {
            // 100.64.0.0/10: what carriers and VPNs share, RFC 6598.
            IpAddr::V4(it) => {
                it.is_private() || it.is_link_local() || it.octets()[0] == 100 && it.octets()[1] & 0xc0 == 64
            }
            IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local(),
        })
}

/// Whether others than this machine reach an nginx: it publishes a port on more than loopback, or is on the host's network.
fn is_public(nginx: &Service, project: &ComposeFile) -> bool {
    let on_host = nginx.network_mode.as_ref().is_some_and(|mode| mode.value == "host");
    let near = |host: &str| is_near(host.trim_matches(['[', ']']));
    !project.swarm && (on_host || nginx.ports.iter().any(|port| !port.host.as_deref().is_some_and(near)))
}

/// Blocks in which something guards.
fn guards(config: &Config) -> HashSet<usize> {
    let guards = config.directives.iter().filter(|directive| {
        let name = directive.name.text.as_str();
        GUARDS.contains(&name) && directive.args.first().is_none_or(|word| word.text != "off")
    });
    guards.map(|directive| directive.block).collect()
}

/// Name of an upstream → what passes requests to it.
fn by_upstream(config: &Config) -> HashMap<&str, Vec<&Placed>> {
    let mut passes: HashMap<&str, Vec<&Placed>> = HashMap::new();
    for pass in config.named("proxy_pass") {
        let Some(word) = pass.args.first() else { continue };
        passes.entry(authority_of(&word.text)).or_default().push(pass);
    }
    passes
}

/// Blocks of servers that listen for this machine only.
fn near_servers(config: &Config) -> HashSet<usize> {
    let mut servers: HashMap<usize, bool> = HashMap::new();
    for listen in config.named("listen") {
        let text = listen.args.first().map_or("", |word| word.text.as_str());
        let host = text.rsplit_once(':').map_or("", |(host, _)| host);
        let near = text.starts_with("unix:") || is_near(host.trim_matches(['[', ']']));
        *servers.entry(listen.block).or_insert(true) &= near;
    }
    servers.into_iter().filter(|(_, near)| *near).map(|(block, _)| block).collect()
}
