//! Variables, and the log that takes changes back when the other branch is to be looked at.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::recall::{Key, Known, Read};
use super::reference::References;
use super::string::Str;
use super::text::{HOLE, is_hole};
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

/// A map whose hash costs a few instructions: names are short, and an attacker who makes them collide slows down the
/// check of their own tree, within the limit on commands.
pub(super) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<QuickHasher>>;

/// The multiply-and-rotate hash of rustc (FxHash).
#[derive(Default)]
pub(super) struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, after)) = rest.split_first_chunk() {
            self.add(u64::from_le_bytes(*word));
            rest = after;
        }
        if let Some((word, after)) = rest.split_first_chunk() {
            self.add(u64::from(u32::from_le_bytes(*word)));
            rest = after;
        }
        for byte in rest {
            self.add(u64::from(*byte));
        }
    }

    // What ends every text: without it each would go through `write` once more.
    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Variables by name. A name that nobody set may come from the environment: unknown.
pub(super) struct Variables<'a> {
    now: QuickMap<&'a str, Value<'a>>,
    log: Vec<(&'a str, Option<Value<'a>>)>,
    /// What was looked at, while somebody listens.
    reads: RefCell<Vec<Read<'a>>>,
    listens: Cell<Option<usize>>,
    overflowed: Cell<bool>,
}

/// More is not noted: nobody repeats what depends on so much.
const MOST_READS: usize = 1 << 16;
/// To look through so many costs less than a map.
pub(super) const FEW: usize = 24;

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
        }
    }
}

/// In the order of the names, each once.
pub(super) type Changes<'a> = Vec<(&'a str, Value<'a>)>;

impl<'a> Variables<'a> {
    pub(super) fn new() -> Self {
        Self {
            now: QuickMap::with_capacity_and_hasher(512, BuildHasherDefault::default()),
            log: Vec::with_capacity(1024),
            reads: RefCell::new(Vec::new()),
            listens: Cell::new(None),
            overflowed: Cell::new(false),
        }
    }

    pub(super) fn get(&self, name: &'a str) -> Option<&Value<'a>> {
        self.note(Read::Variable(name));
        self.now.get(name)
    }

    /// Looks without being noted.
    pub(super) fn peek(&self, name: &str) -> Option<&Value<'a>> {
        self.now.get(name)
    }

    pub(super) fn note(&self, read: Read<'a>) {
        if let Some(from) = self.listens.get() {
            let mut reads = self.reads.borrow_mut();
            // Loops look at the same few again and again.
            let recent = reads.get(from..).unwrap_or_default();
            if recent.iter().rev().take(4).any(|known| known.is(read)) {
                return;
            }
            if reads.len() >= MOST_READS {
                reads.clear();
                self.overflowed.set(true);
            }
            reads.push(read);
        }
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

    pub(super) fn read_since(&self, mark: usize) -> Vec<Read<'a>> {
        self.reads.borrow().get(mark..).unwrap_or_default().to_vec()
    }

    /// Takes out what nobody outside depends on; with `distinct` also what stands there twice.
    pub(super) fn settle_reads(&self, mark: usize, distinct: bool, mut is_own: impl FnMut(&Read<'a>, usize) -> bool) {
        let mut reads = self.reads.borrow_mut();
        let many = reads.len().saturating_sub(mark) > FEW;
        let room = if many && distinct { reads.len() - mark } else { 0 };
        let mut known: QuickMap<Read<'a>, ()> = QuickMap::with_capacity_and_hasher(room, BuildHasherDefault::default());
        let mut kept = mark;
        for at in mark..reads.len() {
            let read = reads[at];
            let is_new =
                !distinct || if many { known.insert(read, ()).is_none() } else { !reads[mark..kept].contains(&read) };
            if is_new && !is_own(&read, at) {
                reads[kept] = read;
                kept += 1;
            }
        }
        reads.truncate(kept);
    }

    /// Whether a variable was set since a mark, be it to what it was.
    pub(super) fn set_since(&self, mark: usize, name: &str) -> bool {
        self.log.get(mark..).unwrap_or_default().iter().any(|(changed, _)| *changed == name)
    }

    /// Leaves in the log what changed since a mark, each name once, without those that are hidden. Says whether all of
    /// those became again what they were. Hidden ones have numbers below 128.
    pub(super) fn settle(&mut self, mark: usize, hidden: impl Fn(&str) -> Option<usize>) -> bool {
        let mut sound = mark <= self.log.len();
        let many = self.log.len().saturating_sub(mark) > FEW;
        let room = if many { self.log.len() - mark } else { 0 };
        let mut known: QuickMap<&'a str, ()> = QuickMap::with_capacity_and_hasher(room, BuildHasherDefault::default());
        let mut kept = mark;
        let mut met = 0u128;
        for at in mark..self.log.len() {
            let name = self.log[at].0;
            if let Some(number) = hidden(name) {
                // What it was at the mark, its first change says.
                let again = met >> number & 1 == 1;
                met |= 1 << number;
                let same = again || self.now.get(name) == self.log[at].1.as_ref();
                sound &= same;
                if same {
                    continue;
                }
            }
            let is_known = if many {
                known.insert(name, ()).is_some()
            } else {
                self.log[mark..kept].iter().any(|(earlier, _)| *earlier == name)
            };
            if is_known {
                continue;
            }
            self.log.swap(kept, at);
            kept += 1;
        }
        self.log.truncate(kept);
        sound
    }

    /// What changed since a mark, with what it was there.
    pub(super) fn changes_since(&self, mark: usize) -> &[(&'a str, Option<Value<'a>>)] {
        self.log.get(mark..).unwrap_or_default()
    }

    pub(super) fn set(&mut self, name: &'a str, value: Value<'a>) {
        let old = self.now.insert(name, value);
        self.log.push((name, old));
    }

    pub(super) fn restore(&mut self, name: &'a str, value: Option<Value<'a>>) {
        let old = match value {
            Some(value) => self.now.insert(name, value),
            None => self.now.remove(name),
        };
        self.log.push((name, old));
    }

    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Goes back to a mark and says what stood there until now.
    pub(super) fn take_back(&mut self, mark: usize) -> Changes<'a> {
        let mut changes: Changes<'a> = Vec::new();
        while self.log.len() > mark {
            let Some((name, old)) = self.log.pop() else { break };
            let now = match old {
                Some(old) => self.now.insert(name, old),
                None => self.now.remove(name),
            };
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
            match old {
                Some(old) => self.now.insert(name, old),
                None => self.now.remove(name),
            };
        }
    }

    /// Several ways led here: what they do not agree on is unknown.
    pub(super) fn join(&mut self, ways: &[Changes<'a>]) {
        let mut names: Vec<&'a str> = ways.iter().flatten().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.note(Read::Variable(name));
            let before = self.now.get(name).cloned().unwrap_or_else(Value::unknown);
            let mut values = ways.iter().map(|way| {
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
