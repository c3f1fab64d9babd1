use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::Environment;
use crate::source::Level;

#[doc = include_str!("placeholder_value.md")]
pub(crate) static RULE: Rule = Rule {
    id: "placeholder-value",
    level: Level::Warning,
    summary: "a value of an example is still there",
    page: include_str!("placeholder_value.md"),
    check,
};

/// Names that RFC 2606 keeps for examples. Who writes `shop.example.org`, or `.example`, has chosen a name for an example.
const RESERVED: [&str; 3] = ["example.com", "example.org", "example.net"];

/// How people write "your own".
const YOURS: [&str; 8] =
    ["yourdomain", "your-domain", "your_domain", "yourwebsite", "yoursite", "your-site", "mydomain", "domain.tld"];

/// What stands for a secret that is still to be chosen.
const CHANGE: [&str; 8] =
    ["changeme", "change_me", "change-me", "changethis", "change_this", "replaceme", "replace_me", "yourpassword"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut seen = BTreeSet::new();
    for config in &world.facts.nginx {
        for word in config.named("server_name").flat_map(|directive| &directive.args) {
            if is_example(&word.text) && seen.insert(word.span) {
                let message = format!("nginx answers to `{}`, a name of an example", word.text);
                let help = format!("write the name of the site: change {}", world.facts.path(word.span));
                // Whoever copies a tree of examples fills it in.
                sink.find(Draft::new(message, word.span, "nobody asks for this name here", help).pedantic());
            }
        }
    }
    for project in world.facts.compose.iter().filter(|project| project.environment != Environment::Example) {
        for service in &project.services {
            for (name, value) in &service.environment {
                let Some(value) = value.as_deref().filter(|value| is_to_change(name, value)) else { continue };
                let message = format!("`{name}` of `{}` is `{value}`, a value of an example", service.name.value);
                let help = format!("choose a value, and keep it out of the tree: change {}", project.path);
                sink.find(Draft::new(message, service.name.span, "everybody knows it", help).pedantic());
            }
        }
    }
}

fn is_example(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let bare = name.strip_prefix("www.").unwrap_or(&name);
    RESERVED.contains(&bare) || YOURS.iter().any(|word| name.contains(word))
}

fn is_to_change(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let secret =
        ["PASSWORD", "SECRET", "TOKEN", "KEY", "PASS"].iter().any(|word| name.to_ascii_uppercase().contains(word));
    let yours = value.starts_with("your_") || value.starts_with("your-");
    secret && (yours || CHANGE.iter().any(|word| value.contains(word)))
}
