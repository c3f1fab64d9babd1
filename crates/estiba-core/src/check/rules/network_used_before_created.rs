use super::super::order;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("network_used_before_created.md")]
pub(crate) static RULE: Rule = Rule {
    id: "network-used-before-created",
    level: Level::Error,
    summary: "a service joins a network before a step makes it",
    page: include_str!("network_used_before_created.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    order::report(world, sink, |kind| matches!(kind, "network"));
}
