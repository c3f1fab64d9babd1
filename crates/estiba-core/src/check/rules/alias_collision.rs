use std::collections::{BTreeMap, BTreeSet};

use super::super::names::real_networks;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::ComposeFile;
use crate::source::{Level, Span};

#[doc = include_str!("alias_collision.md")]
pub(crate) static RULE: Rule = Rule {
    id: "alias-collision",
    level: Level::Warning,
    summary: "services of two projects bear one name on a network that both share",
    page: include_str!("alias_collision.md"),
    check,
};

/// One who answers to a name on a network.
struct Bearer<'a> {
    project: usize,
    service: &'a str,
    span: Span,
}

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut bearers: BTreeMap<(String, &str), Bearer<'_>> = BTreeMap::new();
    let mut said: BTreeSet<Span> = BTreeSet::new();
    for (at, project) in world.servers().filter(|(_, project)| !project.swarm) {
        let real: BTreeMap<String, String> = [true, false]
            .into_iter()
            .flat_map(|external| real_networks(project, external))
            .map(|(real, key)| (key, real))
            .collect();
        for service in project.services.iter().filter(|service| service.profiles.is_empty() && !service.never) {
            for joined in service.networks.iter().flatten() {
                let Some(network) = real.get(&joined.name.value) else { continue };
                let own = [service.name.value.as_str()];
                for name in own.into_iter().chain(joined.aliases.iter().map(String::as_str)) {
                    let bearer = Bearer { project: at, service: &service.name.value, span: service.name.span };
                    let Some(other) = bearers.get(&(network.clone(), name)) else {
                        bearers.insert((network.clone(), name), bearer);
                        continue;
                    };
                    // Files of one folder are often alternatives; within one project a common name is meant.
                    let beside = world.facts.compose.get(other.project).is_some_and(|other| beside(other, project));
                    if other.project != at && !beside && said.insert(bearer.span) {
                        report(world, sink, name, network, (&bearer, other));
                    }
                }
            }
        }
    }
}

/// Whether two projects have a folder or a file in common.
fn beside(one: &ComposeFile, other: &ComposeFile) -> bool {
    let folder = |project: &ComposeFile| project.path.as_str().rsplit_once('/').map(|(folder, _)| folder.to_owned());
    folder(one) == folder(other) || one.files.iter().any(|file| other.files.contains(file))
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, name: &str, network: &str, (one, other): (&Bearer<'_>, &Bearer<'_>)) {
    let message = format!("two projects answer to `{name}` on the network `{network}`");
    let path = world.facts.path(one.span);
    let help = format!("give `{}` a name of its own, or take it off `{network}`: change {path}", one.service);
    let label = "whoever asks for the name is sent to one of both by turns";
    // Projects of one tree may be for servers of their own, such as one for trying and one for everybody.
    sink.find(Draft::new(message, one.span, label, help).related(other.span, "the other one").pedantic());
}
