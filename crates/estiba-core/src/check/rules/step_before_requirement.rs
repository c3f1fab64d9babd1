use super::super::order;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("step_before_requirement.md")]
pub(crate) static RULE: Rule = Rule {
    id: "step-before-requirement",
    level: Level::Error,
    summary: "a step runs before the step that provides what it requires",
    page: include_str!("step_before_requirement.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    // Images, certificates, secrets and networks have rules of their own, with pages that say more.
    order::report(world, sink, |kind| {
        !matches!(kind, "auth" | "certificate" | "file" | "image" | "network" | "placeholder-certificate" | "secret")
    });
}
