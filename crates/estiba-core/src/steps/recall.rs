//! A function that is called again does the same again, where everything that it looked at is the same: what it looked
//! at and what it did is kept, and done again without looking. So is what a sourced file does.
//!
//! What is kept leads to exactly what following the function would: `tests::what_is_recalled_is_what_would_be_found_again` holds
//! that.

use std::rc::Rc;

use super::effect::Effect;
use super::name::Number;
use super::run::{Definition, Flow, Run};
use super::value::{Field, Value};
use crate::source::Span;

/// Shorter ones are followed faster than they are found again.
pub(super) const WORTH: usize = 4;
/// What is kept of one function: with these arguments, and those, …
const MOST_OF_ONE: usize = 32;
/// So many that nobody asked for again are enough: what is called otherwise each time is followed each time.
const MOST_IN_VAIN: usize = 3;
/// What was too short so often is not looked at any more.
const MOST_SHORT: usize = 2;
/// Larger ones are followed: whoever writes them does so to fill the memory.
const MOST_CHANGES: usize = 4096;
/// Variables of its own that are told apart.
const MOST_OWN: usize = 64;

/// Something whose value what follows depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Read {
    Variable(Number),
    Function(Number),
    /// `$0`
    Script,
}

impl Read {
    /// How many there are where there are so many names.
    pub(super) fn many(names: usize) -> usize {
        2 * names + 1
    }

    /// Its place among all of them.
    pub(super) fn at(self) -> usize {
        match self {
            Self::Script => 0,
            Self::Variable(name) => 2 * name.at() + 1,
            Self::Function(name) => 2 * name.at() + 2,
        }
    }
}

enum Seen<'a> {
    Variable(Number, Option<Value<'a>>),
    Function(Number, Option<Definition<'a>>),
    Script(&'a str),
}

/// What was done, and what it depended on.
pub(super) struct Outcome<'a> {
    arguments: Vec<Field<'a>>,
    situation: Situation,
    seen: Vec<Seen<'a>>,
    flow: Flow,
    writes: Vec<(Number, Option<Value<'a>>)>,
    functions: Vec<(Number, Definition<'a>)>,
    /// `via` begins behind the call.
    effects: Vec<Effect>,
    unknown: Vec<(Span, &'static str)>,
    named: Vec<u32>,
    sourced: Vec<&'a str>,
    output: String,
    commands: usize,
    /// Calls that stood in each other.
    depth: usize,
}

/// Of what stands around a call, what matters inside.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Situation {
    unsure: bool,
    /// Somebody reads the output, and whether it ends unknown until now.
    captured: Option<bool>,
}

impl Outcome<'_> {
    /// Whether the same is done there.
    fn holds_in(&self, there: Situation) -> bool {
        // Only effects are unsure, and only what somebody reads is printed.
        (self.situation.unsure == there.unsure || self.effects.is_empty())
            && (self.situation.captured == there.captured || there.captured.is_none())
    }
}

/// A call that is being followed: how long everything was when it began.
pub(super) struct Recording {
    situation: Situation,
    reads: usize,
    variables: usize,
    functions: usize,
    effects: usize,
    unknown: usize,
    named: usize,
    sourced: usize,
    output: usize,
    commands: usize,
    conditional: usize,
    /// Of its frame; a sourced file has none.
    pub(super) frame: usize,
    /// The deepest call of what is around it.
    deepest: usize,
    /// Names that are its own from this read on.
    own: Vec<(Number, usize)>,
    /// It depends on more than is noted.
    blurred: bool,
}

pub(super) type Key = *const ();

/// What is kept of one function or file.
#[derive(Default)]
pub(super) struct Known<'a> {
    outcomes: Vec<Rc<Outcome<'a>>>,
    /// Some of it was done again.
    useful: bool,
    /// How often it was too short to be kept.
    short: usize,
}

impl Known<'_> {
    fn is_full(&self) -> bool {
        let most = if self.useful { MOST_OF_ONE } else { MOST_IN_VAIN };
        self.outcomes.len() >= most || self.outcomes.is_empty() && self.short >= MOST_SHORT
    }
}

