use super::super::listens::default_port;
use super::super::names::Answer;
use super::super::passes::{is_below, passes};
use super::super::reach::host_and_port;
use super::super::rule::Draft;
use super::super::upstreams::is_loopback;
use super::super::{Rule, Sink, World};
use crate::facts::compose::Service;
use crate::facts::monitoring::{AskedPath, Monitor, Program, Reader, Target, flag, image_name};
use crate::source::{Level, Span, last_part};

#[doc = include_str!("path_prefix_mismatch.md")]
pub(crate) static RULE: Rule = Rule {
    id: "path-prefix-mismatch",
    level: Level::Error,
    summary: "Prometheus or Alertmanager is asked below another path than it answers",
    page: include_str!("path_prefix_mismatch.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for monitor in &world.facts.monitoring {
        for reader in &monitor.readers {
            match monitor.program {
                Program::Prometheus => {
                    for target in &monitor.alertmanagers {
                        asked(world, sink, reader, monitor, target, Asks::Alerts);
                    }
                    for target in &monitor.scrapes {
                        asked(world, sink, reader, monitor, target, Asks::Metrics);
                    }
                }
                Program::Grafana => sources(world, sink, reader, monitor),
                Program::Alertmanager => {}
            }
        }
    }
    for config in &world.facts.nginx {
        for pass in passes(world, config) {
            let Some(prefix) = prefix(pass.service) else { continue };
            if pass.from.is_empty() || knows(&prefix, pass.to, pass.service) {
                continue;
            }
            let message = format!(
                "nginx passes `{}/` on as `{}/`, and `{}` answers below `{}/`",
                pass.from, pass.to, pass.service.name.value, prefix.path
            );
            let help = if prefix.path.is_empty() {
                format!(
                    "give `{}` `--web.external-url` with the path: change {}",
                    pass.service.name.value,
                    world.facts.path(pass.service.name.span)
                )
            } else {
                format!(
                    "leave the path out behind the port, so that nginx passes it on: change {}",
                    world.facts.path(pass.span)
                )
            };
            let draft =
                Draft::new(message, pass.span, "no page is found there", help).related(pass.location, "asked for here");
            sink.find(draft.related(prefix.span, "this is where it answers"));
        }
    }
}

/// Whether a program has pages below a path.
fn knows(prefix: &Prefix, path: &str, service: &Service) -> bool {
    if !prefix.path.is_empty() {
        return is_below(path, &prefix.path);
    }
    // It has pages of many names, but none of its own.
    let own = last_part(image_name(service));
    path.split('/').nth(1).is_none_or(|first| !first.contains(own))
}

/// Below which path a program answers, without a `/` at its end.
struct Prefix {
    path: String,
    span: Span,
}

/// `--web.route-prefix`, else the path of `--web.external-url`.
fn prefix(service: &Service) -> Option<Prefix> {
    if !matches!(last_part(image_name(service)), "prometheus" | "alertmanager") {
        return None;
    }
    // One text for a shell is no list of words, and an image of one's own may have a command of its own.
    if service.build.is_some() || service.command.first().is_some_and(|word| !word.value.starts_with('-')) {
        return None;
    }
    let (written, span) = match (flag(service, "web.route-prefix"), flag(service, "web.external-url")) {
        (Some((path, span)), _) => (path, span),
        (None, Some((url, span))) => {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            (rest.find('/').map_or("", |at| &rest[at..]), span)
        }
        (None, None) => ("", service.name.span),
    };
    let plain = !written.contains(['$', '{', '<', '?', '#']);
    let path = written.trim_matches('/');
    plain.then(|| Prefix { path: if path.is_empty() { String::new() } else { format!("/{path}") }, span })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asks {
    Alerts,
    Metrics,
}

fn asked(world: &World<'_>, sink: &mut Sink<'_>, reader: &Reader, monitor: &Monitor, target: &Target, asks: Asks) {
    if target.undecidable.is_some() || target.address.value.contains(['$', '{', '<', '%']) {
        return;
    }
    let Some(service) = answers(world, reader, &target.address.value) else { return };
    let Some(prefix) = prefix(service) else { return };
    let usual = if asks == Asks::Metrics { "/metrics" } else { "" };
    let (asked, span) = match &target.path {
        AskedPath::Unknown => return,
        AskedPath::Usual => (usual, target.address.span),
        AskedPath::Written(path) => (path.value.trim_end_matches('/'), path.span),
    };
    let wanted = format!("{}{usual}", prefix.path);
    // A `path_prefix` may be written without its `/`.
    if asked == wanted || asks == Asks::Alerts && format!("/{asked}") == wanted {
        return sink.found();
    }
    let name = service.name.value.as_str();
    let (key, wanted, label) = match asks {
        Asks::Alerts => {
            ("path_prefix", if wanted.is_empty() { "/" } else { wanted.as_str() }, "no alert arrives there")
        }
        Asks::Metrics if asked == usual || prefix.path.is_empty() && asked.ends_with(usual) => {
            ("metrics_path", wanted.as_str(), "this target answers 404")
        }
        // Another page of the program than its metrics.
        Asks::Metrics => return,
    };
    let message = format!("`{name}` answers below `{}/`, and is asked for `{asked}`", prefix.path);
    let help = format!("write `{key}: {wanted}`: change {}", monitor.path);
    sink.not_found(Draft::new(message, span, label, help).related(prefix.span, "this is where it answers"));
}

/// The addresses of Grafana's data sources.
fn sources(world: &World<'_>, sink: &mut Sink<'_>, reader: &Reader, monitor: &Monitor) {
    for url in monitor.urls.iter().filter(|url| !url.value.contains(['$', '{', '<', '%'])) {
        let Some(service) = answers(world, reader, &url.value) else { continue };
        let Some(prefix) = prefix(service) else { continue };
        let Some((_, rest)) = url.value.split_once("://") else { continue };
        let asked = rest.find('/').map_or("", |at| &rest[at..]).trim_end_matches('/');
        if asked == prefix.path {
            sink.found();
            continue;
        }
        let name = service.name.value.as_str();
        let message = format!("`{name}` answers below `{}/`, and is asked for `{asked}/`", prefix.path);
        let authority = rest.split('/').next().unwrap_or_default();
        let help = format!("write `http://{authority}{}`: change {}", prefix.path, monitor.path);
        let draft = Draft::new(message, url.span, "every question to this data source is answered with 404", help);
        sink.not_found(draft.related(prefix.span, "this is where it answers"));
    }
}

/// The service that answers at an address.
fn answers<'a>(world: &'a World<'_>, reader: &Reader, address: &str) -> Option<&'a Service> {
    let project = world.facts.compose.get(reader.file)?;
    let asker = project.services.get(reader.service)?;
    let (host, port) = host_and_port(address);
    if is_loopback(host) {
        return default_port(asker).is_some_and(|(own, _)| own == port).then_some(asker);
    }
    match world.names.get(reader.file)?.ask(Some(asker), host) {
        Answer::Service(name) => project.service(&name),
        _ => None,
    }
}
