//! Whether the program that reads a configuration reaches the addresses in it.

use super::fix::rename;
use super::listens::{default_port, wrong_port};
use super::names::{Answer, Names};
use super::rule::{Draft, Sink};
use super::upstreams::{is_address, is_loopback};
use super::world::World;
use crate::facts::compose::Service;
use crate::facts::monitoring::{Monitor, Program, Reader, Target};
use crate::source::{Span, nearest};

/// Checks addresses that Prometheus asks. `role` says what stands at such an address: "a scrape target".
pub(super) fn check<'a>(
    world: &World<'_>,
    sink: &mut Sink<'_>,
    role: &str,
    targets: impl Fn(&'a Monitor) -> &'a [Target],
    monitors: impl Iterator<Item = &'a Monitor>,
) {
    for monitor in monitors.filter(|monitor| monitor.program == Program::Prometheus) {
        let mut told = false;
        for target in targets(monitor) {
            if let Some(why) = target.undecidable {
                sink.undecided(target.address.span, why);
            } else if target.address.value.contains(['$', '{', '<', '%']) {
                // A placeholder: the finding of another rule.
            } else if monitor.readers.is_empty() {
                // One reason for the whole file, and it is said once.
                if !told {
                    sink.undecided(target.address.span, "no service of the tree is known to read this file");
                }
                told = true;
            } else {
                for reader in &monitor.readers {
                    Asker::new(world, monitor, reader, role).check(sink, target.address.span, &target.address.value);
                }
            }
        }
    }
}

/// Checks URLs that a monitor asks.
pub(super) fn urls(world: &World<'_>, sink: &mut Sink<'_>, role: &str, program: Program) {
    for monitor in world.facts.monitoring.iter().filter(|monitor| monitor.program == program) {
        for url in &monitor.urls {
            if url.value.contains(['$', '{', '<', '%']) {
                sink.undecided(url.span, "the address is a variable");
                continue;
            }
            for reader in &monitor.readers {
                Asker::new(world, monitor, reader, role).check(sink, url.span, &url.value);
            }
        }
    }
}

/// The service that asks.
struct Asker<'a> {
    world: &'a World<'a>,
    names: Option<&'a Names>,
    /// The services of its project.
    project: &'a [Service],
    service: Option<&'a Service>,
    path: &'a str,
    role: &'a str,
    /// The program that asks.
    who: &'static str,
}

impl<'a> Asker<'a> {
    fn new(world: &'a World<'_>, monitor: &'a Monitor, reader: &Reader, role: &'a str) -> Self {
        let compose = &world.facts.compose;
        Self {
            world,
            names: world.names.get(reader.file),
            project: compose.get(reader.file).map_or(&[][..], |project| &project.services),
            service: reader.of(compose),
            path: monitor.path.as_str(),
            role,
            who: match monitor.program {
                Program::Prometheus => "Prometheus",
                Program::Alertmanager => "Alertmanager",
                Program::Grafana => "Grafana",
            },
        }
    }

    fn check(&self, sink: &mut Sink<'_>, span: Span, address: &str) {
        let (Some(names), Some(asker)) = (self.names, self.service) else { return };
        let (host, port) = host_and_port(address);
        // How a swarm names each container of a service.
        let host = host.strip_prefix("tasks.").unwrap_or(host);
        if is_loopback(host) {
            return self.own(sink, asker, span, host, port);
        }
        if is_address(host) {
            return;
        }
        let mode = asker.network_mode.as_ref().map(|mode| mode.value.as_str());
        if mode.is_some_and(|mode| mode.starts_with("service:") || mode.starts_with("container:")) {
            return sink.undecided(span, "the service that asks is on the network of another container");
        }
        match names.ask(Some(asker), host) {
            Answer::Service(name) => self.port(sink, span, &name, port),
            Answer::External => sink.undecided(span, "the name may stand on a network that others make"),
            Answer::NoSharedNetwork(services) => {
                let other = services.first().map_or(host, String::as_str);
                let networks = names.networks(&asker.name.value).join("`, `");
                let message = format!("`{}` and `{other}` share no network", asker.name.value);
                let help = format!("let `{other}` join one of `{networks}`: change {}", self.compose(names, other));
                let draft = Draft::new(message, span, format!("this name is not answered where {} is", self.who), help)
                    .related(asker.name.span, format!("{} runs here, on `{networks}`", self.who));
                sink.not_found(declared(draft, names, other, "and it is not on these networks"));
            }
            Answer::FromHost(other) => {
                let message = format!("`{}` is on the host's network, where `{other}` is no name", asker.name.value);
                let who = self.who;
                let help =
                    format!("give {who} a network of the services instead of the host's, or name a published port");
                let draft = Draft::new(message, span, "Docker's DNS does not answer here", help);
                let at = asker.network_mode.as_ref().map_or(asker.name.span, |mode| mode.span);
                sink.not_found(declared(draft.related(at, "on the host's network"), names, &other, "named here"));
            }
            Answer::Nobody if asker.extra_hosts.iter().any(|extra| extra == host) => sink.found(),
            // A webhook of a public service is no reference of the tree.
            Answer::Nobody if host.contains('.') && self.who != "Prometheus" => {}
            Answer::Nobody if host.contains('.') => sink.undecided(span, "the name may be one of the public DNS"),
            Answer::Nobody => sink.not_found(self.nobody(names, asker, span, host)),
        }
    }

