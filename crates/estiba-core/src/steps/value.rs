//! Variables, and the log that takes changes back when the other branch is to be looked at.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::name::Number;
use super::recall::{Key, Known, Read};
use super::reference::References;
use super::run::Room;
use super::string::Str;
use super::text::{HOLE, is_hole};
use crate::quick::QuickMap;
use crate::syntax::bash::{Assignment, Word};

/// One field of an expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) text: Str<'a>,
    /// Any number of fields, none included.
    pub(super) many: bool,
}

impl<'a> Field<'a> {
    pub(super) fn one(text: Str<'a>) -> Self {
        Self { text, many: false }
    }

    pub(super) fn unknown_many() -> Self {
        Self { text: Str::HOLE, many: true }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Unset,
    Text(Str<'a>),
    List(Rc<Vec<Field<'a>>>),
    Map(Rc<Map<'a>>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Map<'a> {
    pub(super) entries: BTreeMap<Str<'a>, Str<'a>>,
    /// There may be keys that are not known.
    pub(super) open: bool,
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unset, Self::Unset) => true,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::List(left), Self::List(right)) => Rc::ptr_eq(left, right) || left == right,
            (Self::Map(left), Self::Map(right)) => Rc::ptr_eq(left, right) || left == right,
            _ => false,
        }
    }
}

impl Value<'_> {
    pub(super) fn unknown() -> Self {
        Self::Text(Str::HOLE)
    }

    /// What may be either.
    pub(super) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (left, right) if left == right => left.clone(),
            (Self::List(left), Self::List(right)) => {
                let mut common: Vec<Field<'_>> = left
                    .iter()
                    .zip(right.iter())
                    .take_while(|(left, right)| left == right)
                    .map(|(left, _)| left.clone())
                    .collect();
                if !common.last().is_some_and(|last| last.many) {
                    common.push(Field::unknown_many());
                }
                Self::List(Rc::new(common))
            }
            (Self::Map(left), Self::Map(right)) => {
                let same = |(key, value): &(&Str<'_>, &Str<'_>)| right.entries.get(&***key) == Some(*value);
                let entries =
                    left.entries.iter().filter(same).map(|(key, value)| (key.clone(), value.clone())).collect();
                Self::Map(Rc::new(Map { entries, open: true }))
            }
            (Self::List(_), _) | (_, Self::List(_)) => Self::List(Rc::new(vec![Field::unknown_many()])),
            _ => Self::unknown(),
        }
    }
}

/// Variables by the numbers of their names in the library. One that nobody set may come from the environment: unknown.
pub(super) struct Variables<'a> {
    now: Vec<Option<Value<'a>>>,
    log: Vec<(Number, Option<Value<'a>>)>,
    /// What was looked at, while somebody listens.
    reads: RefCell<Vec<Read>>,
    /// Where in `reads` something was noted last; what stands there may be something else by now.
    noted: Vec<Cell<u32>>,
    listens: Cell<Option<usize>>,
    overflowed: Cell<bool>,
    marks: RefCell<Marks>,
}

/// More is not noted: nobody repeats what depends on so much.
const MOST_READS: usize = 1 << 16;

/// Things that were met, by number; to forget all of them costs nothing.
struct Marks {
    /// In which round each was met.
    rounds: Vec<u32>,
    round: u32,
}

impl Marks {
    fn of(many: usize) -> Self {
        Self { rounds: vec![0; many], round: 0 }
    }

    fn forget(&mut self) {
        self.round = self.round.checked_add(1).unwrap_or_else(|| {
            self.rounds.fill(0);
            1
        });
    }

    /// Says whether it is new.
    fn meet(&mut self, at: usize) -> bool {
        let Some(round) = self.rounds.get_mut(at) else { return true };
        std::mem::replace(round, self.round) != self.round
    }
}

/// What is computed once for all scripts, by the place of the syntax that it belongs to.
pub(super) struct Memory<'a> {
    /// Arrays of constants.
    pub(super) arrays: QuickMap<*const Assignment<'a>, Value<'a>>,
    /// Words of several constant parts: their text.
    pub(super) words: QuickMap<*const Word<'a>, Str<'a>>,
    /// What runs fewer commands is followed each time anew.
    pub(super) worth: usize,
    /// Commands of one script that are followed.
    pub(super) most: usize,
    /// What functions and sourced files did, by their body.
    pub(super) outcomes: QuickMap<Key, Known<'a>>,
    /// Paths that scripts name.
    pub(super) references: References,
    /// Of the script before, empty.
    pub(super) room: Option<Room<'a>>,
}

impl Default for Memory<'_> {
    fn default() -> Self {
        Self {
            arrays: QuickMap::default(),
            words: QuickMap::default(),
            worth: super::recall::WORTH,
            most: super::run::MAX_COMMANDS,
            outcomes: QuickMap::default(),
            references: References::default(),
            room: None,
        }
    }
}

/// In the order of the numbers, each once.
pub(super) type Changes<'a> = Vec<(Number, Value<'a>)>;

impl<'a> Variables<'a> {
    /// For names with numbers below `many`.
    pub(super) fn new(many: usize) -> Self {
        Self {
            now: vec![None; many],
            log: Vec::with_capacity(1024),
            reads: RefCell::new(Vec::new()),
            noted: vec![Cell::new(0); Read::many(many)],
            listens: Cell::new(None),
            overflowed: Cell::new(false),
            marks: RefCell::new(Marks::of(Read::many(many))),
        }
    }

