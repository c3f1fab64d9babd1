use super::super::{Rule, Sink, World, reach};
use crate::source::Level;

#[doc = include_str!("alertmanager_target_unknown.md")]
pub(crate) static RULE: Rule = Rule {
    id: "alertmanager-target-unknown",
    level: Level::Error,
    summary: "Prometheus sends alerts to an address where nobody answers",
    page: include_str!("alertmanager_target_unknown.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    reach::check(world, sink, "the Alertmanager", |monitor| &monitor.alertmanagers, world.facts.monitoring.iter());
}
