use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::shell::{Input, ShellCommand};
use crate::source::{FileId, Level};

#[doc = include_str!("waits_for_input.md")]
pub(crate) static RULE: Rule = Rule {
    id: "waits-for-input",
    level: Level::Error,
    summary: "a command asks a question where nobody is to answer",
    page: include_str!("waits_for_input.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let steps: BTreeSet<FileId> =
        world.facts.contracts.iter().filter(|contract| contract.is_step()).map(|contract| contract.file).collect();
    for script in world.shell() {
        let step = steps.contains(&script.file);
        let name = script.path.file_name();
        let first_boot = ["user_data", "user-data", "userdata", "cloud-init"].iter().any(|word| name.contains(word));
        for command in script.commands.iter().filter(|command| command.input == Input::Inherited) {
            let Some((question, option)) = asks(command) else { continue };
            let message = format!("this waits for an answer: {question}");
            let help = format!("write `{option}`: change {}", script.path);
            let draft = Draft::new(message, command.span, "nothing is typed here", help);
            // A person may sit before any other script; ufw asks only where it is started over ssh.
            let at_boot = first_boot && command.word(0) != "ufw";
            sink.find(if step || at_boot { draft } else { draft.level(Level::Warning).pedantic() });
        }
    }
}

/// What a command asks, and the option without which it does.
fn asks(command: &ShellCommand<'_>) -> Option<(&'static str, &'static str)> {
    // An option may stand in a variable.
    if command.words.iter().any(|word| word.text().is_none() && word.pieces.len() == 1) {
        return None;
    }
    let short =
        |word: &str| word.starts_with('-') && !word.starts_with("--") && (word.contains('y') || word.contains("qq"));
    let yes = || {
        let mut words = command.words.iter().skip(1).filter_map(|word| word.text());
        words.any(|word| matches!(word, "--yes" | "--assume-yes" | "--assumeyes") || short(word))
    };
    let any = |verbs: &[&str]| verbs.iter().any(|verb| command.has(verb));
    match command.word(0) {
        "ufw" if command.has("enable") && !command.has("--force") => {
            Some(("`ufw enable` may disrupt ssh connections, and says so", "ufw --force enable"))
        }
        "apt" | "apt-get"
            if any(&["install", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge", "autoremove"]) =>
        {
            let simulated =
                command.option('s', "simulate") || command.has("--dry-run") || command.has("--download-only");
            (!yes() && !simulated).then_some(("`apt-get` says what it is about to do", "apt-get --yes"))
        }
        "dnf" | "yum" if any(&["install", "update", "upgrade", "remove"]) => {
            (!yes()).then_some(("the package manager says what it is about to do", "--assumeyes"))
        }
        "docker" if command.has("prune") => {
            (!command.option('f', "force")).then_some(("`docker … prune` says what it removes", "--force"))
        }
        _ => None,
    }
}
