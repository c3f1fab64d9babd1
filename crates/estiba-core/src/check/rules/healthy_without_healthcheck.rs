use super::super::images::has_no_healthcheck;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::Service;
use crate::source::Level;

#[doc = include_str!("healthy_without_healthcheck.md")]
pub(crate) static RULE: Rule = Rule {
    id: "healthy-without-healthcheck",
    level: Level::Error,
    summary: "a service waits for the health of another one, and nothing says that health",
    page: include_str!("healthy_without_healthcheck.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    // A swarm starts everything at once and reads no `depends_on`.
    for project in world.facts.compose.iter().filter(|project| !project.swarm) {
        for service in &project.services {
            for wanted in &service.waits_for_healthy {
                // A service that is not there is the finding of `undefined-compose-name`.
                let Some(other) = project.service(&wanted.value) else { continue };
                match says_its_health(other) {
                    Some(true) => sink.found(),
                    None => sink.undecided(wanted.span, "the image may have a health check of its own"),
                    Some(false) => report(world, sink, service, other, wanted.span),
                }
            }
        }
    }
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, service: &Service, other: &Service, span: crate::source::Span) {
    let (name, waits) = (&other.name.value, &service.name.value);
    let message = format!("`{waits}` waits until `{name}` is healthy, and nothing says when it is");
    let path = world.facts.path(other.name.span);
    let help = format!("give `{name}` a `healthcheck`, or wait for `service_started`: change {path}");
    let draft = Draft::new(message, span, format!("Compose stops here, and `{waits}` is never started"), help);
    let (at, label) = match other.healthcheck.as_ref().filter(|check| check.disabled) {
        Some(check) => (check.key, "its health check is switched off"),
        None => (other.name.span, "it has no `healthcheck`, and its image has none"),
    };
    sink.not_found(draft.related(at, label));
}

/// Nothing where its image is not known.
fn says_its_health(service: &Service) -> Option<bool> {
    match &service.healthcheck {
        Some(check) if check.disabled => return Some(false),
        // Without a test of its own it is the image's, with other times.
        Some(check) if !check.test.is_empty() => return Some(true),
        _ => {}
    }
    let none = has_no_healthcheck(service).then_some(false);
    match (&service.build, service.recipe()) {
        (None, _) => none,
        (Some(_), None) => None,
        (Some(_), Some(recipe)) => recipe.healthcheck.or(none),
    }
}
