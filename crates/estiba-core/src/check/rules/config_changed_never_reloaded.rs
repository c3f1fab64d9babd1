use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::shell::{Piece, ShellCommand, ShellScript};
use crate::source::{Level, Span, last_part};

#[doc = include_str!("config_changed_never_reloaded.md")]
pub(crate) static RULE: Rule = Rule {
    id: "config-changed-never-reloaded",
    level: Level::Warning,
    summary: "a script changes the configuration of nginx, and nothing makes nginx read it",
    page: include_str!("config_changed_never_reloaded.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let scripts: BTreeSet<&str> = world.facts.contracts.iter().map(|contract| contract.script.file_name()).collect();
    for script in world.shell().iter().filter(|script| !script.reads_others) {
        let Some((at, span)) = last_change(script) else { continue };
        // It may also be run by one that reloads; then this is what it says to those who run it alone.
        let read = script.commands.iter().skip(at + 1).any(|command| makes_read(&scripts, command));
        if read || in_function(script, at) {
            continue;
        }
        let message = "the configuration of nginx is changed, and nothing after it makes nginx read it";
        let help = format!("write `nginx -t && systemctl reload nginx` behind it: change {}", script.path);
        sink.find(Draft::new(message, span, "in force only after the next restart", help).pedantic());
    }
}

fn last_change(script: &ShellScript<'_>) -> Option<(usize, Span)> {
    let found = script.commands.iter().enumerate().rev().find(|(_, command)| changes(command));
    found.map(|(at, command)| (at, command.span))
}

/// Who calls a function goes on after it.
fn in_function(script: &ShellScript<'_>, at: usize) -> bool {
    script.commands.get(at).is_some_and(|command| command.in_function)
}

/// Whether a command writes below `/etc/nginx`.
fn changes(command: &ShellCommand<'_>) -> bool {
    let own = |path: &str| path.starts_with("/etc/nginx/");
    if [&command.writes, &command.appends].into_iter().flatten().any(|path| own(path)) {
        return true;
    }
    let target = match command.word(0) {
        "cp" | "mv" | "ln" | "install" => command.words.last(),
        "tee" => command.words.iter().skip(1).find(|word| word.text().is_none_or(|text| !text.starts_with('-'))),
        _ => None,
    };
    target.is_some_and(|word| matches!(word.pieces.first(), Some(Piece::Text(text)) if own(text)))
}

/// Whether nginx may read its files because of a command: it names nginx, or runs what is not known here.
fn makes_read(scripts: &BTreeSet<&str>, command: &ShellCommand<'_>) -> bool {
    let Some(program) = command.words.first().and_then(|word| word.text()) else { return true };
    let names = command
        .words
        .iter()
        .any(|word| word.pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains("nginx"))));
    let tells = names && !matches!(program, "echo" | "printf" | "chmod" | "chown" | "mkdir" | "rm" | "cat" | "ls");
    let compose = matches!(program, "docker" | "docker-compose" | "podman" | "reboot" | "ansible-playbook" | "ssh");
    // A function, or another script.
    let own = program.contains('/') && program.ends_with(".sh") || scripts.contains(last_part(program));
    tells && !changes(command) || compose || own
}
