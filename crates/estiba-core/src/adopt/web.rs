//! What is reachable from outside, as the nginx of a project says it.

use std::collections::{BTreeMap, BTreeSet};

use super::From;
use crate::describe::is_domain_name;
use crate::facts::Facts;
use crate::facts::compose::Service;
use crate::facts::monitoring::image_name;
use crate::facts::nginx::{Config, Place, Placed};
use crate::syntax::quoted;
use crate::syntax::yaml::Node;

/// The service that a folder of configuration is given for reading.
pub(super) const NAMED: &str = "estiba-adopted-nginx";

/// Images whose whole work Estiba's proxy does.
const PROXIES: [&str; 8] = [
    "traefik",
    "certbot",
    "certbot/certbot",
    "nginx-proxy",
    "nginxproxy/nginx-proxy",
    "jwilder/nginx-proxy",
    "nginxproxy/acme-companion",
    "jc21/nginx-proxy-manager",
];

/// Directives whose meaning is carried over, or which Estiba's own proxy says.
const KNOWN: [&str; 40] = [
    "events",
    "http",
    "server",
    "listen",
    "server_name",
    "location",
    "proxy_pass",
    "upstream",
    "include",
    "user",
    "worker_processes",
    "worker_connections",
    "pid",
    "error_log",
    "access_log",
    "log_format",
    "sendfile",
    "tcp_nopush",
    "tcp_nodelay",
    "keepalive_timeout",
    "types_hash_max_size",
    "default_type",
    "gzip",
    "gzip_types",
    "proxy_set_header",
    "proxy_http_version",
    "proxy_redirect",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_protocols",
    "ssl_ciphers",
    "ssl_prefer_server_ciphers",
    "ssl_session_cache",
    "ssl_session_timeout",
    "ssl_dhparam",
    "return",
    "map",
    "resolver",
    "multi_accept",
    "server_tokens",
];

/// Where services are reachable.
#[derive(Default)]
pub(super) struct Sites {
    /// Services that only pass requests on: Estiba's nginx does that.
    pub(super) proxies: BTreeSet<String>,
    /// Service → its entries.
    entries: BTreeMap<String, Vec<String>>,
    /// Service → what may be one, where no nginx says it.
    guesses: BTreeMap<String, String>,
}

impl Sites {
    pub(super) fn of(&self, service: &str) -> Vec<String> {
        self.entries.get(service).cloned().unwrap_or_default()
    }

    pub(super) fn guess(&self, service: &str) -> Option<&String> {
        self.guesses.get(service)
    }

    pub(super) fn read(facts: &Facts, from: &From<'_>, services: &[(Node, Node)], notes: &mut Vec<String>) -> Self {
        let mut sites = Self::default();
        let own = facts.compose.iter().find(|project| project.files.contains(from.compose));
        let all: &[Service] = own.map_or(&[], |project| &project.services);
        for service in all.iter().filter(|service| PROXIES.contains(&image_name(service))) {
            notes.push(format!("`{}` is left out: the proxy and the certificates are Estiba's", service.name.value));
            sites.proxies.insert(service.name.value.clone());
        }
        let mut seen = BTreeSet::new();
        for config in &facts.nginx {
            let Some(asker) = config.service(&facts.compose) else { continue };
            let named = asker.name.value == NAMED;
            let of_project = own.is_some_and(|own| match config.place {
                Place::Container { file, .. } => {
                    facts.compose.get(file).is_some_and(|project| project.path == own.path)
                }
                Place::Host => false,
            });
            let passes = config.named("proxy_pass").next().is_some();
            let runs_programs = ["fastcgi_pass", "uwsgi_pass"].iter().any(|name| config.named(name).next().is_some());
            if !(named || of_project) || !passes || runs_programs {
                continue;
            }
            if !named {
                sites.proxies.insert(asker.name.value.clone());
                notes.push(format!("`{}` is left out: what it passes on is `web:` of the services", asker.name.value));
            }
            sites.of_config(config, from, all, &mut seen, notes);
        }
        let published = |service: &&Service| {
            !sites.proxies.contains(&service.name.value) && service.ports.iter().any(|port| port.is_public())
        };
        if sites.entries.is_empty() {
            let guesses = all.iter().filter(published).filter_map(|service| {
                let port = service.ports.iter().find(|port| port.is_public() && port.target.0 == port.target.1)?;
                let name = &service.name.value;
                let host = format!("{}.{}.example", name.replace('_', "-"), from.project);
                Some((name.clone(), format!("{{ host: {host}, path: /, port: {} }}", port.target.0)))
            });
            sites.guesses = guesses.collect();
            if !services.is_empty() {
                notes.push("no nginx of the project says what is reachable from outside: write `web:`".to_owned());
            }
        }
        sites
    }

