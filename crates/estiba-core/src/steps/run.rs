//! Control flow: what runs, in which order, and what is certain about it.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::effect::{Effect, EffectKind, Naming, Reference, ScriptEffects, Unknown};
use super::name::{self, Number};
use super::recall::{Key, Read, Recording};
use super::string::Str;
use super::text::{ANSWER, HOLE, Piece, ROOT, TEMPORARY, has_hole, is_hole, matches};
use super::value::{Changes, Field, Memory, Value, Variables, is_unknown};
use super::{Entry, Library, Text};
use crate::source::{self, FileId, Span};
use crate::syntax::bash::{AndOr, Arm, Command, CommandKind, Join, List, Name, Pipeline, Redirect, Target, Test, Word};

/// Calls and sourced files that may stand in each other.
pub(super) const MAX_CALLS: usize = 48;
/// Commands per script: what loops over constant arrays and calls may unroll to. A tree of 1,600 services needs 1.3
/// million in its longest script.
pub(super) const MAX_COMMANDS: usize = 4_000_000;

/// Values only ever become unknown: a body that still changes something after this often is seen often enough.
const MAX_PASSES: usize = 4;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    Done,
    Failed,
    Maybe,
}

impl Status {
    fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Maybe }
    }

    fn negate(self) -> Self {
        match self {
            Self::Done => Self::Failed,
            Self::Failed => Self::Done,
            Self::Maybe => Self::Maybe,
        }
    }

    fn of(known: Option<bool>) -> Self {
        match known {
            Some(true) => Self::Done,
            Some(false) => Self::Failed,
            None => Self::Maybe,
        }
    }
}

/// A function: the file that defines it, and what it runs.
#[derive(Clone, Copy)]
pub(super) struct Definition<'a> {
    file: &'a Entry<'a>,
    body: &'a Command<'a>,
}

impl PartialEq for Definition<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.body, other.body)
    }
}

/// Where it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    Next(Status),
    Break,
    Continue,
    Return(Status),
    Exit,
}

/// One of several ways on.
type Way<'w, 'a, 'i> = Box<dyn FnMut(&mut Run<'a, 'i>) -> Flow + 'w>;

/// A function, or a loop: what a branch may leave before its end.
#[derive(Default)]
pub(super) struct Frame<'a> {
    /// What stood where it was left, and what it had printed.
    left: Vec<(Option<Status>, Changes<'a>, String)>,
    /// Where its output begins.
    output: usize,
    locals: Vec<(Number, Option<Value<'a>>)>,
    is_loop: bool,
}

/// What has a place for every name: emptied by who used it, since to make it takes longer than to follow a short script.
pub(super) struct Room<'a> {
    variables: Variables<'a>,
    /// By the number of the name.
    functions: Vec<Option<Definition<'a>>>,
}

impl Room<'_> {
    fn of(names: usize) -> Self {
        Self { variables: Variables::new(names), functions: vec![None; names] }
    }
}

pub(super) struct Run<'a, 'i> {
    pub(super) library: &'a Library<'a>,
    exists: &'i dyn Fn(&str) -> bool,
    pub(super) mode: &'i str,
    pub(super) script: &'a str,
    /// The file whose command runs.
    pub(super) file: &'a Entry<'a>,
    pub(super) variables: Variables<'a>,
    pub(super) memory: &'i mut Memory<'a>,
    /// By the number of the name.
    functions: Vec<Option<Definition<'a>>>,
    /// Every definition, and what stood there before.
    pub(super) defined: Vec<(Number, Definition<'a>, Option<Definition<'a>>)>,
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) calls: Vec<Span>,
    /// The most calls that stood in each other.
    pub(super) deepest: usize,
    pub(super) recordings: Vec<Recording>,
    /// The command that runs.
    pub(super) span: Option<Span>,
    pub(super) conditional: usize,
    pub(super) capturing: usize,
    pub(super) output: String,
    pub(super) commands: usize,
    /// The command that is one too many.
    exhausted: Option<Span>,
    /// Buffers to use again.
    pub(super) scratch: Vec<String>,
    pub(super) scratch_fields: Vec<Vec<Field<'a>>>,
    pub(super) scratch_spans: Vec<Vec<Span>>,
    /// An earlier command of the same pipeline makes logins.
    pub(super) makes_logins: bool,
    /// How the last `$(…)` ended: the status of an assignment.
    pub(super) last_substitution: Status,
    pub(super) effects: Vec<Effect>,
    pub(super) unknown: Vec<(Span, &'static str)>,
    /// Numbers of references.
    pub(super) named: Vec<u32>,
    pub(super) sourced: Vec<&'a str>,
}

