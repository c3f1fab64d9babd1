use std::collections::BTreeMap;

use super::super::repeats::socket;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::Placed;
use crate::source::Level;

#[doc = include_str!("duplicate_default_server.md")]
pub(crate) static RULE: Rule = Rule {
    id: "duplicate-default-server",
    level: Level::Error,
    summary: "two servers are both the default of one address",
    page: include_str!("duplicate_default_server.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        let mut first: BTreeMap<String, &Placed> = BTreeMap::new();
        for listen in config.named("listen") {
            let is_default = |word: &str| matches!(word, "default_server" | "default");
            if !listen.args.iter().skip(1).any(|word| is_default(&word.text)) {
                continue;
            }
            let Some(address) = socket(listen) else { continue };
            let Some(earlier) = first.get(&address) else {
                first.insert(address, listen);
                continue;
            };
            // The same line twice in one server is the finding of `duplicate-directive`.
            if earlier.block == listen.block {
                continue;
            }
            let path = world.facts.path(listen.name.span);
            let message = format!("two servers are the default of {address}");
            let help = format!("let one of both be it: remove `default_server` from {path}");
            let label = "nginx refuses a second one";
            sink.find(Draft::new(message, listen.name.span, label, help).related(earlier.name.span, "the first one"));
        }
    }
}
