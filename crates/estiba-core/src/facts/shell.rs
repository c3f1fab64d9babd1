//! The commands that shell scripts hold, each with what stands around it. Unlike [`crate::steps`], which follows what a
//! script does, this tells how it is written: also in functions that nobody calls, and in scripts that declare nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Texts;
use super::compose::set_aside;
use crate::source::{FileId, Span, TreePath};
use crate::syntax::bash::{
    self, AndOr, Argument, AssignedValue, Assignment, CommandKind, Few, Join, Part, Redirect, Target, Test, Word,
};

/// A script with `#!`.
#[derive(Clone, Debug)]
pub struct ShellScript<'t> {
    /// Its path in the tree.
    pub path: TreePath,
    /// Its text.
    pub file: FileId,
    /// In the order of the text.
    pub commands: Vec<ShellCommand<'t>>,
    /// Variables, with where each value comes from.
    pub values: BTreeMap<Cow<'t, str>, Few<Origin>>,
    /// Variables that a condition, or `${NAME:?}`, asks for.
    pub asked: BTreeSet<&'t str>,
    /// It ends at the first command that fails.
    pub stops: bool,
    /// It ends at a variable that is not set.
    pub stops_at_unset: bool,
    /// It reads other files, which may set variables and options.
    pub reads_others: bool,
    /// Files that it writes from their beginning.
    pub writes: BTreeSet<Cow<'t, str>>,
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
pub struct ShellCommand<'t> {
    /// The program and its arguments; without `sudo`.
    pub words: Vec<ShellWord<'t>>,
    /// From the first to the last character.
    pub span: Span,
    /// Whether something was asked before it, or its failure is accepted.
    pub asked: bool,
    /// Where it reads from.
    pub input: Input<'t>,
    /// It stands in a function.
    pub in_function: bool,
    /// The file that it writes to the end of.
    pub appends: Option<Cow<'t, str>>,
    /// The file that it writes from its beginning.
    pub writes: Option<Cow<'t, str>>,
}

/// What a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'t> {
    /// What the script reads.
    Inherited,
    /// A file, or what `cat` prints of one.
    File(Option<Cow<'t, str>>),
    /// A text of the script, or what another command prints.
    Other,
}

/// A word.
#[derive(Clone, Debug)]
pub struct ShellWord<'t> {
    /// Where.
    pub span: Span,
    /// In order.
    pub pieces: Few<Piece<'t>>,
    /// Nothing in it is expanded.
    constant: bool,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece<'t> {
    /// Text, or a pattern as written.
    Text(Cow<'t, str>),
    /// `$NAME`, or `${NAME…}` with whether the script ends, or another text is taken, where it is empty.
    Variable {
        /// The name.
        name: &'t str,
        /// Whether an empty value is handled.
        guarded: bool,
    },
    /// Anything else.
    Other,
}

impl<'t> ShellWord<'t> {
    fn of(word: &Word<'t>) -> Self {
        Self { span: word.span, pieces: pieces(&word.parts), constant: word.parts.iter().all(Part::is_constant) }
    }

    /// Its text, where nothing in it is expanded.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &*self.pieces {
            _ if !self.constant => None,
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }
}

impl ShellCommand<'_> {
    /// The constant text of a word; empty where it is not constant, or not there.
    #[must_use]
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).and_then(|word| word.text()).unwrap_or_default()
    }

    /// Whether one of the arguments is this word.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().skip(1).any(|other| other.text() == Some(word))
    }

    /// Whether an option of one letter, or of a name, is given.
    #[must_use]
    pub fn option(&self, letter: char, name: &str) -> bool {
        self.words.iter().skip(1).filter_map(|word| word.text()).any(|word| match word.strip_prefix("--") {
            Some(long) => long.split('=').next() == Some(name),
            None => word.strip_prefix('-').is_some_and(|letters| letters.contains(letter)),
        })
    }
}

/// Every script that a shell like bash runs. `parsed` tells of those that somebody has read already.
pub(crate) fn read_all<'t, 's: 't>(
    texts: &'s Texts,
    parsed: impl Fn(&str) -> Option<&'t bash::Script<'s>>,
) -> Vec<ShellScript<'s>> {
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

fn read<'t>(path: &TreePath, file: FileId, text: &'t str, parsed: &bash::Script<'t>) -> ShellScript<'t> {
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
struct Around<'t> {
    asked: bool,
    input: Input<'t>,
    in_function: bool,
}