impl<'a, 'i> Run<'a, 'i> {
    pub(super) fn script(
        library: &'a Library<'a>,
        exists: &'i dyn Fn(&str) -> bool,
        mode: &'i str,
        memory: &'i mut Memory<'a>,
        script: &'a str,
    ) -> Option<ScriptEffects> {
        let file = library.entry(script)?;
        let Room { variables, functions } = memory.room.take().unwrap_or_else(|| Room::of(library.names.len()));
        let mut run = Self {
            library,
            exists,
            mode,
            script,
            file,
            variables,
            memory,
            functions,
            defined: Vec::new(),
            deepest: 0,
            recordings: Vec::new(),
            frames: Vec::new(),
            calls: Vec::new(),
            span: None,
            conditional: 0,
            capturing: 0,
            output: String::new(),
            commands: 0,
            exhausted: None,
            scratch: Vec::new(),
            scratch_fields: Vec::new(),
            scratch_spans: Vec::new(),
            makes_logins: false,
            last_substitution: Status::Done,
            effects: Vec::new(),
            unknown: Vec::new(),
            named: Vec::new(),
            sourced: vec![script],
        };
        run.variables.set(Number::ARGUMENTS, Value::List(Rc::new(vec![Field::unknown_many()])));
        run.list(&file.parsed.list);
        Some(run.told(file.id))
    }

    /// What there is to tell at the end.
    fn told(mut self, file: FileId) -> ScriptEffects {
        self.variables.clear();
        for (name, ..) in self.defined {
            if let Some(now) = self.functions.get_mut(name.at()) {
                *now = None;
            }
        }
        self.memory.room = Some(Room { variables: self.variables, functions: self.functions });
        let mut known = HashSet::new();
        let sources: Vec<&str> = self.sourced.into_iter().filter(|path| known.insert(*path)).collect();
        let mut known = HashSet::new();
        // What a loop forgets of its passes is not forgotten about the script.
        let exhausted = self.exhausted.map(|span| (span, super::EXHAUSTED));
        let unknown = self.unknown.into_iter().chain(exhausted).filter(|unknown| known.insert(*unknown));
        let mut named = self.named;
        named.sort_unstable();
        named.dedup();
        let mut references: Vec<Arc<Reference>> = self.memory.references.named(&named);
        references.sort_unstable();
        ScriptEffects {
            path: self.script.to_owned(),
            file,
            effects: self.effects,
            unknown: unknown.map(|(span, reason)| Unknown { span, reason: reason.to_owned() }).collect(),
            references,
            sources: sources.into_iter().map(str::to_owned).collect(),
        }
    }

    // --- what is said -----------------------------------------------------------------------------------------------

    pub(super) fn effect(&mut self, kind: EffectKind) {
        let Some(span) = self.span else { return };
        let conditional = self.is_unsure();
        self.add_effect(Effect { kind, span, via: self.calls.clone(), conditional });
    }

    pub(super) fn add_effect(&mut self, effect: Effect) {
        if self.effects.last() == Some(&effect) {
            self.effect_left_out();
        } else {
            self.effects.push(effect);
        }
    }

    /// What happens here may not happen in a run that succeeds.
    pub(super) fn is_unsure(&self) -> bool {
        self.conditional > 0 || self.frames.iter().any(|frame| !frame.left.is_empty())
    }

    pub(super) fn unknown(&mut self, reason: &'static str) {
        self.unknown.extend(self.span.map(|span| (span, reason)));
    }

    pub(super) fn write(&mut self, path: Text) {
        let name = path.prefix();
        if path.0.starts_with(TEMPORARY)
            || path.0.is_empty()
            || (name.starts_with("/dev/") && !name.starts_with("/dev/sd"))
        {
            return;
        }
        let kind = if self.makes_logins { EffectKind::UserFile { path } } else { EffectKind::Write { path } };
        self.effect(kind);
    }

