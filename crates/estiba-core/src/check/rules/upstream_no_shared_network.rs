use super::super::names::Answer;
use super::super::rule::Draft;
use super::super::upstreams::targets;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::Place;
use crate::source::Level;

#[doc = include_str!("upstream_no_shared_network.md")]
pub(crate) static RULE: Rule = Rule {
    id: "upstream-no-shared-network",
    level: Level::Error,
    summary: "nginx and the service that it passes requests to share no network",
    page: include_str!("upstream_no_shared_network.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        let Place::Container { file, .. } = config.place else { continue };
        let Some(names) = world.names.get(file) else { continue };
        let Some(asker) = config.service(&world.facts.compose) else { continue };
        for target in targets(config).into_iter().filter(|target| !target.variable) {
            let Answer::NoSharedNetwork(services) = names.ask(Some(asker), target.host) else { continue };
            // Whether anybody bears the name is counted by `upstream-host-unknown`.
            let Some(service) = services.first() else { continue };
            let message = format!("nginx passes requests to `{}`, and shares no network with it", target.host);
            let here = named(&asker.name.value, &names.networks(&asker.name.value));
            let there = named(service, &names.networks(service));
            let compose = world.facts.path(asker.name.span);
            let help = format!("put `{}` and `{service}` on one network in {compose}", asker.name.value);
            let mut draft = Draft::new(message, target.span, "this name is not answered where nginx is", help);
            draft = draft.related(asker.name.span, format!("nginx runs here: {here}"));
            if let Some(declared) = names.declared(service) {
                draft = draft.related(declared, format!("and the service here: {there}"));
            }
            sink.find(draft);
        }
    }
}

fn named(service: &str, networks: &[&str]) -> String {
    match networks {
        [] => format!("`{service}` is on no network of the Compose files"),
        networks => format!("`{service}` is on {}", networks.join(", ")),
    }
}
