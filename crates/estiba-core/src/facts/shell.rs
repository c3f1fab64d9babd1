//! The commands that shell scripts hold, each with what stands around it. Unlike [`crate::steps`], which follows what a
//! script does, this tells how it is written: also in functions that nobody calls, and in scripts that declare nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Texts;
use super::compose::set_aside;
use crate::source::{FileId, Span, TreePath};
use crate::syntax::bash::{
    self, AndOr, Argument, AssignedValue, Assignment, CommandKind, Join, Part, Redirect, Target, Test,
};

/// A script with `#!`.
#[derive(Clone, Debug)]
pub struct ShellScript {
    /// Its path in the tree.
    pub path: TreePath,
    /// Its text.
    pub file: FileId,
    /// In the order of the text.
    pub commands: Vec<ShellCommand>,
    /// Variables, with where each value comes from.
    pub values: BTreeMap<String, Vec<Origin>>,
    /// Variables that a condition, or `${NAME:?}`, asks for.
    pub asked: BTreeSet<String>,
    /// It ends at the first command that fails.
    pub stops: bool,
    /// It ends at a variable that is not set.
    pub stops_at_unset: bool,
    /// It reads other files, which may set variables and options.
    pub reads_others: bool,
    /// Files that it writes from their beginning.
    pub writes: BTreeSet<String>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A text that is not empty.
    Text,
    /// Nothing.
    Empty,
    /// An argument of the script.
    Argument,
    /// What a command prints.
    Printed,
    /// Anything else.
    Other,
}

/// A simple command.
#[derive(Clone, Debug)]
pub struct ShellCommand {
    /// The program and its arguments; without `sudo`.
    pub words: Vec<ShellWord>,
    /// From the first to the last character.
    pub span: Span,
    /// Whether something was asked before it, or its failure is accepted.
    pub asked: bool,
    /// Where it reads from.
    pub input: Input,
    /// It stands in a function.
    pub in_function: bool,
    /// The file that it writes to the end of.
    pub appends: Option<String>,
    /// The file that it writes from its beginning.
    pub writes: Option<String>,
}

/// What a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// What the script reads.
    Inherited,
    /// A file, or what `cat` prints of one.
    File(Option<String>),
    /// A text of the script, or what another command prints.
    Other,
}

/// A word.
#[derive(Clone, Debug)]
pub struct ShellWord {
    /// Where.
    pub span: Span,
    /// Its text, where nothing in it is expanded.
    pub text: Option<String>,
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// Text, or a pattern as written.
    Text(String),
    /// `$NAME`, or `${NAME…}` with whether the script ends, or another text is taken, where it is empty.
    Variable {
        /// The name.
        name: String,
        /// Whether an empty value is handled.
        guarded: bool,
    },
    /// Anything else.
    Other,
}

impl ShellCommand {
    /// The constant text of a word; empty where it is not constant, or not there.
    #[must_use]
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).and_then(|word| word.text.as_deref()).unwrap_or_default()
    }

    /// Whether one of the arguments is this word.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().skip(1).any(|other| other.text.as_deref() == Some(word))
    }

    /// Whether an option of one letter, or of a name, is given.
    #[must_use]
    pub fn option(&self, letter: char, name: &str) -> bool {
        self.words.iter().skip(1).filter_map(|word| word.text.as_deref()).any(|word| match word.strip_prefix("--") {
            Some(long) => long.split('=').next() == Some(name),
            None => word.strip_prefix('-').is_some_and(|letters| letters.contains(letter)),
        })
    }
}

/// Every script that a shell like bash runs. `parsed` tells of those that somebody has read already.
pub(crate) fn read_all<'s>(
    texts: &'s Texts,
    parsed: impl Fn(&str) -> Option<&'s bash::Script<'s>>,
) -> Vec<ShellScript> {
    let scripts = texts
        .iter()
        .filter(|(path, _, text)| !path.is_below("files") && is_shell(text) && set_aside(path.as_str()).is_none());
    let read = |(path, file, text): (&TreePath, FileId, &'s str)| match parsed(path.as_str()) {
        Some(script) => read(path, file, text, script),
        None => read(path, file, text, &bash::parse(file, text)),
    };
    scripts.map(read).collect()
}