    /// The path in the tree that a text is, wherever the tree stands.
    pub(super) fn tree_path<'t>(&self, text: &'t str) -> Option<&'t str> {
        // Most texts, such as names of programs, are none.
        if !text.as_bytes().contains(&b'/') {
            return None;
        }
        if let Some(path) = text.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/')) {
            return Some(path);
        }
        let mut rest = if let Some(Value::Text(server)) = self.variables.get(Number::SERVER_PATH)
            && let Some(rest) = text.strip_prefix(&**server).and_then(|rest| rest.strip_prefix("/srv/"))
        {
            // Whatever stands in a release is of a tree, also where this tree has it not.
            let (place, inside) = rest.split_once('/')?;
            let inside = match place {
                "releases" => inside.split_once('/')?.1,
                "current" | "live-nginx" | "live-monitoring" => inside,
                _ => return None,
            };
            return (!inside.is_empty() && !has_hole(inside)).then_some(inside);
        } else if text.starts_with(is_hole) {
            text
        } else {
            return None;
        };
        // Behind what is unknown: what the tree has under this name.
        while let Some(slash) = rest.find('/') {
            rest = &rest[slash + 1..];
            if !rest.is_empty() && !has_hole(rest) && (self.exists)(rest) {
                return Some(rest);
            }
        }
        None
    }

    pub(super) fn reference(&mut self, path: &str, span: Span, how: Naming) {
        let path = path.trim_end_matches('/');
        if path.is_empty() || has_hole(path) || path.contains(['*', '?']) {
            return;
        }
        let exists = self.exists;
        self.named.push(self.memory.references.number(path, span, how, exists));
    }

    /// Every path of the tree in a text, also in the middle of a sentence.
    pub(super) fn mentions(&mut self, text: &str, span: Span, how: Naming) {
        let ends = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'"' | b'\'' | b';' | b'=' | b',');
        let bytes = text.as_bytes();
        if !bytes.contains(&b'/') {
            return;
        }
        let mut starts = memchr::memchr_iter(b'/', bytes).filter(|at| *at == 0 || ends(bytes[at - 1])).peekable();
        if starts.peek().is_none() {
            return;
        }
        let server = match self.variables.get(Number::SERVER_PATH) {
            Some(Value::Text(server)) if !server.is_empty() => Some(server.clone()),
            _ => None,
        };
        for start in starts {
            let rest = &text[start..];
            let word = rest.bytes().position(ends).map_or(rest, |end| &rest[..end]);
            let in_current = |server: &Str<'a>| word.strip_prefix(&**server)?.strip_prefix("/srv/current/");
            let in_tree = word.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('/'));
            if let Some(path) = in_tree.or_else(|| server.as_ref().and_then(in_current)) {
                self.reference(path, span, how);
            }
        }
    }

    pub(super) fn reads(&mut self, path: &str, span: Span) {
        if let Some(path) = self.tree_path(path) {
            let path = path.to_owned();
            self.reference(&path, span, Naming::Named);
            if !path.is_empty() && !has_hole(&path) {
                self.effect(EffectKind::ReadsTreeFile { path: normal(&path) });
            }
        }
    }

    /// Whether somebody reads what is printed.
    pub(super) fn is_heard(&self) -> bool {
        self.capturing > 0
    }

    pub(super) fn print(&mut self, text: &str) {
        if self.is_heard() {
            self.output.push_str(text);
        }
    }

    pub(super) fn output_length(&self) -> usize {
        self.output.len()
    }

    pub(super) fn forget_output(&mut self, from: usize) {
        self.output.truncate(from.min(self.output.len()));
    }

    /// The function of a name, where one is defined by now.
    pub(super) fn function(&self, name: Number) -> Option<Definition<'a>> {
        self.variables.note(Read::Function(name));
        self.definition(name)
    }

    /// The function with a number, without being noted.
    pub(super) fn definition(&self, name: Number) -> Option<Definition<'a>> {
        self.functions.get(name.at()).copied().flatten()
    }

    pub(super) fn define(&mut self, name: Number, definition: Definition<'a>) {
        let Some(now) = self.functions.get_mut(name.at()) else { return };
        let before = now.replace(definition);
        self.defined.push((name, definition, before));
    }

    /// The number of a name in the file whose command runs.
    pub(super) fn number(&self, name: Name<'a>) -> Number {
        name::number(&self.file.numbers, name)
    }

    pub(super) fn in_function(&self) -> bool {
        self.frames.iter().any(|frame| !frame.is_loop)
    }

    pub(super) fn print_unknown(&mut self) {
        if self.is_heard() {
            super::value::push_hole(&mut self.output);
        }
    }

    // --- branches ---------------------------------------------------------------------------------------------------

    /// Looks at every way, and goes on with what they agree on.
    fn fork(&mut self, ways: &mut [&mut dyn FnMut(&mut Self) -> Flow]) -> Flow {
        let (mark, printed) = (self.variables.mark(), self.output.len());
        self.conditional += 1;
        let mut ends = Vec::with_capacity(ways.len());
        for way in ways {
            let flow = way(self);
            let changes = self.variables.take_back(mark);
            ends.push((flow, changes, self.output.split_off(printed)));
        }
        self.conditional -= 1;
        ends.retain(|(flow, ..)| *flow != Flow::Exit);
        let goes_on = ends.iter().any(|(flow, ..)| matches!(flow, Flow::Next(_)));
        let (mut status, mut first): (Option<Status>, Option<Flow>) = (None, None);
        ends.retain_mut(|(flow, changes, output)| match *flow {
            Flow::Next(one) => {
                status = Some(status.map_or(one, |status| status.join(one)));
                true
            }
            flow if goes_on => {
                self.leave(flow, std::mem::take(changes), printed, output);
                false
            }
            flow => {
                first = Some(match (first, flow) {
                    (Some(Flow::Return(left)), Flow::Return(right)) => Flow::Return(left.join(right)),
                    (Some(Flow::Return(left)), _) => Flow::Return(left),
                    (_, flow) => flow,
                });
                true
            }
        });
        self.variables.join(ends.iter().map(|(_, changes, _)| changes));
        match ends.as_slice() {
            [] => {}
            [(.., first), rest @ ..] if rest.iter().all(|(.., other)| other == first) => self.output.push_str(first),
            _ => self.print_unknown(),
        }
        match status {
            Some(status) => Flow::Next(status),
            None => first.unwrap_or(Flow::Exit),
        }
    }

    /// A branch leaves its function or loop, and another one goes on.
    fn leave(&mut self, flow: Flow, changes: Changes<'a>, printed: usize, output: &str) {
        let wants_loop = matches!(flow, Flow::Break | Flow::Continue);
        let status = if let Flow::Return(status) = flow { Some(status) } else { None };
        let Some(at) = self.frames.iter().rposition(|frame| frame.is_loop || !wants_loop) else {
            self.blur();
            return;
        };
        // Its number counts itself.
        self.frame_left(at + 1);
        let frame = &mut self.frames[at];
        // A return inside a loop leaves the loop too; its function hears of it when the loop ends.
        let before = self.output.get(frame.output..printed).unwrap_or("").to_owned();
        frame.left.push((status, changes, before + output));
    }

    /// Ends a frame: what was left early joins what came to the end. Says with which status it may have returned.
    fn end_frame(&mut self, frame: Frame<'a>) -> Option<Status> {
        if frame.left.is_empty() {
            return None;
        }
        let mut returned: Option<Status> = None;
        let printed = self.output.get(frame.output..).unwrap_or("").to_owned();
        let mut agrees = true;
        for (status, changes, output) in frame.left {
            if let Some(status) = status {
                returned = Some(returned.map_or(status, |other| other.join(status)));
            }
            agrees &= output == printed;
            self.variables.join([&Vec::new(), &changes]);
        }
        if !agrees {
            self.output.truncate(frame.output);
            self.print_unknown();
        }
        returned
    }

    // --- lists ------------------------------------------------------------------------------------------------------

    pub(super) fn list(&mut self, list: &'a List<'a>) -> Flow {
        let mut status = Status::Done;
        for and_or in list {
            if let ([command], []) = (&*and_or.first.commands, and_or.rest.as_slice())
                && let CommandKind::Function(function) = &command.kind
            {
                // Most of what a library of functions does.
                self.define(self.number(function.name.value), Definition { file: self.file, body: &function.body });
                continue;
            }
            match self.and_or(and_or) {
                Flow::Next(next) => status = next,
                other => return other,
            }
        }
        Flow::Next(status)
    }

    fn and_or(&mut self, and_or: &'a AndOr<'a>) -> Flow {
        let mut flow = self.pipeline(&and_or.first);
        for (join, pipeline) in &and_or.rest {
            let Flow::Next(status) = flow else { return flow };
            let runs_on = if *join == Join::And { Status::Done } else { Status::Failed };
            flow = if status == runs_on {
                self.pipeline(pipeline)
            } else if status == Status::Maybe {
                // Where it does not run, the status is the one that kept it from running.
                let kept = runs_on.negate();
                self.fork(&mut [&mut |run| run.pipeline(pipeline), &mut |_| Flow::Next(kept)])
            } else {
                flow
            };
        }
        flow
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline<'a>) -> Flow {
        let flow = match &*pipeline.commands {
            [only] => self.command(only),
            commands => {
                let (last, before) = match commands.split_last() {
                    Some(split) => split,
                    None => return Flow::Next(Status::Done),
                };
                let logins = self.makes_logins;
                for command in before {
                    self.makes_logins |= starts_with(command, "htpasswd");
                    self.in_subshell(true, |run| run.command(command));
                }
                let flow = self.in_subshell(false, |run| run.command(last));
                self.makes_logins = logins;
                // `pipefail`: any of them may have failed.
                match flow {
                    Flow::Next(Status::Done) if before.len() == 1 && is_quiet(&before[0]) => Flow::Next(Status::Done),
                    _ => Flow::Next(Status::Maybe),
                }
            }
        };
        match flow {
            Flow::Next(status) if pipeline.negated => Flow::Next(status.negate()),
            flow => flow,
        }
    }

    /// Runs where no variable comes back from and an exit goes no further.
    fn in_subshell(&mut self, silent: bool, inside: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let (mark, printed) = (self.variables.mark(), self.output.len());
        self.frames.push(Frame { output: printed, ..Frame::default() });
        let flow = inside(self);
        let frame = self.frames.pop().unwrap_or_default();
        let returned = self.end_frame(frame);
        self.variables.forget(mark);
        if silent {
            self.output.truncate(printed);
        }
        Flow::Next(match flow {
            Flow::Next(status) | Flow::Return(status) => returned.map_or(status, |other| other.join(status)),
            _ => Status::Failed,
        })
    }

    pub(super) fn subshell(&mut self, list: &'a List<'a>, heard: bool) -> Flow {
        self.in_subshell(!heard, |run| run.list(list))
    }

    pub(super) fn capture(&mut self, list: &'a List<'a>) -> Str<'a> {
        let (from, span) = (self.output.len(), self.span);
        self.capturing += 1;
        self.last_substitution = match self.subshell(list, true) {
            Flow::Next(status) => status,
            _ => Status::Maybe,
        };
        self.capturing -= 1;
        self.span = span;
        let text = Str::made(self.output.get(from..).unwrap_or_default().trim_end_matches('\n'));
        self.forget_output(from);
        text
    }

    // --- commands ---------------------------------------------------------------------------------------------------

    fn command(&mut self, command: &'a Command<'a>) -> Flow {
        self.commands += 1;
        if self.commands > self.memory.most {
            if self.exhausted.is_none() {
                self.exhausted = Some(command.span);
                self.blur();
            }
            return Flow::Exit;
        }
        if let CommandKind::Simple { assignments, words } = &command.kind {
            self.span = Some(command.span);
            return self.simple(assignments, words, &command.redirects);
        }
        let silent = self.redirects(&command.redirects, command.span);
        let printed = self.output.len();
        let flow = self.compound(command);
        if silent {
            self.output.truncate(printed.min(self.output.len()));
        }
        flow
    }

    /// Files that redirects open. Says whether standard output goes elsewhere.
    pub(super) fn redirects(&mut self, redirects: &'a [Redirect<'a>], span: Span) -> bool {
        let mut silent = false;
        for redirect in redirects {
            match &redirect.target {
                Target::HereDocument(index) => {
                    if let Some(document) = self.library.document(span.file, *index) {
                        let text = self.text(document);
                        self.mentions(&text, document.span, Naming::Named);
                    }
                }
                Target::Word(word) => {
                    let path = self.text(word);
                    self.span = Some(span);
                    let out = redirect.descriptor.is_none_or(|number| number == "1");
                    match redirect.operator {
                        "<" => self.reads(&path, word.span),
                        ">" | ">>" | ">|" | "&>" | "&>>" | "<>" => {
                            silent |= out;
                            self.mentions(&path, word.span, Naming::Named);
                            self.write(Text::from(&path));
                        }
                        ">&" => silent |= out && &*path != "1",
                        _ => {}
                    }
                }
            }
        }
        silent
    }

    fn compound(&mut self, command: &'a Command<'a>) -> Flow {
        match &command.kind {
            CommandKind::Simple { .. } => Flow::Next(Status::Done),
            CommandKind::Group(list) => self.list(list),
            CommandKind::Subshell(list) => self.subshell(list, true),
            CommandKind::If { branches, otherwise } => self.conditional(branches, otherwise.as_ref()),
            CommandKind::Loop(it) => {
                let forever = starts_list_with(&it.condition, &["true", ":"]) && !it.until;
                self.unknown_loop(forever, None, &mut |run| {
                    match run.list(&it.condition) {
                        Flow::Next(_) => {}
                        other => return other,
                    }
                    run.list(&it.body)
                })
            }
            CommandKind::ArithmeticFor(it) => {
                self.text(&it.header);
                self.unknown_loop(false, None, &mut |run| run.list(&it.body))
            }
            CommandKind::For(it) => {
                let mut fields = Vec::new();
                match &it.words {
                    Some(words) => {
                        for word in words {
                            let from = fields.len();
                            self.fields(word, &mut fields);
                            if word.constant().is_some_and(|text| text.starts_with('{')) {
                                // `{1..50}`: as many times as it says, with values nobody asks for.
                                fields.truncate(from);
                                fields.push(Field::unknown_many());
                            }
                            let is_pattern =
                                word.parts.iter().any(|part| matches!(part, crate::syntax::bash::Part::Glob(_)));
                            if is_pattern && fields.len() == from + 1 {
                                let folder = fields[from].text.split(['*', '?', '[']).next().unwrap_or("").to_owned();
                                fields[from] = Field { text: Str::made(&format!("{folder}{HOLE}")), many: true };
                            }
                        }
                    }
                    None => {
                        if let Some(Value::List(list)) = self.variables.get(Number::ARGUMENTS) {
                            fields.extend(list.iter().cloned());
                        }
                    }
                }
                self.each(self.number(it.name.value), &fields, &it.body)
            }
            CommandKind::Case(it) => self.case(&it.subject, &it.arms),
            CommandKind::Test(test) => {
                self.span = Some(command.span);
                let known = self.test(test);
                Flow::Next(Status::of(known))
            }
            CommandKind::Arithmetic(word) => {
                self.text(word);
                Flow::Next(Status::Maybe)
            }
            CommandKind::Function(function) => {
                self.define(self.number(function.name.value), Definition { file: self.file, body: &function.body });
                Flow::Next(Status::Done)
            }
        }
    }

    fn conditional(&mut self, branches: &'a [(List<'a>, List<'a>)], otherwise: Option<&'a List<'a>>) -> Flow {
        let Some(((condition, then), rest)) = branches.split_first() else {
            return otherwise.map_or(Flow::Next(Status::Done), |list| self.list(list));
        };
        match self.list(condition) {
            Flow::Next(Status::Done) => self.list(then),
            Flow::Next(Status::Failed) => self.conditional(rest, otherwise),
            Flow::Next(Status::Maybe) => {
                self.fork(&mut [&mut |run| run.list(then), &mut |run| run.conditional(rest, otherwise)])
            }
            other => other,
        }
    }

    fn each(&mut self, name: Number, fields: &[Field<'a>], body: &'a List<'a>) -> Flow {
        let mut status = Status::Done;
        for field in fields {
            if field.many {
                let value = Value::Text(field.text.clone());
                match self.unknown_loop(false, Some((name, value)), &mut |run| run.list(body)) {
                    Flow::Next(next) => status = next,
                    other => return other,
                }
                continue;
            }
            self.variables.set(name, Value::Text(field.text.clone()));
            self.frames.push(Frame { output: self.output.len(), is_loop: true, ..Frame::default() });
            let flow = self.list(body);
            let frame = self.frames.pop().unwrap_or_default();
            let returned = self.end_loop(frame);
            match flow {
                Flow::Next(next) => status = next,
                Flow::Continue => {}
                Flow::Break => break,
                other => return other,
            }
            if let Some(status) = returned {
                self.pass_return(status);
            }
        }
        Flow::Next(status)
    }

    /// A return in a branch of a loop's body: the function around it may have ended there.
    fn pass_return(&mut self, status: Status) {
        let printed = self.output.len();
        self.leave(Flow::Return(status), Vec::new(), printed, "");
    }

    fn end_loop(&mut self, frame: Frame<'a>) -> Option<Status> {
        // What a loop printed before it was left is part of what its function prints: not known any more.
        self.end_frame(frame)
    }

    /// A body that runs any number of times: looked at until nothing more changes.
    fn unknown_loop(
        &mut self,
        forever: bool,
        variable: Option<(Number, Value<'a>)>,
        body: &mut dyn FnMut(&mut Self) -> Flow,
    ) -> Flow {
        let mut once = |run: &mut Self| {
            if let Some((name, value)) = &variable {
                run.variables.set(*name, value.clone());
            }
            run.frames.push(Frame { output: run.output.len(), is_loop: true, ..Frame::default() });
            let printed = run.output.len();
            let flow = body(run);
            let frame = run.frames.pop().unwrap_or_default();
            let returned = run.end_loop(frame);
            if run.output.len() > printed {
                run.output.truncate(printed);
                run.print_unknown();
            }
            (flow, returned)
        };
        let (effects, unknowns) = (self.effects.len(), self.unknown.len());
        let mut left = MAX_PASSES;
        let (flow, returned) = loop {
            let (mark, printed) = (self.variables.mark(), self.output.len());
            self.conditional += usize::from(!forever);
            let end = once(self);
            self.conditional -= usize::from(!forever);
            let changes = self.variables.take_back(mark);
            let before = self.variables.mark();
            self.variables.join([&Vec::new(), &changes]);
            left -= 1;
            // Nothing is new: what was seen holds for every time that it runs.
            if self.variables.mark() == before || left == 0 {
                if forever {
                    self.variables.join([&changes]);
                }
                break end;
            }
            self.effects.truncate(effects);
            self.unknown.truncate(unknowns);
            self.output.truncate(printed);
        };
        if let Some(status) = returned {
            self.pass_return(status);
        }
        match flow {
            Flow::Return(status) if !forever => {
                self.pass_return(status);
                Flow::Next(Status::Maybe)
            }
            Flow::Exit | Flow::Return(_) if forever => flow,
            _ => Flow::Next(Status::Maybe),
        }
    }

    fn case(&mut self, subject: &'a Word<'a>, arms: &'a [Arm<'a>]) -> Flow {
        let subject = self.text(subject);
        let mut possible: Vec<&'a List<'a>> = Vec::new();
        let mut certain = false;
        for arm in arms {
            let mut answer = Some(false);
            for pattern in &arm.patterns {
                match self.fits(&subject, pattern) {
                    Some(true) => answer = Some(true),
                    None if answer == Some(false) => answer = None,
                    _ => {}
                }
            }
            if answer != Some(false) {
                possible.push(&arm.body);
            }
            if answer == Some(true) && !arm.falls_through {
                certain = true;
                break;
            }
        }
        if let ([only], true) = (possible.as_slice(), certain) {
            return self.list(only);
        }
        if possible.is_empty() {
            return Flow::Next(Status::Done);
        }
        let mut ways: Vec<Way<'_, 'a, 'i>> = Vec::new();
        for list in possible {
            ways.push(Box::new(move |run| run.list(list)));
        }
        if !certain {
            ways.push(Box::new(|_| Flow::Next(Status::Done)));
        }
        let mut ways: Vec<&mut dyn FnMut(&mut Self) -> Flow> = ways.iter_mut().map(|way| &mut **way as _).collect();
        self.fork(&mut ways)
    }

    /// Whether a text matches a pattern.
    fn fits(&mut self, text: &str, pattern: &'a Word<'a>) -> Option<bool> {
        if let Some(constant) = self.constant(pattern) {
            if !has_hole(text) {
                return Some(text == &*constant);
            }
            // It may begin and end with anything.
            if is_unknown(text) {
                return None;
            }
        }
        let pieces = self.pattern(pattern);
        if pieces == [Piece::Any] { Some(true) } else { matches(text, &pieces) }
    }

    fn test(&mut self, test: &'a Test<'a>) -> Option<bool> {
        match test {
            Test::Not(inner) => self.test(inner).map(|known| !known),
            Test::And(left, right) => match self.test(left) {
                Some(false) => Some(false),
                left => match self.test(right) {
                    Some(false) => Some(false),
                    right => Some(left? && right?),
                },
            },
            Test::Or(left, right) => match self.test(left) {
                Some(true) => Some(true),
                left => match self.test(right) {
                    Some(true) => Some(true),
                    right => Some(left? || right?),
                },
            },
            Test::Unary(operator, word) => {
                let text = self.text(word);
                match *operator {
                    "-n" | "-z" => {
                        let length = text.chars().filter(|character| !is_hole(*character)).count();
                        let filled = if length > 0 { Some(true) } else { text.is_empty().then_some(false) };
                        filled.map(|filled| filled == (*operator == "-n"))
                    }
                    _ => {
                        if let Some(path) = self.tree_path(&text) {
                            let path = path.to_owned();
                            self.reference(&path, word.span, Naming::Tested);
                        }
                        None
                    }
                }
            }
            Test::Binary(left, operator, right) => {
                let left = self.text(left);
                match *operator {
                    "==" | "=" | "!=" => {
                        if left.starts_with(ANSWER) {
                            let pattern = self.pattern(right);
                            let plain =
                                matches!(pattern.as_slice(), [Piece::Literal(word)] if word.is_empty() || is_yes(word));
                            if left.chars().all(|character| character == ANSWER) && !plain && pattern != [Piece::Any] {
                                self.effect(EffectKind::ConfirmTyped);
                            }
                        }
                        self.fits(&left, right).map(|same| same == (*operator != "!="))
                    }
                    "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                        let right = self.text(right);
                        let (left, right) = (left.parse::<i64>().ok()?, right.parse::<i64>().ok()?);
                        Some(match *operator {
                            "-eq" => left == right,
                            "-ne" => left != right,
                            "-lt" => left < right,
                            "-le" => left <= right,
                            "-gt" => left > right,
                            _ => left >= right,
                        })
                    }
                    _ => {
                        self.text(right);
                        None
                    }
                }
            }
        }
    }

    // --- calls ------------------------------------------------------------------------------------------------------

    pub(super) fn call(
        &mut self,
        name: &str,
        Definition { file, body }: Definition<'a>,
        arguments: &[Field<'a>],
        span: Span,
    ) -> Flow {
        if file.path.starts_with("scripts/lib/")
            && let Some(flow) = self.known_function(name, arguments)
        {
            return flow;
        }
        if self.calls.len() >= MAX_CALLS {
            self.unknown("calls stand too deep in each other");
            self.blur();
            return Flow::Next(Status::Maybe);
        }
        // Its own functions a script hardly ever calls twice with the same arguments.
        let shared = file.path != self.script;
        let key: Key = std::ptr::from_ref(body).cast();
        if shared && let Some(flow) = self.recall(key, arguments, span) {
            self.span = Some(span);
            return flow;
        }
        let before = self.variables.peek(Number::ARGUMENTS).cloned();
        let whole = std::mem::replace(&mut self.file, file);
        self.frames.push(Frame { output: self.output.len(), ..Frame::default() });
        // Around it somebody may listen.
        let key = shared.then_some(key).filter(|key| self.would_keep(*key));
        let records = key.is_some() || self.records();
        if records {
            self.begin_recording();
        }
        self.variables.set(Number::ARGUMENTS, Value::List(Rc::new(arguments.to_vec())));
        self.calls.push(span);
        self.deepest = self.deepest.max(self.calls.len());
        let flow = self.command(body);
        let mut frame = self.frames.pop().unwrap_or_default();
        let locals = std::mem::take(&mut frame.locals);
        let returned = self.end_frame(frame);
        for (name, value) in locals.into_iter().rev() {
            self.variables.restore(name, value);
        }
        self.calls.pop();
        self.file = whole;
        self.variables.restore(Number::ARGUMENTS, before);
        self.span = Some(span);
        let flow = match flow {
            Flow::Next(status) | Flow::Return(status) => {
                Flow::Next(returned.map_or(status, |other| other.join(status)))
            }
            // Another way out than the end was there.
            Flow::Exit => returned.map_or(Flow::Exit, Flow::Next),
            Flow::Break | Flow::Continue => Flow::Next(Status::Maybe),
        };
        if records {
            self.end_recording(key, arguments, flow);
        }
        flow
    }

    pub(super) fn local(&mut self, name: Number) {
        if let Some(at) = self.frames.iter().rposition(|frame| !frame.is_loop) {
            self.owns(name, at + 1);
            let before = self.variables.peek(name).cloned();
            self.frames[at].locals.push((name, before));
        }
        self.variables.set(name, Value::Unset);
    }

    pub(super) fn source(&mut self, text: &str, span: Span, word: Span) -> Flow {
        let path = match self.tree_path(text) {
            Some(path) if !has_hole(path) => Some(normal(path)),
            // What shellcheck is told is what a reader is told.
            _ => self.library.hint(self.file.path, span),
        };
        let Some(path) = path else {
            self.unknown(super::SOURCED);
            return Flow::Next(Status::Maybe);
        };
        self.reference(&path, word, Naming::Sourced);
        let library = self.library;
        let Some(file) = library.entry(&path) else { return Flow::Next(Status::Maybe) };
        self.sourced.push(file.path);
        if self.calls.len() >= MAX_CALLS {
            self.unknown("sourced files stand too deep in each other");
            self.blur();
            return Flow::Next(Status::Maybe);
        }
        // In a function it would have a part in that function's frame.
        let apart = self.frames.is_empty();
        let key: Key = std::ptr::from_ref(&file.parsed).cast();
        if apart && let Some(flow) = self.recall(key, &[], span) {
            return flow;
        }
        let records = apart && (self.would_keep(key) || self.records());
        if records {
            self.begin_recording();
        }
        let whole = std::mem::replace(&mut self.file, file);
        self.calls.push(span);
        self.deepest = self.deepest.max(self.calls.len());
        let flow = self.list(&file.parsed.list);
        self.calls.pop();
        self.file = whole;
        let flow = match flow {
            Flow::Return(status) => Flow::Next(status),
            flow => flow,
        };
        if records {
            self.end_recording(Some(key).filter(|key| self.would_keep(*key)), &[], flow);
        }
        flow
    }
}

fn is_yes(word: &str) -> bool {
    matches!(word.to_lowercase().as_str(), "y" | "yes" | "s" | "si" | "sí" | "n" | "no")
}

fn starts_with(command: &Command<'_>, name: &str) -> bool {
    match &command.kind {
        CommandKind::Simple { words, .. } => match words.first() {
            Some(crate::syntax::bash::Argument::Word(word)) => word.bare() == Some(name),
            _ => false,
        },
        _ => false,
    }
}

fn starts_list_with(list: &List<'_>, names: &[&str]) -> bool {
    matches!(list.as_slice(), [only] if only.rest.is_empty()
        && matches!(&*only.first.commands, [command] if names.iter().any(|name| starts_with(command, name))))
}

/// Commands that cannot fail.
fn is_quiet(command: &Command<'_>) -> bool {
    ["printf", "echo", "true"].iter().any(|name| starts_with(command, name))
}

/// Without `.` and `..`, from the root of the tree.
pub(super) fn normal(path: &str) -> String {
    source::normal(path.trim_start_matches('/'))
}
