use super::super::order;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("image_used_before_load.md")]
pub(crate) static RULE: Rule = Rule {
    id: "image-used-before-load",
    level: Level::Error,
    summary: "a step starts a service before its image is loaded",
    page: include_str!("image_used_before_load.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    order::report(world, sink, |kind| matches!(kind, "image"));
}
