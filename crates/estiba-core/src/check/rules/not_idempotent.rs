use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::shell::{Origin, Piece, ShellCommand, ShellScript};
use crate::source::Level;

#[doc = include_str!("not_idempotent.md")]
pub(crate) static RULE: Rule = Rule {
    id: "not-idempotent",
    level: Level::Warning,
    summary: "a script cannot be run a second time",
    page: include_str!("not_idempotent.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for script in world.shell() {
        let new = New::of(script);
        for command in script.commands.iter().filter(|command| !command.asked) {
            let Some((what, instead)) = once(script, &new, command) else { continue };
            // Without `set -e` the script goes on.
            if !script.stops && command.appends.is_none() {
                continue;
            }
            let message = format!("run a second time, {what}");
            let help = format!("{instead}: change {}", script.path);
            let draft = Draft::new(message, command.span, "nothing asks whether it was done before", help);
            // Some scripts are run once, and thrown away.
            sink.find(draft.pedantic());
        }
    }
}

/// What becomes of a command that is run again, and what to write instead.
fn once(script: &ShellScript<'_>, new: &New<'_>, command: &ShellCommand<'_>) -> Option<(&'static str, &'static str)> {
    let fails = "the script ends here: it is there already";
    match command.word(0) {
        "docker" | "podman" if command.word(1) == "network" && command.word(2) == "create" => {
            Some((fails, "write `docker network inspect NAME >/dev/null 2>&1 || docker network create NAME`"))
        }
        "useradd" | "groupadd" if !command.option('f', "force") => {
            Some((fails, "ask `id NAME` or `getent group NAME` before"))
        }
        "mkdir" if !command.option('p', "parents") && !new.holds(script, command) => Some((fails, "write `mkdir -p`")),
        "ln" if command.option('s', "symbolic") && !command.option('f', "force") && !new.holds(script, command) => {
            Some((fails, "write `ln -sfn`"))
        }
        _ if command.appends.as_ref().is_some_and(|path| is_of_system(path) && !script.writes.contains(path)) => Some(
            ("the lines stand in the file twice", "ask `grep -qxF` for the line before, or write a file of its own"),
        ),
        _ => None,
    }
}

/// What a script makes anew each time.
struct New<'s> {
    /// Paths that it removes itself.
    removed: BTreeSet<&'s [Piece<'s>]>,
    temporary: bool,
}

impl<'s> New<'s> {
    fn of(script: &'s ShellScript<'s>) -> Self {
        let removing = script.commands.iter().filter(|command| matches!(command.word(0), "rm" | "rmdir"));
        Self {
            removed: removing.flat_map(|command| &command.words).map(|word| &*word.pieces).collect(),
            temporary: script.commands.iter().any(|command| command.word(0) == "mktemp"),
        }
    }

    /// Whether the last word of a command is removed by the script, or stands in a folder that is new each time.
    fn holds(&self, script: &ShellScript<'_>, command: &ShellCommand<'_>) -> bool {
        let Some(last) = command.words.last() else { return true };
        let new = match last.pieces.first() {
            Some(Piece::Variable { name, .. }) => {
                script.values.get(*name).is_some_and(|values| values.contains(&Origin::Printed))
            }
            Some(Piece::Other) => true,
            _ => self.temporary,
        };
        new || self.removed.contains(&*last.pieces)
    }
}

/// A file that the system, or a login, reads as a whole.
fn is_of_system(path: &str) -> bool {
    path.starts_with("/etc/")
        || path.ends_with("/.bashrc")
        || path.ends_with("/.profile")
        || path.ends_with("/authorized_keys")
}
