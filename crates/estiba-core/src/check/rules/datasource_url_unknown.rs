use super::super::{Rule, Sink, World, reach};
use crate::facts::monitoring::Program;
use crate::source::Level;

#[doc = include_str!("datasource_url_unknown.md")]
pub(crate) static RULE: Rule = Rule {
    id: "datasource-url-unknown",
    level: Level::Error,
    summary: "Grafana asks a data source at an address where nobody answers",
    page: include_str!("datasource_url_unknown.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    reach::urls(world, sink, "a data source", Program::Grafana);
}
