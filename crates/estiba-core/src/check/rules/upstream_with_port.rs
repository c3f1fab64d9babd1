use super::super::rule::Draft;
use super::super::upstreams::named_with_port;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("upstream_with_port.md")]
pub(crate) static RULE: Rule = Rule {
    id: "upstream-with-port",
    level: Level::Error,
    summary: "a port is given beside the name of an upstream block, and nginx does not start",
    page: include_str!("upstream_with_port.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        for named in named_with_port(config) {
            let message = format!("`{}` is an upstream block, which may not have a port here", named.name);
            let help = format!(
                "write `{}` without `:{}`; the port stands in the block's servers: change {}",
                named.name,
                named.port,
                world.facts.path(named.word)
            );
            sink.find(
                Draft::new(message, named.word, "nginx refuses the port", help)
                    .related(named.block, "the block of this name"),
            );
        }
    }
}
