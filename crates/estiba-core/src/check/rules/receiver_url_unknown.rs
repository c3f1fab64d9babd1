use super::super::{Rule, Sink, World, reach};
use crate::facts::monitoring::Program;
use crate::source::Level;

#[doc = include_str!("receiver_url_unknown.md")]
pub(crate) static RULE: Rule = Rule {
    id: "receiver-url-unknown",
    level: Level::Error,
    summary: "Alertmanager tells alerts to an address where nobody answers",
    page: include_str!("receiver_url_unknown.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    reach::urls(world, sink, "a receiver of alerts", Program::Alertmanager);
}
