use std::collections::BTreeMap;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::shell::{Origin, Piece, ShellCommand, ShellScript, ShellWord};
use crate::source::{Level, last_part};

#[doc = include_str!("rm_rf_variable.md")]
pub(crate) static RULE: Rule = Rule {
    id: "rm-rf-variable",
    level: Level::Error,
    summary: "a script deletes a folder named by a variable, and the whole server where that is empty",
    page: include_str!("rm_rf_variable.md"),
    check,
};

/// Folders of the root without which a server is gone.
const SYSTEM: [&str; 14] =
    ["bin", "boot", "dev", "etc", "home", "lib", "lib64", "opt", "root", "sbin", "srv", "sys", "usr", "var"];

/// Variables that a shell, or who starts it, sets.
const SET: [&str; 10] =
    ["HOME", "PWD", "OLDPWD", "USER", "LOGNAME", "HOSTNAME", "UID", "BASH_SOURCE", "RANDOM", "PPID"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut elsewhere = Elsewhere::default();
    for script in world.shell() {
        for command in script.commands.iter().filter(|command| deletes(command)) {
            for word in command.words.iter().skip(1) {
                let Some((name, left)) = what_is_left(word) else { continue };
                let Some(empty) = may_be_empty(script, command, name) else { continue };
                let message = format!("where `${name}` is empty this deletes `{left}`");
                let help = format!("write `${{{name}:?}}` instead of `${name}`: change {}", script.path);
                let draft = Draft::new(message, word.span, empty.why(), help);
                let perhaps = match empty {
                    Empty::Printed => true,
                    Empty::Nowhere => elsewhere.names(world, script, name),
                    Empty::Argument => false,
                };
                sink.find(if perhaps { draft.level(Level::Warning).pedantic() } else { draft });
            }
        }
    }
}

fn deletes(command: &ShellCommand<'_>) -> bool {
    last_part(command.word(0)) == "rm" && (command.option('r', "recursive") || command.option('R', "recursive"))
}

/// The variable that a path begins with, and what the path is without it, where that is the root or a folder of the system.
fn what_is_left<'w>(word: &'w ShellWord<'_>) -> Option<(&'w str, &'w str)> {
    let [Piece::Variable { name, guarded: false }, Piece::Text(rest)] = &*word.pieces else { return None };
    let mut parts = rest.strip_prefix('/')?.splitn(2, '/');
    let first = parts.next().unwrap_or_default();
    let whole = matches!(first, "" | "*" | "." | ".*" | "{*,.*}");
    let system = SYSTEM.contains(&first) && parts.next().is_none_or(|below| matches!(below, "" | "*"));
    (whole || system).then_some((name, rest))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    Argument,
    Nowhere,
    Printed,
}

impl Empty {
    fn why(self) -> &'static str {
        match self {
            Self::Argument => "without an argument it is empty",
            Self::Nowhere => "this script gives it no value, and does not ask for one",
            Self::Printed => "where the command fails whose output it is, it is empty",
        }
    }
}

/// Variables that another file of the tree speaks of: a Compose file or a Dockerfile may set them.
#[derive(Default)]
struct Elsewhere(BTreeMap<String, bool>);

impl Elsewhere {
    /// So many names are looked for, each in the whole tree; what is more counts as set.
    const MOST: usize = 16;

    fn names(&mut self, world: &World<'_>, script: &ShellScript<'_>, name: &str) -> bool {
        if let Some(known) = self.0.get(name) {
            return *known;
        }
        let texts = || world.facts.texts.iter().filter(|(_, file, _)| *file != script.file);
        let named = self.0.len() >= Self::MOST || texts().any(|(_, _, text)| text.contains(name));
        self.0.insert(name.to_owned(), named);
        named
    }
}

/// Why a variable may be empty. One that a condition asks for is taken for safe.
fn may_be_empty(script: &ShellScript<'_>, command: &ShellCommand<'_>, name: &str) -> Option<Empty> {
    let asked = |name: &str| script.asked.contains(name);
    if asked(name) || SET.contains(&name) || script.reads_others {
        return None;
    }
    let arguments_asked = ["#", "1", "@", "*"].into_iter().any(asked);
    let number = name.bytes().all(|byte| byte.is_ascii_digit());
    if number {
        let open = !command.in_function && !script.stops_at_unset && !arguments_asked && name != "0";
        return open.then_some(Empty::Argument);
    }
    // `$@` and its like.
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    match script.values.get(name).map(|values| &**values) {
        None => (!script.stops_at_unset).then_some(Empty::Nowhere),
        Some([Origin::Argument]) => {
            (!script.stops_at_unset && !arguments_asked && !command.in_function).then_some(Empty::Argument)
        }
        Some([Origin::Printed]) => (!script.stops).then_some(Empty::Printed),
        Some(_) => None,
    }
}
