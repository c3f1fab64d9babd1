//! Variables, and the log that takes changes back when the other branch is to be looked at.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use super::text::{HOLE, is_hole};
use crate::syntax::bash::{Assignment, Word};

/// One field of an expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) text: Rc<str>,
    /// Any number of fields, none included.
    pub(super) many: bool,
}

impl Field {
    pub(super) fn one(text: impl Into<Rc<str>>) -> Self {
        Self { text: text.into(), many: false }
    }

    pub(super) fn unknown_many() -> Self {
        Self { text: hole(), many: true }
    }
}

pub(super) fn hole() -> Rc<str> {
    thread_local! { static TEXT: Rc<str> = Rc::from("\u{1a}"); }
    TEXT.with(Rc::clone)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Unset,
    Text(Rc<str>),
    List(Rc<Vec<Field>>),
    Map(Rc<Map>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) entries: BTreeMap<Rc<str>, Rc<str>>,
    /// There may be keys that are not known.
    pub(super) open: bool,
}

impl Value {
    pub(super) fn unknown() -> Self {
        Self::Text(hole())
    }

    /// What may be either.
    pub(super) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (left, right) if left == right => left.clone(),
            (Self::List(left), Self::List(right)) => {
                let mut common: Vec<Field> = left
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
                let same = |(key, value): &(&Rc<str>, &Rc<str>)| right.entries.get(*key) == Some(*value);
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
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
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
    now: QuickMap<&'a str, Value>,
    log: Vec<(&'a str, Option<Value>)>,
}

/// What is computed once for all scripts, by the place of the syntax that it belongs to.
#[derive(Default)]
pub(super) struct Memory<'a> {
    /// Arrays of constants.
    pub(super) arrays: QuickMap<*const Assignment<'a>, Value>,
    /// Words: their text, if nothing in them is expanded.
    pub(super) words: QuickMap<*const Word<'a>, Option<Rc<str>>>,
}

pub(super) type Changes<'a> = Vec<(&'a str, Value)>;

impl<'a> Variables<'a> {
    pub(super) fn new() -> Self {
        Self {
            now: QuickMap::with_capacity_and_hasher(512, BuildHasherDefault::default()),
            log: Vec::with_capacity(1024),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.now.get(name)
    }

    pub(super) fn set(&mut self, name: &'a str, value: Value) {
        let old = self.now.insert(name, value);
        self.log.push((name, old));
    }

    pub(super) fn restore(&mut self, name: &'a str, value: Option<Value>) {
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
            // The log is undone from its end: the first entry of a name has its newest value.
            if !changes.iter().any(|(changed, _)| *changed == name) {
                changes.push((name, now.unwrap_or_else(Value::unknown)));
            }
        }
        changes
    }

    /// Several ways led here: what they do not agree on is unknown.
    pub(super) fn join(&mut self, ways: &[Changes<'a>]) {
        let mut names: Vec<&'a str> = ways.iter().flatten().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let before = self.now.get(name).cloned().unwrap_or_else(Value::unknown);
            let mut values = ways.iter().map(|way| {
                way.iter()
                    .find(|(changed, _)| *changed == name)
                    .map_or_else(|| before.clone(), |(_, value)| value.clone())
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