impl Around<'_> {
    fn asked(&self) -> Self {
        Self { asked: true, ..self.clone() }
    }
}

struct Reader<'t> {
    script: ShellScript<'t>,
}

impl<'t> Reader<'t> {
    fn list(&mut self, list: &[AndOr<'t>], around: &Around<'t>) {
        for chain in list {
            self.pipeline(&chain.first, around, chain.rest.iter().any(|(join, _)| *join == Join::Or));
            for (at, (_, pipeline)) in chain.rest.iter().enumerate() {
                let accepted = chain.rest[at + 1..].iter().any(|(join, _)| *join == Join::Or);
                self.pipeline(pipeline, &around.asked(), accepted);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &bash::Pipeline<'t>, around: &Around<'t>, accepted: bool) {
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

    fn command(&mut self, command: &bash::Command<'t>, around: &Around<'t>) {
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
            CommandKind::Loop(it) => {
                self.list(&it.condition, &around.asked());
                self.list(&it.body, around);
            }
            CommandKind::For(it) => {
                for word in it.words.iter().flatten() {
                    self.inner(&word.parts, around);
                }
                self.value(Cow::Borrowed(it.name.value.text), Origin::Other);
                self.list(&it.body, around);
            }
            CommandKind::ArithmeticFor(it) => self.list(&it.body, around),
            CommandKind::Case(it) => {
                self.ask(&it.subject.parts);
                for arm in &it.arms {
                    self.list(&arm.body, &around.asked());
                }
            }
            CommandKind::Test(test) => self.test(test),
            CommandKind::Arithmetic(word) => self.ask(&word.parts),
            CommandKind::Function(it) => {
                self.command(&it.body, &Around { asked: false, input: Input::Inherited, in_function: true });
            }
        }
    }

    fn simple(
        &mut self,
        assignments: &[Assignment<'t>],
        words: &[Argument<'t>],
        command: &bash::Command<'t>,
        around: &Around<'t>,
    ) {
        for assignment in assignments {
            self.assignment(assignment, around);
        }
        let mut own: Vec<ShellWord<'t>> = Vec::with_capacity(words.len());
        for argument in words {
            match argument {
                Argument::Word(word) => {
                    self.inner(&word.parts, around);
                    own.push(ShellWord::of(word));
                }
                Argument::Assignment(assignment) => {
                    self.assignment(assignment, around);
                    own.push(ShellWord { span: assignment.span, pieces: Few::One(Piece::Other), constant: false });
                }
            }
        }
        let start = program(&own);
        own.drain(..start);
        let Some(first) = own.first() else { return };
        match first.text() {
            Some("[" | "test") => {
                for argument in words {
                    if let Argument::Word(word) = argument {
                        self.ask(&word.parts);
                    }
                }
            }
            Some("set") => {
                for word in own.iter().skip(1).filter_map(ShellWord::text) {
                    self.options(word);
                }
            }
            Some("source" | ".") => self.script.reads_others = true,
            Some("read" | "mapfile" | "readarray" | "getopts" | "printf") => {
                for word in own.iter().skip(1).filter(|word| word.constant) {
                    if let [Piece::Text(name)] = &*word.pieces {
                        self.value(name.clone(), Origin::Other);
                    }
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

    fn assignment(&mut self, assignment: &Assignment<'t>, around: &Around<'t>) {
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
        self.value(Cow::Borrowed(assignment.name.text), if assignment.append { Origin::Other } else { origin });
    }

    fn value(&mut self, name: Cow<'t, str>, origin: Origin) {
        self.script.values.entry(name).or_default().push(origin);
    }

    /// Commands inside of words, and variables that a word asks for.
    fn inner(&mut self, parts: &[Part<'t>], around: &Around<'t>) {
        for part in parts {
            match part {
                Part::Double(parts) | Part::Arithmetic(parts) => self.inner(parts, around),
                Part::Substitution(list) | Part::Process(list) => self.list(list, around),
                Part::Parameter(parameter) => {
                    if parameter.operator.contains('?') {
                        self.script.asked.insert(parameter.name.text);
                    }
                    // `${X:=value}` sets it where it is not set.
                    if parameter.operator.ends_with('=') && parameter.operand.is_some() {
                        self.value(Cow::Borrowed(parameter.name.text), Origin::Text);
                    }
                    if let Some(operand) = &parameter.operand {
                        self.inner(&operand.parts, around);
                    }
                }
                Part::Literal(_) | Part::Quoted(_) | Part::Resolved(_) | Part::Glob(_) => {}
            }
        }
    }

    fn test(&mut self, test: &Test<'t>) {
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
    fn ask(&mut self, parts: &[Part<'t>]) {
        for part in parts {
            match part {
                Part::Double(parts) | Part::Arithmetic(parts) => self.ask(parts),
                Part::Parameter(parameter) => {
                    self.script.asked.insert(parameter.name.text);
                }
                Part::Literal(text) => {
                    // `(( n > 0 ))` has names without `$`.
                    let names = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                    self.script.asked.extend(names.filter(|name| !name.is_empty()));
                }
                Part::Quoted(_) | Part::Resolved(_) | Part::Glob(_) | Part::Substitution(_) | Part::Process(_) => {}
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
fn program(words: &[ShellWord<'_>]) -> usize {
    let mut at = 0;
    let mut behind = false;
    while let Some(word) = words.get(at) {
        match word.text() {
            Some("sudo" | "exec" | "command" | "nohup" | "time" | "env") => behind = true,
            Some("-u" | "-g" | "-C") if behind => at += 1,
            Some(option) if behind && (option.starts_with('-') || option.contains('=') && !option.contains('/')) => {}
            _ => break,
        }
        at += 1;
    }
    at.min(words.len())
}

fn pieces<'t>(parts: &[Part<'t>]) -> Few<Piece<'t>> {
    let mut pieces = Few::None;
    add_pieces(parts, &mut pieces);
    pieces
}

fn add_pieces<'t>(parts: &[Part<'t>], pieces: &mut Few<Piece<'t>>) {
    for part in parts {
        match part {
            Part::Literal(text) | Part::Quoted(text) | Part::Glob(text) => add(pieces, Cow::Borrowed(text)),
            Part::Resolved(text) => add(pieces, Cow::Owned(String::from(&**text))),
            Part::Double(parts) => add_pieces(parts, pieces),
            Part::Parameter(parameter) if !parameter.length && !parameter.indirect && parameter.index.is_none() => {
                let guarded = match parameter.operator {
                    ":?" | "?" => true,
                    ":-" | ":=" | "-" | "=" | ":+" | "+" => {
                        parameter.operand.as_ref().is_some_and(|word| !word.parts.is_empty())
                    }
                    _ => false,
                };
                pieces.push(Piece::Variable { name: parameter.name.text, guarded });
            }
            _ => pieces.push(Piece::Other),
        }
    }
}

fn add<'t>(pieces: &mut Few<Piece<'t>>, text: Cow<'t, str>) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.to_mut().push_str(&text),
        _ => pieces.push(Piece::Text(text)),
    }
}

fn origin(parts: &[Part<'_>]) -> Origin {
    match &*pieces(parts) {
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
        [Part::Substitution(_)] => true,
        [Part::Double(parts)] => only_printed(parts),
        _ => false,
    }
}

/// What a redirect makes a command read.
fn input<'t>(redirect: &Redirect<'t>) -> Option<Input<'t>> {
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
fn written<'t>(redirect: &Redirect<'t>, signs: &[&str]) -> Option<Cow<'t, str>> {
    match &redirect.target {
        Target::Word(word) if signs.contains(&redirect.operator) => word.constant(),
        _ => None,
    }
}

/// The file that a command shows, if it is `cat` with one.
fn shown<'t>(command: &bash::Command<'t>) -> Option<Cow<'t, str>> {
    let CommandKind::Simple { words, .. } = &command.kind else { return None };
    match words.as_slice() {
        [Argument::Word(cat), Argument::Word(file)] if cat.constant().as_deref() == Some("cat") => {
            last_text(&file.parts)
        }
        _ => None,
    }
}

/// What a word certainly ends with.
fn last_text<'t>(parts: &[Part<'t>]) -> Option<Cow<'t, str>> {
    match pieces(parts).pop() {
        Some(Piece::Text(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Few, Input, Origin, Piece, read_all};
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
            Few::Many(vec![Piece::Variable { name: "X", guarded: false }, Piece::Text("/".into())])
        );
        assert!(command("one").asked && command("two").asked && command("three").asked && !command("six").asked);
        assert_eq!(command("four").input, Input::File(Some("/in".into())));
        assert_eq!(command("five").input, Input::File(Some("list".into())));
        let origin = |name: &str| script.values[name][0];
        assert_eq!(["X", "Y", "Z", "A"].map(origin), [Origin::Argument, Origin::Empty, Origin::Printed, Origin::Text]);
        assert!(script.asked.contains("Z"));
    }
}
