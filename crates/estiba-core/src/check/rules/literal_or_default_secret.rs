use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::Level;

#[doc = include_str!("literal_or_default_secret.md")]
pub(crate) static RULE: Rule = Rule {
    id: "literal-or-default-secret",
    level: Level::Warning,
    summary: "a password stands in a Compose file, or is one that everybody knows",
    page: include_str!("literal_or_default_secret.md"),
    check,
};

/// Values that documentation and images bring, and that are tried first.
const KNOWN: [&str; 12] = [
    "admin",
    "administrator",
    "changeme",
    "change-me",
    "guest",
    "minioadmin",
    "mysecretpassword",
    "password",
    "postgres",
    "root",
    "secret",
    "test",
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for (_, project) in world.servers() {
        for service in &project.services {
            for (name, value) in &service.environment_secrets {
                let written = world.facts.texts.sources.slice(value.span);
                // What `.env` or the environment says stands elsewhere.
                if value.value.is_empty() || value.value.contains('$') || !written.contains(value.value.as_str()) {
                    continue;
                }
                let is_known = KNOWN.contains(&value.value.to_ascii_lowercase().as_str());
                let default = written.contains('$');
                let who = &service.name.value;
                let message = match (is_known, default) {
                    (true, _) => format!("`{name}` of `{who}` is a value that everybody tries first"),
                    (_, true) => format!("`{name}` of `{who}` has a default that stands in the file"),
                    (_, false) => format!("`{name}` of `{who}` stands in the file"),
                };
                let path = world.facts.path(value.span);
                let help =
                    format!("write `${{{name}:?}}` with the value in `.env`, or a file of `secrets`: change {path}");
                sink.find(Draft::new(message, value.span, "whoever reads the repository knows it", help).pedantic());
            }
        }
    }
}