fn is_shell(text: &str) -> bool {
    let Some(line) = text.strip_prefix("#!").and_then(|rest| rest.lines().next()) else { return false };
    line.split(['/', ' ', '\t']).any(|word| matches!(word, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh"))
}

fn read(path: &TreePath, file: FileId, text: &str, parsed: &bash::Script<'_>) -> ShellScript {
    let head = text.lines().next().unwrap_or_default();
    let mut reader = Reader {
        script: ShellScript {
            path: path.clone(),
            file,
            commands: Vec::new(),
            values: BTreeMap::new(),
            asked: BTreeSet::new(),
            stops: false,
            stops_at_unset: false,
            reads_others: false,
            writes: BTreeSet::new(),
        },
    };
    for options in head.split_whitespace().skip(1) {
        reader.options(options);
    }
    reader.list(&parsed.list, &Around { asked: false, input: Input::Inherited, in_function: false });
    reader.script
}

/// What stands around a command.
#[derive(Clone)]
struct Around {
    asked: bool,
    input: Input,
    in_function: bool,
}

impl Around {
    fn asked(&self) -> Self {
        Self { asked: true, ..self.clone() }
    }
}

struct Reader {
    script: ShellScript,
}

impl Reader {
    fn list(&mut self, list: &[AndOr<'_>], around: &Around) {
        for chain in list {
            self.pipeline(&chain.first, around, chain.rest.iter().any(|(join, _)| *join == Join::Or));
            for (at, (_, pipeline)) in chain.rest.iter().enumerate() {
                let accepted = chain.rest[at + 1..].iter().any(|(join, _)| *join == Join::Or);
                self.pipeline(pipeline, &around.asked(), accepted);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &bash::Pipeline<'_>, around: &Around, accepted: bool) {
        let mut around = if accepted || pipeline.negated { around.asked() } else { around.clone() };
        let mut printed = None;
        for (at, command) in pipeline.commands.iter().enumerate() {
            if at > 0 {
                around.input = printed.take().map_or(Input::Other, |file| Input::File(Some(file)));
            }
            self.command(command, &around);
            printed = shown(command);
        }
    }

    fn command(&mut self, command: &bash::Command<'_>, around: &Around) {
        let mut around = around.clone();
        for redirect in &command.redirects {
            if let Some(input) = input(redirect) {
                around.input = input;
            }
            if let Target::Word(word) = &redirect.target {
                self.inner(&word.parts, &around);
            }
            self.script.writes.extend(written(redirect, NEW));
        }
        let around = &around;
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                self.simple(assignments, words, command, around);
            }
            CommandKind::Group(list) | CommandKind::Subshell(list) => self.list(list, around),
            CommandKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.list(condition, &around.asked());
                    self.list(body, &around.asked());
                }
                self.list(otherwise.as_deref().unwrap_or_default(), &around.asked());
            }
            CommandKind::Loop { condition, body, .. } => {
                self.list(condition, &around.asked());
                self.list(body, around);
            }
            CommandKind::For { name, words, body } => {
                for word in words.iter().flatten() {
                    self.inner(&word.parts, around);
                }
                self.value(name.value.text, Origin::Other);
                self.list(body, around);
            }
            CommandKind::ArithmeticFor { body, .. } => self.list(body, around),
            CommandKind::Case { subject, arms } => {
                self.ask(&subject.parts);
                for arm in arms {
                    self.list(&arm.body, &around.asked());
                }
            }
            CommandKind::Test(test) => self.test(test),
            CommandKind::Arithmetic(word) => self.ask(&word.parts),
            CommandKind::Function { body, .. } => {
                self.command(body, &Around { asked: false, input: Input::Inherited, in_function: true });
            }
        }
    }

    fn simple(
        &mut self,
        assignments: &[Assignment<'_>],
        words: &[Argument<'_>],
        command: &bash::Command<'_>,
        around: &Around,
    ) {
        for assignment in assignments {
            self.assignment(assignment, around);
        }
        let mut own: Vec<ShellWord> = Vec::new();
        for argument in words {
            match argument {
                Argument::Word(word) => {
                    self.inner(&word.parts, around);
                    own.push(ShellWord {
                        span: word.span,
                        text: word.constant().map(std::borrow::Cow::into_owned),
                        pieces: pieces(&word.parts),
                    });
                }
                Argument::Assignment(assignment) => {
                    self.assignment(assignment, around);
                    own.push(ShellWord { span: assignment.span, text: None, pieces: vec![Piece::Other] });
                }
            }
        }
        let start = program(&own);
        let own = own.split_off(start);
        let Some(first) = own.first() else { return };
        match first.text.as_deref() {
            Some("[" | "test") => {
                for argument in words {
                    if let Argument::Word(word) = argument {
                        self.ask(&word.parts);
                    }
                }
            }
            Some("set") => {
                for word in own.iter().skip(1).filter_map(|word| word.text.as_deref()) {
                    self.options(word);
                }
            }
            Some("source" | ".") => self.script.reads_others = true,
            Some("read" | "mapfile" | "readarray" | "getopts" | "printf") => {
                for word in own.iter().skip(1).filter_map(|word| word.text.clone()) {
                    self.value(&word, Origin::Other);
                }
            }
            _ => {}
        }
        self.script.commands.push(ShellCommand {
            words: own,
            span: command.span,
            asked: around.asked,
            input: around.input.clone(),
            in_function: around.in_function,
            appends: command.redirects.iter().find_map(|redirect| written(redirect, &[">>"])),
            writes: command.redirects.iter().find_map(|redirect| written(redirect, NEW)),
        });
    }

    fn assignment(&mut self, assignment: &Assignment<'_>, around: &Around) {
        let origin = match &assignment.value {
            AssignedValue::Word(None) => Origin::Empty,
            AssignedValue::Word(Some(word)) => {
                self.inner(&word.parts, around);
                origin(&word.parts)
            }
            AssignedValue::Array(items) => {
                for (_, word) in items {
                    self.inner(&word.parts, around);
                }
                Origin::Other
            }
        };
        self.value(assignment.name.text, if assignment.append { Origin::Other } else { origin });
    }

    fn value(&mut self, name: &str, origin: Origin) {
        self.script.values.entry(name.to_owned()).or_default().push(origin);
    }

    /// Commands inside of words, and variables that a word asks for.
    fn inner(&mut self, parts: &[Part<'_>], around: &Around) {
        for part in parts {
            match part {
                Part::Double(parts) | Part::Arithmetic(parts) => self.inner(parts, around),
                Part::Substitution(list, _) | Part::Process(list, _) => self.list(list, around),
                Part::Parameter(parameter) => {
                    if parameter.operator.contains('?') {
                        self.script.asked.insert(parameter.name.text.to_owned());
                    }
                    // `${X:=value}` sets it where it is not set.
                    if parameter.operator.ends_with('=') && parameter.operand.is_some() {
                        self.value(parameter.name.text, Origin::Text);
                    }
                    if let Some(operand) = &parameter.operand {
                        self.inner(&operand.parts, around);
                    }
                }
                Part::Literal(_) | Part::Quoted(_) | Part::Glob(_) => {}
            }
        }
    }

    fn test(&mut self, test: &Test<'_>) {
        match test {
            Test::Or(one, other) | Test::And(one, other) => {
                self.test(one);
                self.test(other);
            }
            Test::Not(inner) => self.test(inner),
            Test::Unary(_, word) => self.ask(&word.parts),
            Test::Binary(one, _, other) => {
                self.ask(&one.parts);
                self.ask(&other.parts);
            }
        }
    }

    /// Variables that a condition is about.
    fn ask(&mut self, parts: &[Part<'_>]) {
        for part in parts {
            match part {
                Part::Double(parts) | Part::Arithmetic(parts) => self.ask(parts),
                Part::Parameter(parameter) => {
                    self.script.asked.insert(parameter.name.text.to_owned());
                }
                Part::Literal(text) => {
                    // `(( n > 0 ))` has names without `$`.
                    let names = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                    self.script.asked.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
                }
                Part::Quoted(_) | Part::Glob(_) | Part::Substitution(..) | Part::Process(..) => {}
            }
        }
    }

    /// `-euo`, `pipefail`, `errexit`.
    fn options(&mut self, word: &str) {
        match word {
            "errexit" => self.script.stops = true,
            "nounset" => self.script.stops_at_unset = true,
            _ => {
                if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')) {
                    self.script.stops |= letters.contains('e');
                    self.script.stops_at_unset |= letters.contains('u');
                }
            }
        }
    }
}

/// How many words stand before the program: `sudo` with its options, `exec`, `env NAME=…`.
fn program(words: &[ShellWord]) -> usize {
    let mut at = 0;
    let mut behind = false;
    while let Some(word) = words.get(at) {
        match word.text.as_deref() {
            Some("sudo" | "exec" | "command" | "nohup" | "time" | "env") => behind = true,
            Some("-u" | "-g" | "-C") if behind => at += 1,
            Some(option) if behind && (option.starts_with('-') || option.contains('=') && !option.contains('/')) => {}
            _ => break,
        }
        at += 1;
    }
    at.min(words.len())
}

fn pieces(parts: &[Part<'_>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in parts {
        match part {
            Part::Literal(text) | Part::Quoted(text) => add(&mut pieces, text),
            Part::Glob(text) => add(&mut pieces, text),
            Part::Double(parts) => {
                for piece in self::pieces(parts) {
                    match piece {
                        Piece::Text(text) => add(&mut pieces, &text),
                        other => pieces.push(other),
                    }
                }
            }
            Part::Parameter(parameter) if !parameter.length && !parameter.indirect && parameter.index.is_none() => {
                let guarded = match parameter.operator {
                    ":?" | "?" => true,
                    ":-" | ":=" | "-" | "=" | ":+" | "+" => {
                        parameter.operand.as_ref().is_some_and(|word| !word.parts.is_empty())
                    }
                    _ => false,
                };
                pieces.push(Piece::Variable { name: parameter.name.text.to_owned(), guarded });
            }
            _ => pieces.push(Piece::Other),
        }
    }
    pieces
}

fn add(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

fn origin(parts: &[Part<'_>]) -> Origin {
    match pieces(parts).as_slice() {
        [] => Origin::Empty,
        [Piece::Text(text)] if text.is_empty() => Origin::Empty,
        [Piece::Variable { name, guarded: false }]
            if name.len() == 1 && name.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            Origin::Argument
        }
        [Piece::Other] if only_printed(parts) => Origin::Printed,
        pieces if pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if !text.is_empty())) => Origin::Text,
        _ => Origin::Other,
    }
}

fn only_printed(parts: &[Part<'_>]) -> bool {
    match parts {
        [Part::Substitution(..)] => true,
        [Part::Double(parts)] => only_printed(parts),
        _ => false,
    }
}

/// What a redirect makes a command read.
fn input(redirect: &Redirect<'_>) -> Option<Input> {
    if !matches!(redirect.descriptor, None | Some("0")) {
        return None;
    }
    match (redirect.operator, &redirect.target) {
        // A terminal may be named.
        ("<", Target::Word(word)) if word.constant().is_some_and(|path| path.starts_with("/dev/tty")) => {
            Some(Input::Inherited)
        }
        ("<", Target::Word(word)) => Some(Input::File(last_text(&word.parts))),
        ("<<" | "<<-" | "<<<", _) | (_, Target::HereDocument(_)) => Some(Input::Other),
        _ => None,
    }
}

/// Redirects that begin a file anew.
const NEW: &[&str] = &[">", ">|", "&>"];

/// The file that a redirect with one of some signs writes.
fn written(redirect: &Redirect<'_>, signs: &[&str]) -> Option<String> {
    match &redirect.target {
        Target::Word(word) if signs.contains(&redirect.operator) => word.constant().map(std::borrow::Cow::into_owned),
        _ => None,
    }
}

/// The file that a command shows, if it is `cat` with one.
fn shown(command: &bash::Command<'_>) -> Option<String> {
    let CommandKind::Simple { words, .. } = &command.kind else { return None };
    match words.as_slice() {
        [Argument::Word(cat), Argument::Word(file)] if cat.constant().as_deref() == Some("cat") => {
            last_text(&file.parts)
        }
        _ => None,
    }
}

/// What a word certainly ends with.
fn last_text(parts: &[Part<'_>]) -> Option<String> {
    match pieces(parts).pop() {
        Some(Piece::Text(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, Origin, Piece, read_all};
    use crate::facts::testing::facts;

    #[test]
    fn commands_are_found_with_what_stands_around_them() {
        let text = "#!/bin/bash -e\nset -u\nX=$1 Y= Z=$(pwd) A=\"a$b\"\nf() { sudo -E rm -rf \"$X/\"; }\nif true; then one; fi\ntwo || three\ncat \"$d/in\" | four\nwhile read -r line; do five; done < list\n[[ -n $Z ]]\necho \"$(six)\"\n";
        let facts = facts(&[("a.sh", text)]);
        let script = &read_all(&facts.texts, |_| None)[0];
        assert!(script.stops && script.stops_at_unset && !script.reads_others);
        let command = |name: &str| script.commands.iter().find(|command| command.word(0) == name).unwrap();
        assert!(command("rm").in_function && command("rm").option('r', "recursive"));
        assert_eq!(
            command("rm").words[2].pieces,
            [Piece::Variable { name: "X".to_owned(), guarded: false }, Piece::Text("/".to_owned())]
        );
        assert!(command("one").asked && command("two").asked && command("three").asked && !command("six").asked);
        assert_eq!(command("four").input, Input::File(Some("/in".to_owned())));
        assert_eq!(command("five").input, Input::File(Some("list".to_owned())));
        let origin = |name: &str| script.values[name][0];
        assert_eq!(["X", "Y", "Z", "A"].map(origin), [Origin::Argument, Origin::Empty, Origin::Printed, Origin::Text]);
        assert!(script.asked.contains("Z"));
    }
}
