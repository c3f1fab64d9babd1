use super::super::{Rule, Sink, World, reach};
use crate::source::Level;

#[doc = include_str!("scrape_target_unknown.md")]
pub(crate) static RULE: Rule = Rule {
    id: "scrape-target-unknown",
    level: Level::Error,
    summary: "Prometheus asks an address where nobody answers",
    page: include_str!("scrape_target_unknown.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    reach::check(world, sink, "a scrape target", |monitor| &monitor.scrapes, world.facts.monitoring.iter());
}
