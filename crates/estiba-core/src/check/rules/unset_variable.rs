use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::Environment;
use crate::source::Level;

#[doc = include_str!("unset_variable.md")]
pub(crate) static RULE: Rule = Rule {
    id: "unset-variable",
    level: Level::Warning,
    summary: "a variable of a Compose file has no value, and nothing is put in its place",
    page: include_str!("unset_variable.md"),
    check,
};

/// What every shell or Compose itself sets.
const ALWAYS: [&str; 10] =
    ["HOME", "HOSTNAME", "USER", "PWD", "PATH", "UID", "GID", "SHELL", "COMPOSE_PROJECT_NAME", "DOCKER_HOST"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for project in &world.facts.compose {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for unset in &project.unset {
            let name = unset.name.as_str();
            if unset.answered || ALWAYS.contains(&name) || !seen.insert(name) || set_by_a_text(world, name) {
                continue;
            }
            let path = world.facts.path(unset.span);
            let message = format!("`{name}` has no value: Compose puts nothing in its place");
            let label = "nothing in the tree sets it";
            let draft = |file: &str| {
                let help = format!("set it in {file}, or write a default, `${{{name}:-…}}`, in {path}");
                Draft::new(message.clone(), unset.span, label, help)
            };
            match project.environment {
                Environment::Own => sink.not_found(draft(".env")),
                Environment::Example => sink.not_found(draft("the example that people copy to .env").pedantic()),
                // Whoever runs it brings all values, as the tree brings none.
                Environment::Absent => sink.not_found(draft(".env").pedantic()),
            }
        }
    }
}

/// Whether a script or another text with commands gives a variable of that name a value.
fn set_by_a_text(world: &World<'_>, name: &str) -> bool {
    let sets = |text: &str| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back().unwrap_or(' ');
            let after = text[at + name.len()..].trim_start_matches(' ');
            !before.is_ascii_alphanumeric()
                && before != '_'
                && before != '{'
                && before != '$'
                && (after.starts_with('=') || after.starts_with(':'))
        })
    };
    let tells = |path: &str| {
        path.ends_with(".sh") || path.ends_with("akefile") || path.contains(".github/") || path.ends_with(".env")
    };
    world.facts.texts.iter().any(|(path, _, text)| tells(path.as_str()) && sets(text))
}
