use super::super::names::Answer;
use super::super::order;
use super::super::rule::Draft;
use super::super::upstreams::targets;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Place};
use crate::source::{Level, Span};

#[doc = include_str!("upstream_started_after_reload.md")]
pub(crate) static RULE: Rule = Rule {
    id: "upstream-started-after-reload",
    level: Level::Error,
    summary: "nginx is configured before a service that it looks up by name at its start",
    page: include_str!("upstream_started_after_reload.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for sequence in order::installations(world) {
        let turns = order::turns(world, sequence);
        let provides = |kind: &str, name: &str| {
            turns.iter().find(|turn| {
                turn.contract.provides.iter().any(|stated| stated.value.kind == kind && stated.value.name == name)
            })
        };
        let Some(nginx) = provides("nginx", "") else { continue };
        for (span, service) in world.facts.nginx.iter().flat_map(|config| looked_up_at_start(world, config)) {
            match provides("service", &service) {
                Some(turn) if turn.at > nginx.at => {
                    let message = format!(
                        "nginx is configured by `{}` before `{}` starts `{service}`",
                        nginx.contract.id, turn.contract.id
                    );
                    let help = format!(
                        "run `{}` before `{}`: change {}",
                        turn.contract.id,
                        nginx.contract.id,
                        world.facts.path(nginx.call.span)
                    );
                    let draft = Draft::new(
                        message,
                        span,
                        "nginx looks this name up when it starts, and dies without an answer",
                        help,
                    )
                    .related(nginx.call.span, "nginx is configured here")
                    .related(turn.call.span, "the service starts only here");
                    sink.not_found(draft);
                }
                Some(_) => sink.found(),
                // Not a service of any step: rules about names and services speak of it.
                None => {}
            }
        }
    }
}

/// Hosts that nginx resolves once, when it reads its configuration: literal names without `resolve`.
fn looked_up_at_start(world: &World<'_>, config: &Config) -> Vec<(Span, String)> {
    let Place::Container { file, .. } = config.place else { return Vec::new() };
    let Some(names) = world.names.get(file) else { return Vec::new() };
    let asker = config.service(&world.facts.compose);
    let literal = targets(config).into_iter().filter(|target| !target.variable && !target.resolves_later);
    literal
        .filter_map(|target| match names.ask(asker, target.host) {
            Answer::Service(service) => Some((target.span, service)),
            _ => None,
        })
        .collect()
}
