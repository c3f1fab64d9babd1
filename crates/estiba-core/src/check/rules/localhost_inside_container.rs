use super::super::names::Names;
use super::super::rule::Draft;
use super::super::upstreams::{Target, is_loopback, targets};
use super::super::{Rule, Sink, World};
use crate::facts::ComposeFile;
use crate::facts::compose::Service;
use crate::facts::nginx::{Config, Place};
use crate::source::Level;

#[doc = include_str!("localhost_inside_container.md")]
pub(crate) static RULE: Rule = Rule {
    id: "localhost-inside-container",
    level: Level::Error,
    summary: "nginx in a container passes requests to itself, where another container was meant",
    page: include_str!("localhost_inside_container.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        let Place::Container { file, .. } = config.place else { continue };
        let (Some(project), Some(names)) = (world.facts.compose.get(file), world.names.get(file)) else { continue };
        let Some(asker) = config.service(&world.facts.compose) else { continue };
        // On the host's network, or inside another container's, others are on the same loopback.
        let shares = |service: &Service| {
            let mode = service.network_mode.as_ref().map_or("", |mode| mode.value.as_str());
            mode.strip_prefix("service:") == Some(asker.name.value.as_str())
        };
        if asker.network_mode.is_some() || project.services.iter().any(shares) {
            continue;
        }
        for target in targets(config).into_iter().filter(|target| is_loopback(target.host)) {
            judge(world, sink, (config, project, names, asker), &target);
        }
    }
}

fn judge(
    world: &World<'_>,
    sink: &mut Sink<'_>,
    (config, project, names, asker): (&Config, &ComposeFile, &Names, &Service),
    target: &Target<'_>,
) {
    let port = target.port.unwrap_or(80);
    let own = config.named("listen").any(|listen| {
        listen.args.first().is_some_and(|word| word.text.rsplit(':').next() == Some(port.to_string().as_str()))
    });
    if own {
        return sink.found();
    }
    let listens =
        |service: &&Service| service.states_port(port) || service.ports.iter().any(|entry| entry.is_published(port));
    let meant = project.services.iter().filter(|service| service.name.value != asker.name.value).find(listens);
    let path = world.facts.path(target.span);
    // An image that was built may hold other programs beside nginx.
    if meant.is_none() && (asker.build.is_some() || !is_stock(asker)) {
        return sink.undecided(target.span, "another program of the same container may listen there");
    }
    let message = format!("`{}` is the container of nginx itself, and nothing listens on {port} there", target.host);
    let help = match meant {
        Some(service) => format!("write `{}` instead of `{}`: change {path}", service.name.value, target.host),
        None => format!("name the service that is meant: change {path}"),
    };
    let mut draft = Draft::new(message, target.span, "inside a container this is the container", help)
        .related(asker.name.span, "nginx runs here");
    if let Some(declared) = meant.and_then(|service| names.declared(&service.name.value)) {
        draft = draft.related(declared, format!("this service has port {port}"));
    }
    sink.not_found(draft);
}

fn is_stock(service: &Service) -> bool {
    let image = service.image.as_ref().map_or("", |image| image.value.as_str());
    image == "nginx" || image.starts_with("nginx:") || image.starts_with("nginxinc/nginx-unprivileged")
}