impl<'a> Run<'a, '_> {
    fn situation(&self) -> Situation {
        Situation {
            unsure: self.is_unsure(),
            captured: (self.capturing > 0).then(|| self.output.ends_with(super::text::HOLE)),
        }
    }

    /// Does what is known to happen, if it is.
    pub(super) fn recall(&mut self, key: Key, arguments: &[Field<'a>], call: Span) -> Option<Flow> {
        if self.makes_logins {
            return None;
        }
        let known = self.memory.outcomes.get(&key)?;
        let situation = self.situation();
        let found = known.outcomes.iter().find(|outcome| {
            outcome.holds_in(situation)
                && self.calls.len() + outcome.depth < super::run::MAX_CALLS
                && self.commands + outcome.commands <= self.memory.most
                && outcome.arguments == arguments
                && outcome.seen.iter().all(|seen| self.still(seen))
        });
        let outcome = Rc::clone(found?);
        if let Some(known) = self.memory.outcomes.get_mut(&key) {
            known.useful = true;
        }
        Some(self.again(&outcome, call))
    }

    fn still(&self, seen: &Seen<'a>) -> bool {
        match seen {
            Seen::Variable(name, value) => self.variables.peek(*name) == value.as_ref(),
            Seen::Function(name, definition) => self.definition(*name) == *definition,
            Seen::Script(script) => self.script == *script,
        }
    }

    fn again(&mut self, outcome: &Outcome<'a>, call: Span) -> Flow {
        if !self.recordings.is_empty() {
            for seen in &outcome.seen {
                self.variables.note(match seen {
                    Seen::Variable(name, _) => Read::Variable(*name),
                    Seen::Function(name, _) => Read::Function(*name),
                    Seen::Script(_) => Read::Script,
                });
            }
        }
        for (name, value) in &outcome.writes {
            self.variables.restore(*name, value.clone());
        }
        for (name, definition) in &outcome.functions {
            self.define(*name, *definition);
        }
        for effect in &outcome.effects {
            let mut via = Vec::with_capacity(self.calls.len() + 1 + effect.via.len());
            via.extend_from_slice(&self.calls);
            via.push(call);
            via.extend_from_slice(&effect.via);
            self.add_effect(Effect { kind: effect.kind.clone(), via, ..*effect });
        }
        self.unknown.extend_from_slice(&outcome.unknown);
        self.named.extend_from_slice(&outcome.named);
        self.sourced.extend_from_slice(&outcome.sourced);
        self.print(&outcome.output);
        self.commands += outcome.commands;
        self.deepest = self.deepest.max(self.calls.len() + outcome.depth);
        outcome.flow
    }

    pub(super) fn begin_recording(&mut self) {
        let reads = self.variables.reads();
        let recording = Recording {
            situation: self.situation(),
            reads,
            variables: self.variables.mark(),
            functions: self.defined.len(),
            effects: self.effects.len(),
            unknown: self.unknown.len(),
            named: self.named.len(),
            sourced: self.sourced.len(),
            output: self.output.len(),
            commands: self.commands,
            conditional: self.conditional,
            frame: self.frames.len(),
            deepest: std::mem::replace(&mut self.deepest, self.calls.len()),
            own: Vec::new(),
            blurred: false,
        };
        self.recordings.push(recording);
        self.variables.listens(Some(reads));
    }

    /// What follows depends on something that is not noted.
    pub(super) fn blur(&mut self) {
        for recording in &mut self.recordings {
            recording.blurred = true;
        }
    }

    /// An effect was left out because the one before it is the same: that one must be of the same call.
    pub(super) fn effect_left_out(&mut self) {
        let effects = self.effects.len();
        for recording in self.recordings.iter_mut().filter(|recording| recording.effects >= effects) {
            recording.blurred = true;
        }
    }

    /// A branch leaves a frame: of a call that is being followed, or of one around it.
    pub(super) fn frame_left(&mut self, frame: usize) {
        for recording in self.recordings.iter_mut().filter(|recording| recording.frame > frame) {
            recording.blurred = true;
        }
    }

    /// `local name` in the frame of this number.
    pub(super) fn owns(&mut self, name: Number, frame: usize) {
        let reads = self.variables.reads();
        let conditional = self.conditional;
        let Some(recording) = self.recordings.last_mut() else { return };
        if recording.frame != frame {
            // A subshell's own: it forgets everything.
            return;
        }
        if recording.own.iter().any(|(own, _)| *own == name) {
            return;
        }
        if conditional > recording.conditional
            || recording.own.len() >= MOST_OWN
            || self.variables.set_since(recording.variables, name)
        {
            self.blur();
            return;
        }
        recording.own.push((name, reads));
    }

    /// Ends what began last, and keeps it under its key, if it has one. The flow is what the caller goes on with.
    pub(super) fn end_recording(&mut self, key: Option<Key>, arguments: &[Field<'a>], flow: Flow) {
        self.keep(key, arguments, flow);
        self.variables.listens(self.recordings.last().map(|recording| recording.reads));
    }

    /// Whether more would be kept of what this function or file does.
    pub(super) fn would_keep(&self, key: Key) -> bool {
        self.memory.outcomes.get(&key).is_none_or(|known| !known.is_full())
    }

    pub(super) fn records(&self) -> bool {
        !self.recordings.is_empty()
    }

    fn keep(&mut self, key: Option<Key>, arguments: &[Field<'a>], flow: Flow) {
        if self.variables.overflowed() {
            self.blur();
        }
        let Some(recording) = self.recordings.pop() else { return };
        let depth = self.deepest.saturating_sub(self.calls.len());
        self.deepest = self.deepest.max(recording.deepest);
        let commands = self.commands - recording.commands;
        let is_call = recording.frame > self.frames.len();
        let hidden = |name: Number| match name {
            Number::ARGUMENTS => is_call.then_some(MOST_OWN),
            name => recording.own.iter().position(|(own, _)| *own == name),
        };
        let blurred = !self.variables.settle(recording.variables, hidden) || recording.blurred;
        let short = commands < self.memory.worth;
        self.variables.settle_reads(recording.reads, |read, at| match read {
            Read::Variable(Number::ARGUMENTS) => is_call,
            Read::Variable(name) => recording.own.iter().any(|(own, from)| *own == name && *from <= at),
            _ => false,
        });
        if blurred {
            self.blur();
        }
        let Some(key) = key else { return };
        let before = self.variables.changes_since(recording.variables);
        if blurred || self.makes_logins || before.len() > MOST_CHANGES {
            return;
        }
        if short {
            self.memory.outcomes.entry(key).or_default().short += 1;
            return;
        }
        let mut by_name: Vec<(Number, &Option<Value<'a>>)> = before.iter().map(|(name, old)| (*name, old)).collect();
        by_name.sort_unstable_by_key(|(name, _)| *name);
        let at_first = |name: Number| {
            let at = by_name.binary_search_by_key(&name, |(name, _)| *name).ok()?;
            by_name.get(at).map(|(_, old)| *old)
        };
        let seen: Vec<Seen<'a>> = self
            .variables
            .read_since(recording.reads)
            .iter()
            .map(|read| match *read {
                Read::Variable(name) => {
                    let value = at_first(name).map_or_else(|| self.variables.peek(name).cloned(), Clone::clone);
                    Seen::Variable(name, value)
                }
                Read::Function(name) => {
                    let first = self.defined[recording.functions..].iter().find(|(defined, _, _)| *defined == name);
                    let before = first.map_or_else(|| self.definition(name), |(_, _, before)| *before);
                    Seen::Function(name, before)
                }
                Read::Script => Seen::Script(self.script),
            })
            .collect();
        let writes = before.iter().map(|(name, _)| (*name, self.variables.peek(*name).cloned())).collect();
        let behind = self.calls.len() + 1;
        let effects = self
            .effects
            .get(recording.effects..)
            .unwrap_or_default()
            .iter()
            .map(|effect| Effect {
                kind: effect.kind.clone(),
                via: effect.via.get(behind..).unwrap_or_default().to_vec(),
                ..*effect
            })
            .collect();
        let functions = self.defined[recording.functions..].iter().map(|(name, now, _)| (*name, *now)).collect();
        let outcome = Outcome {
            arguments: arguments.to_vec(),
            situation: recording.situation,
            seen,
            flow,
            writes,
            functions,
            effects,
            unknown: self.unknown.get(recording.unknown..).unwrap_or_default().to_vec(),
            named: distinct(self.named.get(recording.named..).unwrap_or_default()),
            sourced: self.sourced.get(recording.sourced..).unwrap_or_default().to_vec(),
            output: self.output.get(recording.output..).unwrap_or_default().to_owned(),
            commands,
            depth,
        };
        self.memory.outcomes.entry(key).or_default().outcomes.push(Rc::new(outcome));
    }
}

fn distinct(named: &[u32]) -> Vec<u32> {
    let mut named = named.to_vec();
    named.sort_unstable();
    named.dedup();
    named
}
