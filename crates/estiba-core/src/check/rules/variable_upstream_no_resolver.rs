use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::upstreams::{is_address, targets};
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("variable_upstream_no_resolver.md")]
pub(crate) static RULE: Rule = Rule {
    id: "variable-upstream-no-resolver",
    level: Level::Error,
    summary: "nginx has to look a name up for each request, and knows no resolver",
    page: include_str!("variable_upstream_no_resolver.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said = BTreeSet::new();
    for config in &world.facts.nginx {
        let has_blocks = config.named("upstream").next().is_some();
        for target in targets(config) {
            let directive = target.directive;
            let of_block = directive.name.text == "server";
            // A literal address is looked up once, when nginx starts.
            if of_block || !directive.args.first().is_some_and(|word| word.text.contains('$')) {
                continue;
            }
            if is_address(target.host) || config.holds_around("resolver", directive.block) {
                sink.found();
            } else if target.variable && has_blocks {
                sink.undecided(target.span, "the variable may hold the name of an upstream block");
            } else if said.insert(target.span) {
                let path = world.facts.path(target.span);
                let help = format!(
                    "write `resolver 127.0.0.11 valid=10s;` (Docker's) in its `server` or `http`, or the name without a variable: change {path}"
                );
                let message = match target.host {
                    "" => "nginx looks up a name that is in a variable, and has no resolver".to_owned(),
                    host => format!("nginx looks up `{host}` for each request, and has no resolver"),
                };
                let label = "with a variable here the name is looked up while nginx runs";
                sink.not_found(Draft::new(message, target.span, label, help));
            }
        }
    }
}
