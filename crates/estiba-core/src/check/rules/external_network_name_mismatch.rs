use super::super::made::{Made, made};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("external_network_name_mismatch.md")]
pub(crate) static RULE: Rule = Rule {
    id: "external-network-name-mismatch",
    level: Level::Error,
    summary: "a project joins a network by the key that another one gives it, and Docker knows it by another name",
    page: include_str!("external_network_name_mismatch.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let projects = &world.facts.compose;
    for project in projects {
        for network in project.networks.iter().filter(|network| network.external.is_some()) {
            let wanted = network.name.as_deref().unwrap_or(&network.key.value);
            if wanted.contains('$') {
                continue;
            }
            let made_here = |other: &&crate::facts::compose::Network| other.external.is_none();
            let all = || projects.iter().flat_map(|other| other.networks.iter().filter(made_here));
            if all().any(|other| other.name.as_deref() == Some(wanted)) {
                sink.found();
                continue;
            }
            // Without `name:` Docker knows it by the project's name before the key.
            let meant = all().find(|other| other.name.is_none() && other.key.value == wanted);
            let Some(meant) = meant.filter(|_| made(world, wanted) != Made::Written && !creates(world, wanted)) else {
                continue;
            };
            let path = world.facts.path(meant.key.span);
            let message =
                format!("no network is called `{wanted}`: the project that makes it puts its own name before it");
            let help = format!("write `name: {wanted}` below this key in {path}");
            let draft = Draft::new(message, network.key.span, "Docker finds no network of this name", help);
            sink.not_found(draft.related(meant.key.span, "made here, as `<project>_` and this key"));
        }
    }
}

/// Whether a script makes the network.
fn creates(world: &World<'_>, name: &str) -> bool {
    let facts = world.facts;
    let texts = facts.contracts.iter().map(|contract| &*facts.texts.sources.get(contract.file).text);
    texts
        .flat_map(str::lines)
        .any(|line| line.contains("network create") && (line.contains(name) || line.contains('$')))
}