    pub(super) fn get(&self, name: Number) -> Option<&Value<'a>> {
        self.note(Read::Variable(name));
        self.peek(name)
    }

    /// Looks without being noted.
    pub(super) fn peek(&self, name: Number) -> Option<&Value<'a>> {
        self.now.get(name.at())?.as_ref()
    }

    fn put(&mut self, name: Number, value: Option<Value<'a>>) -> Option<Value<'a>> {
        self.now.get_mut(name.at()).and_then(|now| std::mem::replace(now, value))
    }

    pub(super) fn note(&self, read: Read) {
        let Some(from) = self.listens.get() else { return };
        let Some(noted) = self.noted.get(read.at()) else { return };
        let mut reads = self.reads.borrow_mut();
        let last = noted.get() as usize;
        if last >= from && reads.get(last) == Some(&read) {
            return;
        }
        if reads.len() >= MOST_READS {
            reads.clear();
            self.overflowed.set(true);
        }
        noted.set(u32::try_from(reads.len()).unwrap_or(u32::MAX));
        reads.push(read);
    }

    /// Says once that more was looked at than is noted.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed.take()
    }

    /// Notes from this read on; nobody listens any more without one.
    pub(super) fn listens(&self, from: Option<usize>) {
        self.listens.set(from);
        if from.is_none() {
            self.reads.borrow_mut().clear();
        }
    }

    /// How much was looked at until now.
    pub(super) fn reads(&self) -> usize {
        self.reads.borrow().len()
    }

    pub(super) fn read_since(&self, mark: usize) -> Vec<Read> {
        self.reads.borrow().get(mark..).unwrap_or_default().to_vec()
    }

    /// Takes out what nobody outside depends on, and what stands there twice.
    pub(super) fn settle_reads(&self, mark: usize, mut is_own: impl FnMut(Read, usize) -> bool) {
        let (mut reads, mut marks) = (self.reads.borrow_mut(), self.marks.borrow_mut());
        marks.forget();
        let mut kept = mark;
        for at in mark..reads.len() {
            let read = reads[at];
            if !is_own(read, at) && marks.meet(read.at()) {
                reads[kept] = read;
                kept += 1;
            }
        }
        reads.truncate(kept);
    }

    /// Whether a variable was set since a mark, be it to what it was.
    pub(super) fn set_since(&self, mark: usize, name: Number) -> bool {
        self.log.get(mark..).unwrap_or_default().iter().any(|(changed, _)| *changed == name)
    }

    /// Leaves in the log what changed since a mark, each name once, without those that are hidden. Says whether all of
    /// those became again what they were. Hidden ones have numbers below 128.
    pub(super) fn settle(&mut self, mark: usize, hidden: impl Fn(Number) -> Option<usize>) -> bool {
        let mut sound = mark <= self.log.len();
        let marks = self.marks.get_mut();
        marks.forget();
        let mut kept = mark;
        let mut met = 0u128;
        for at in mark..self.log.len() {
            let name = self.log[at].0;
            if let Some(number) = hidden(name) {
                // What it was at the mark, its first change says.
                let again = met >> number & 1 == 1;
                met |= 1 << number;
                let same = again || self.now.get(name.at()) == Some(&self.log[at].1);
                sound &= same;
                if same {
                    continue;
                }
            }
            if marks.meet(name.at()) {
                self.log.swap(kept, at);
                kept += 1;
            }
        }
        self.log.truncate(kept);
        sound
    }

    /// What changed since a mark, with what it was there.
    pub(super) fn changes_since(&self, mark: usize) -> &[(Number, Option<Value<'a>>)] {
        self.log.get(mark..).unwrap_or_default()
    }

    pub(super) fn set(&mut self, name: Number, value: Value<'a>) {
        self.restore(name, Some(value));
    }

    pub(super) fn restore(&mut self, name: Number, value: Option<Value<'a>>) {
        let old = self.put(name, value);
        self.log.push((name, old));
    }

    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Goes back to a mark and says what stood there until now.
    pub(super) fn take_back(&mut self, mark: usize) -> Changes<'a> {
        let mut changes: Changes<'a> = Vec::with_capacity(self.log.len().saturating_sub(mark));
        while self.log.len() > mark {
            let Some((name, old)) = self.log.pop() else { break };
            let now = self.put(name, old);
            changes.push((name, now.unwrap_or_else(Value::unknown)));
        }
        // The log is undone from its end: the first entry of a name has its newest value. The sort is stable.
        changes.sort_by_key(|(name, _)| *name);
        changes.dedup_by_key(|(name, _)| *name);
        changes
    }

    /// Goes back to a mark.
    pub(super) fn forget(&mut self, mark: usize) {
        while self.log.len() > mark {
            let Some((name, old)) = self.log.pop() else { break };
            self.put(name, old);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.forget(0);
        debug_assert!(self.now.iter().all(Option::is_none), "what was set is in the log");
        self.listens(None);
        self.overflowed.set(false);
    }

    /// Several ways led here: what they do not agree on is unknown.
    pub(super) fn join<'c>(&mut self, ways: impl IntoIterator<Item = &'c Changes<'a>> + Clone)
    where
        'a: 'c,
    {
        let mut names: Vec<Number> = ways.clone().into_iter().flatten().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let before = self.get(name).cloned().unwrap_or_else(Value::unknown);
            let mut values = ways.clone().into_iter().map(|way| {
                way.binary_search_by_key(&name, |(changed, _)| *changed)
                    .map_or_else(|_| before.clone(), |at| way[at].1.clone())
            });
            let Some(first) = values.next() else { continue };
            let joined = values.fold(first, |left, right| left.join(&right));
            if joined != before {
                self.set(name, joined);
            }
        }
    }
}

pub(super) fn is_unknown(text: &str) -> bool {
    text.len() == 1 && text.starts_with(is_hole)
}

pub(super) fn push_hole(text: &mut String) {
    if !text.ends_with(HOLE) {
        text.push(HOLE);
    }
}
