use super::super::order;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("secret_file_before_created.md")]
pub(crate) static RULE: Rule = Rule {
    id: "secret-file-before-created",
    level: Level::Error,
    summary: "a secret or user file is read before a step makes it",
    page: include_str!("secret_file_before_created.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    order::report(world, sink, |kind| matches!(kind, "secret" | "auth" | "file"));
}
