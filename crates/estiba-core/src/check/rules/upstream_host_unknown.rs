use super::super::fix::rename;
use super::super::names::Answer;
use super::super::rule::Draft;
use super::super::upstreams::{is_address, is_loopback, targets};
use super::super::{Rule, Sink, World};
use crate::facts::compose::Service;
use crate::facts::nginx::Place;
use crate::source::{Level, nearest};

#[doc = include_str!("upstream_host_unknown.md")]
pub(crate) static RULE: Rule = Rule {
    id: "upstream-host-unknown",
    level: Level::Error,
    summary: "nginx passes requests to a name that no service bears",
    page: include_str!("upstream_host_unknown.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        let Place::Container { file, .. } = config.place else { continue };
        let Some(names) = world.names.get(file) else { continue };
        let asker = config.service(&world.facts.compose);
        for target in targets(config) {
            if target.variable {
                sink.undecided(target.span, "the host is a variable");
                continue;
            }
            if is_address(target.host) || is_loopback(target.host) {
                continue;
            }
            match names.ask(asker, target.host) {
                // The other answers are other rules' findings.
                Answer::Service(_) | Answer::NoSharedNetwork(_) | Answer::FromHost(_) => sink.found(),
                Answer::External => sink.undecided(target.span, "the name may stand on a network that others make"),
                Answer::Nobody
                    if asker.is_some_and(|service| service.extra_hosts.iter().any(|host| host == target.host)) =>
                {
                    sink.found();
                }
                Answer::Nobody if target.host.contains('.') => {
                    sink.undecided(target.span, "the name may be one of the public DNS");
                }
                Answer::Nobody if asker.and_then(Service::recipe).is_some_and(|recipe| recipe.names(target.host)) => {
                    sink.undecided(target.span, "the Dockerfile of this nginx may write what the name means");
                }
                Answer::Nobody => {
                    let near = nearest(target.host, names.all());
                    let help = match near {
                        Some(near) => format!("did you mean `{near}`? Change {}", world.facts.path(target.span)),
                        None => format!(
                            "name a service of the Compose files, or add it there: change {}",
                            world.facts.path(target.span)
                        ),
                    };
                    let message = format!("nginx passes requests to `{}`, and no service bears that name", target.host);
                    let mut draft = Draft::new(message, target.span, "no service answers to this name", help)
                        .fix(rename(world.facts, target.span, target.host, names.all()));
                    if let Some(declared) = near.and_then(|near| names.declared(near)) {
                        draft = draft.related(declared, "this service has a name like it");
                    } else if let Some(asker) = asker {
                        draft =
                            draft.related(asker.name.span, "nginx runs here, and finds only services of its networks");
                    }
                    // Asked for while nginx runs, it may be borne by what another project brings.
                    let in_variable =
                        target.resolves_later && target.directive.args.iter().all(|word| word.text != "resolve");
                    sink.not_found(if in_variable && !world.declares_steps() {
                        draft.level(Level::Warning)
                    } else {
                        draft
                    });
                }
            }
        }
    }
}
