use super::super::names::{Answer, Names};
use super::super::rule::Draft;
use super::super::upstreams::{is_address, is_loopback, targets};
use super::super::{Rule, Sink, World};
use crate::facts::compose::Service;
use crate::facts::nginx::{Config, Place};
use crate::source::{Level, nearest};

#[doc = include_str!("dns_name_from_host_network.md")]
pub(crate) static RULE: Rule = Rule {
    id: "dns-name-from-host-network",
    level: Level::Error,
    summary: "a program on the host's network uses a name that only Docker's DNS answers",
    page: include_str!("dns_name_from_host_network.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        match config.place {
            Place::Host => {
                let projects: Vec<&Names> = world.servers().filter_map(|(at, _)| world.names.get(at)).collect();
                nginx(world, config, &projects, sink);
            }
            Place::Container { file, .. } => {
                let names = world.names.get(file);
                let asker = config.service(&world.facts.compose);
                if let Some(names) = names.filter(|names| names.is_on_host(asker)) {
                    nginx(world, config, &[names], sink);
                }
            }
        }
    }
    for (project, names) in world.facts.compose.iter().zip(&world.names) {
        for service in project.services.iter().filter(|service| names.is_on_host(Some(service))) {
            words(names, (world.facts.path(service.name.span), service), sink);
        }
    }
}

/// What nginx on the host's network passes requests to.
fn nginx(world: &World<'_>, config: &Config, projects: &[&Names], sink: &mut Sink<'_>) {
    let known = config.service(&world.facts.compose).map_or(&[][..], |service| service.extra_hosts.as_slice());
    for target in targets(config) {
        let host = target.host;
        if target.variable || is_address(host) || is_loopback(host) || known.iter().any(|known| known == host) {
            continue;
        }
        let path = world.facts.path(target.span);
        let bearer = projects.iter().find_map(|names| match names.ask(None, host) {
            Answer::FromHost(service) => names.declared(&service),
            _ => None,
        });
        if let Some(declared) = bearer {
            let message = format!("nginx on the host's network passes requests to `{host}`, a name inside Docker");
            let help = format!("write `127.0.0.1:` and the port that the service publishes in {path}");
            let mut draft = Draft::new(message, target.span, "only containers can look this name up", help);
            draft = draft.related(declared, "the service that bears it");
            sink.find(draft.related(config.stated, "this nginx is no container on a network of its own"));
        } else if config.place == Place::Host {
            // In a container `upstream-host-unknown` speaks of names that nobody bears.
            unknown(projects, host, target.span, path, sink);
        }
    }
}

/// A name that no service bears, nearly or not at all.
fn unknown(projects: &[&Names], host: &str, span: crate::source::Span, path: &str, sink: &mut Sink<'_>) {
    let all = projects.iter().flat_map(|names| names.all());
    let Some(near) = nearest(host, all) else {
        sink.undecided(span, "the name may be one of the public DNS or of the host's own");
        return;
    };
    let message = format!("nginx on the host passes requests to `{host}`, and nobody bears that name");
    let help = format!("write `127.0.0.1:` and the port that the service publishes in {path}");
    let mut draft = Draft::new(message, span, "nobody answers to this name on the host", help);
    if let Some(declared) = projects.iter().find_map(|names| names.declared(near)) {
        draft = draft.related(declared, format!("did you mean `{near}`? Its name is known inside Docker only"));
    }
    sink.not_found(draft);
}

/// Command and environment of a service on the host's network.
fn words(names: &Names, (path, service): (&str, &Service), sink: &mut Sink<'_>) {
    let Some(mode) = &service.network_mode else { return };
    let mut said = |host: &str, span: crate::source::Span, place: String| {
        if service.extra_hosts.iter().any(|known| known == host) || is_loopback(host) {
            return;
        }
        let Answer::FromHost(bearer) = names.ask(Some(service), host) else { return };
        let message =
            format!("`{}` is on the host's network and uses `{host}`, a name inside Docker", service.name.value);
        let help = format!("use a port that `{bearer}` publishes, or give up `network_mode: host`, in {path}");
        let mut draft = Draft::new(message, span, place, help);
        if span != mode.span {
            draft = draft.related(mode.span, "here Docker's DNS does not answer");
        }
        if let Some(declared) = names.declared(&bearer) {
            draft = draft.related(declared, "the service that bears it");
        }
        sink.find(draft);
    };
    for word in &service.command {
        if let Some(host) = host_of_url(&word.value) {
            said(host, word.span, "only containers on its networks can look this name up".to_owned());
        }
    }
    for (variable, value) in &service.environment {
        let value = value.as_deref().unwrap_or_default();
        let host = host_of_url(value).or_else(|| variable.ends_with("HOST").then_some(value));
        if let Some(host) = host {
            said(host, mode.span, format!("here Docker's DNS does not answer, and `{variable}` holds the name"));
        }
    }
}

/// The host of `…scheme://[user@]host[:port]…`.
fn host_of_url(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ',', '"', '\'']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.split(':').next().unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::host_of_url;

    #[test]
    fn the_host_of_a_url_wherever_it_stands() {
        assert_eq!(host_of_url("postgres://me:pass@db:5432/app"), Some("db"));
        assert_eq!(host_of_url("--remote.url=http://prometheus/api"), Some("prometheus"));
        assert_eq!(host_of_url("db:5432"), None);
    }
}