    fn of_config(
        &mut self,
        config: &Config,
        from: &From<'_>,
        services: &[Service],
        seen: &mut BTreeSet<(String, String)>,
        notes: &mut Vec<String>,
    ) {
        for pass in config.named("proxy_pass") {
            let Some(address) = pass.args.first().map(|word| word.text.as_str()) else { continue };
            let (location, server) = around(config, pass);
            let path = match location.map(|location| location.args.as_slice()) {
                None => "/".to_owned(),
                Some([path]) if path.text.starts_with('/') => clean(&path.text),
                Some([kind, path]) if matches!(kind.text.as_str(), "=" | "^~") => clean(&path.text),
                Some(words) => {
                    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                    notes.push(format!("`location {}` of nginx, which passes to `{address}`", words.join(" ")));
                    continue;
                }
            };
            let Some((service, port, uri)) = target(config, address, services) else {
                notes.push(format!("`{path}` of nginx passes to `{address}`, which is no service"));
                continue;
            };
            let strip = match uri {
                Some("/") => path != "/",
                Some(uri) if uri.trim_end_matches('/') == path => false,
                Some(uri) => {
                    notes.push(format!(
                        "`{path}` of nginx becomes `{uri}` at `{service}`: only the path itself can be removed"
                    ));
                    false
                }
                None => false,
            };
            for host in hosts(server, from.project, notes) {
                if !seen.insert((host.clone(), path.clone())) {
                    continue;
                }
                let guessed = if host.ends_with(".example") { " # CHANGE: the public name" } else { "" };
                let strip = if strip { ", strip: true" } else { "" };
                let entry = format!("{{ host: {host}, path: {}, port: {port}{strip} }}{guessed}", quoted(&path));
                self.entries.entry(service.clone()).or_default().push(entry);
            }
        }
        let mut others: BTreeMap<&str, usize> = BTreeMap::new();
        for directive in &config.directives {
            let known_block = config.blocks.get(directive.block).is_some_and(|block| block.context.is_some());
            if known_block && !KNOWN.contains(&directive.name.text.as_str()) {
                *others.entry(&directive.name.text).or_default() += 1;
            }
        }
        if !others.is_empty() {
            let names: Vec<&str> = others.keys().copied().collect();
            notes.push(format!(
                "directives of nginx: {} (`web:` has `max_body`, `timeout`, `static`, `nginx`)",
                names.join(", ")
            ));
        }
    }
}

/// The location and the server around a directive.
fn around<'a>(config: &'a Config, directive: &'a Placed) -> (Option<&'a Placed>, Option<&'a Placed>) {
    let mut chain = std::iter::successors(config.opener(directive), |opener| config.opener(opener));
    let mut location = None;
    let server = chain.find(|opener| {
        if opener.name.text == "location" && location.is_none() {
            location = Some(*opener);
        }
        opener.name.text == "server"
    });
    let names = server.and_then(|server| {
        config.directives.iter().find(|it| it.name.text == "server_name" && server.opens == Some(it.block))
    });
    (location, names)
}

fn clean(path: &str) -> String {
    let path = path.trim_end_matches('/');
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}

/// Public names of a server; one that is none is guessed from the project's.
fn hosts(names: Option<&Placed>, project: &str, notes: &mut Vec<String>) -> Vec<String> {
    let given: Vec<&str> =
        names.map(|names| names.args.iter().map(|word| word.text.as_str()).collect()).unwrap_or_default();
    let mut hosts = Vec::new();
    for name in given {
        if is_domain_name(name) {
            hosts.push(name.to_owned());
        } else if !["_", "localhost", ""].contains(&name) {
            let note = format!("the name `{name}` of nginx is no domain name");
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    if hosts.is_empty() {
        hosts.push(format!("{project}.example"));
    }
    hosts
}

/// The service behind an address, its port and the URI that is put in the place of the path.
fn target<'u>(config: &Config, address: &'u str, services: &[Service]) -> Option<(String, u16, Option<&'u str>)> {
    let (scheme, rest) = address.split_once("://")?;
    let at = rest.find('/').unwrap_or(rest.len());
    let (authority, uri) = rest.split_at(at);
    let mut server = authority;
    let upstream = config.named("upstream").find(|block| block.args.first().is_some_and(|name| name.text == authority));
    if let Some(block) = upstream {
        let first = config.directives.iter().find(|it| it.name.text == "server" && block.opens == Some(it.block))?;
        server = first.args.first()?.text.as_str();
    }
    let (host, port) = server.split_once(':').unwrap_or((server, if scheme == "https" { "443" } else { "80" }));
    let answers = |service: &&Service| {
        let aliases = service.networks.iter().flatten().flat_map(|network| &network.aliases);
        service.name.value == host
            || service.names.iter().any(|name| name.value == host)
            || aliases.into_iter().any(|alias| alias == host)
    };
    let port: u16 = port.parse().ok()?;
    // An nginx of the host asks published ports.
    let by_port = |service: &&Service| {
        let published = |it: &crate::facts::compose::Port| it.published == Some((port, port));
        service.ports.iter().any(published)
    };
    let loopback = ["localhost", "127.0.0.1", "host.docker.internal"].contains(&host);
    let (service, port) = match services.iter().find(answers) {
        Some(service) => (service, port),
        None if loopback => {
            let service = services.iter().find(by_port)?;
            let inner = service.ports.iter().find(|it| it.published == Some((port, port)))?.target.0;
            (service, inner)
        }
        None => return None,
    };
    Some((service.name.value.clone(), port, (!uri.is_empty()).then_some(uri)))
}
