//! Builtins of bash that change what is known, and programs that run the command in their arguments.

/// What the name of a command says about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Builtin {
    Source,
    Declare,
    Set,
    Shift,
    Return,
    Exit,
    Break,
    Continue,
    /// Nothing that is known changes.
    Quiet,
    False,
    Read,
    /// It fills an array with what only a run knows.
    Fill,
    Eval,
    ChangeFolder,
    Folder,
    Echo,
    Printf,
    /// It runs the command in its arguments.
    Wrapper,
}

const NAMES: [(Builtin, &[&str]); 18] = [
    (Builtin::Source, &[".", "source"]),
    (Builtin::Declare, &["local", "declare", "typeset", "export", "readonly"]),
    (Builtin::Set, &["set"]),
    (Builtin::Shift, &["shift"]),
    (Builtin::Return, &["return"]),
    (Builtin::Exit, &["exit"]),
    (Builtin::Break, &["break"]),
    (Builtin::Continue, &["continue"]),
    (
        Builtin::Quiet,
        &[
            "true", ":", "umask", "trap", "shopt", "stty", "sync", "chmod", "chown", "sleep", "wait", "kill", "unset",
            "hash",
        ],
    ),
    (Builtin::False, &["false"]),
    (Builtin::Read, &["read"]),
    (Builtin::Fill, &["mapfile", "readarray", "getopts"]),
    (Builtin::Eval, &["eval"]),
    (Builtin::ChangeFolder, &["cd"]),
    (Builtin::Folder, &["pwd"]),
    (Builtin::Echo, &["echo"]),
    (Builtin::Printf, &["printf"]),
    (
        Builtin::Wrapper,
        &[
            "sudo", "env", "command", "builtin", "exec", "nohup", "nice", "ionice", "setsid", "timeout", "chronic",
            "xargs",
        ],
    ),
];

/// All of them by name.
pub(super) fn by_name() -> impl Iterator<Item = (&'static str, Builtin)> {
    NAMES.iter().flat_map(|(builtin, names)| names.iter().map(|name| (*name, *builtin)))
}
