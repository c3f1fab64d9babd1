//! The `services:` of a Compose file, which has Compose's keys only.

use super::kinds;
use super::validate::{COMPOSE_SERVICE_KEYS, shown};
use crate::source::{Diagnostic, nearest};
use crate::syntax::yaml::Node;

/// Checks names and keys; values are Compose's.
pub(super) fn validate(services: &Node, problems: &mut Vec<Diagnostic>) {
    let Some(entries) = services.map() else {
        let problem = Diagnostic::error("`services` is no mapping", services.span, "expected service names");
        problems.push(problem.help("write `services: { app: { image: app:1 } }`"));
        return;
    };
    for (name, service) in entries {
        let text = name.text().unwrap_or_default();
        if kinds::SERVICE.parse(text).is_none() {
            let message = format!("expected {}, found {}", kinds::SERVICE.expected, shown(text));
            problems.push(Diagnostic::error(message, name.span, "this is not one").help("rename the service"));
        }
        let Some(keys) = service.map() else {
            let problem =
                Diagnostic::error(format!("the service `{text}` is no mapping"), service.span, "expected keys");
            problems.push(problem.help(format!("write `{text}: {{ image: {text}:1 }}`")));
            continue;
        };
        for (key, _) in keys {
            let word = key.text().unwrap_or_default();
            if COMPOSE_SERVICE_KEYS.contains(&word) || word.starts_with("x-") {
                continue;
            }
            let problem =
                Diagnostic::error(format!("unknown key {} in `{text}`", shown(word)), key.span, "not a key of Compose");
            problems.push(match (word, nearest(word, COMPOSE_SERVICE_KEYS.iter().copied())) {
                ("web" | "metrics", _) => problem.help(format!(
                    "a Compose file stays Compose's: put it under `{word}:` at the top of estiba.yml, by service name"
                )),
                (_, Some(near)) => problem.help(format!("did you mean `{near}`?")),
                _ => problem,
            });
        }
    }
}
