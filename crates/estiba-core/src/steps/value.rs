//! Variables, and the log that takes changes back when the other branch is to be looked at.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::text::{HOLE, is_hole};
use crate::syntax::bash::{Assignment, Word};

/// One field of an expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) text: Arc<str>,
    /// Any number of fields, none included.
    pub(super) many: bool,
}

impl Field {
    pub(super) fn one(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), many: false }
    }

    pub(super) fn unknown_many() -> Self {
        Self { text: hole(), many: true }
    }
}

pub(super) fn hole() -> Arc<str> {
    thread_local! { static TEXT: Arc<str> = Arc::from("\u{1a}"); }
    TEXT.with(Arc::clone)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Unset,
    Text(Arc<str>),
    List(Arc<Vec<Field>>),
    Map(Arc<Map>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) entries: BTreeMap<Arc<str>, Arc<str>>,
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
                Self::List(Arc::new(common))
            }
            (Self::Map(left), Self::Map(right)) => {
                let same = |(key, value): &(&Arc<str>, &Arc<str>)| right.entries.get(*key) == Some(*value);
                let entries =
                    left.entries.iter().filter(same).map(|(key, value)| (key.clone(), value.clone())).collect();
                Self::Map(Arc::new(Map { entries, open: true }))
            }
            (Self::List(_), _) | (_, Self::List(_)) => Self::List(Arc::new(vec![Field::unknown_many()])),
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
    now: QuickMap<&'a str, Value>,
    log: Vec<(&'a str, Option<Value>)>,
}

/// What is computed once for all scripts, by the place of the syntax that it belongs to.
#[derive(Default)]
pub(super) struct Memory<'a> {
    /// Arrays of constants.
    pub(super) arrays: QuickMap<*const Assignment<'a>, Value>,
    /// Words: their text, if nothing in them is expanded.
    pub(super) words: QuickMap<*const Word<'a>, Option<Arc<str>>>,
}

/// In the order of the names, each once.
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
