use super::super::order;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("cert_used_before_issued.md")]
pub(crate) static RULE: Rule = Rule {
    id: "cert-used-before-issued",
    level: Level::Error,
    summary: "nginx is configured with a certificate that no step has made yet",
    page: include_str!("cert_used_before_issued.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    order::report(world, sink, |kind| matches!(kind, "certificate" | "placeholder-certificate"));
}
