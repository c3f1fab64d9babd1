use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::shell::ShellScript;
use crate::source::{FileId, Level, Span};

#[doc = include_str!("no_strict_mode.md")]
pub(crate) static RULE: Rule = Rule {
    id: "no-strict-mode",
    level: Level::Warning,
    summary: "a script goes on after a command that failed",
    page: include_str!("no_strict_mode.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let steps: BTreeSet<FileId> =
        world.facts.contracts.iter().filter(|contract| contract.is_step()).map(|contract| contract.file).collect();
    for script in world.shell() {
        // What it reads may set it.
        if script.stops || script.reads_others || !goes_on(script) {
            continue;
        }
        let text = &*world.facts.texts.sources.get(script.file).text;
        let head = Span::new(script.file, 0, text.lines().next().map_or(0, str::len));
        let message = "the script goes on after a command that failed";
        let strict = if text.lines().next().is_some_and(|line| line.ends_with("bash")) {
            "set -euo pipefail"
        } else {
            "set -eu"
        };
        let help = format!("write `{strict}` below the first line: change {}", script.path);
        let draft = Draft::new(message, head, "neither `set -e` nor `-e` stands in it", help);
        // Elsewhere it is a matter of custom: a script may ask after each command.
        sink.find(if steps.contains(&script.file) { draft } else { draft.pedantic() });
    }
}

/// Whether a command that may fail stands before another one, and nobody asks.
fn goes_on(script: &ShellScript<'_>) -> bool {
    const HARMLESS: [&str; 14] = [
        "echo", "printf", "set", "export", "cd", "true", "exit", "shift", "trap", "local", "return", "readonly",
        "declare", ":",
    ];
    let changes = script.commands.iter().filter(|command| !command.asked && !HARMLESS.contains(&command.word(0)));
    changes.count() > 1
}