    /// `localhost` is the container itself.
    fn own(&self, sink: &mut Sink<'_>, asker: &Service, span: Span, host: &str, port: u16) {
        if asker.network_mode.as_ref().is_some_and(|mode| mode.value == "host") {
            return sink.undecided(span, "what listens on the host's loopback address is not known");
        }
        let Some((own, _)) = default_port(asker) else {
            return sink.undecided(span, "on which port the service itself listens is not known");
        };
        if own == port {
            return sink.found();
        }
        let others = self.project.iter().filter(|service| service.name.value != asker.name.value);
        let meant = others.clone().find(|service| {
            default_port(service).is_some_and(|(known, _)| known == port)
                || service.states_port(port)
                || service.ports.iter().any(|mapping| mapping.is_published(port))
        });
        let role = self.role;
        let message = format!("{role} on `{host}` is the container of {} itself, which listens on {own}", self.who);
        let help = match meant {
            Some(service) => format!("write `{}` instead of `{host}`: change {}", service.name.value, self.path),
            None => format!("name the service that listens on {port}: change {}", self.path),
        };
        let mut draft = Draft::new(message, span, format!("nothing listens on {port} there"), help)
            .related(asker.name.span, format!("{} runs here", self.who));
        if let Some(service) = meant {
            draft = draft.related(service.name.span, format!("this service listens on {port}"));
        }
        sink.not_found(draft);
    }

    fn port(&self, sink: &mut Sink<'_>, span: Span, name: &str, port: u16) {
        let services: Vec<&Service> = self.project.iter().filter(|service| service.name.value == name).collect();
        match wrong_port(&services, port) {
            None => sink.found(),
            Some(wrong) => {
                let message = format!("`{name}` does not listen on {port} but on {}", wrong.right);
                let help = format!("write `{name}:{}`: change {}", wrong.right, self.path);
                let draft = Draft::new(message, span, "wrong port", help).related(wrong.stated, wrong.why);
                sink.not_found(draft);
            }
        }
    }

    fn nobody(&self, names: &Names, asker: &Service, span: Span, host: &str) -> Draft {
        if let Some(at) = names.declared(host) {
            let message = format!("`{host}` is on no network of its own, so its name is not answered");
            let help = format!("let `{host}` join a network of {}: change {}", self.who, self.compose(names, host));
            return Draft::new(message, span, "Docker's DNS does not know this name", help)
                .related(at, "its network is the host's, or another container's");
        }
        let near = nearest(host, names.all());
        let help = match near {
            Some(near) => format!("did you mean `{near}`? Change {}", self.path),
            None => format!("name a service of the Compose files, or add it there: change {}", self.path),
        };
        let message = format!("{} is `{host}`, and no service bears that name", self.role);
        let draft = Draft::new(message, span, "no service answers to this name", help).fix(rename(
            self.world.facts,
            span,
            host,
            names.all(),
        ));
        match near.and_then(|near| names.declared(near)) {
            Some(at) => draft.related(at, "this service has a name like it"),
            None => draft
                .related(asker.name.span, format!("{} runs here, and finds only services of its networks", self.who)),
        }
    }

    /// The file that declares a service.
    fn compose(&self, names: &Names, service: &str) -> &str {
        names.declared(service).map_or("the Compose file", |span| self.world.facts.path(span))
    }
}

fn declared(draft: Draft, names: &Names, service: &str, label: &str) -> Draft {
    match names.declared(service) {
        Some(span) => draft.related(span, label),
        None => draft,
    }
}

/// Without a port it is that of the scheme, or 80. A scheme or a path is no part of an address, and Prometheus says so itself.
pub(super) fn host_and_port(address: &str) -> (&str, u16) {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    let usual = if scheme == "https" { 443 } else { 80 };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(inner) = authority.strip_prefix('[') {
        let (host, rest) = inner.split_once(']').unwrap_or((inner, ""));
        return (host, rest.trim_start_matches(':').parse().unwrap_or(usual));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(usual)),
        None => (authority, usual),
    }
}
