//! Entries of a mapping whose keys can be asked for while it is read.

use std::collections::HashMap;

use super::node::Node;

/// To look through so many keys costs less than a map of them.
pub(in crate::syntax) const FEW: usize = 16;

/// Entries in the order of the file.
pub(in crate::syntax) struct Keyed {
    pub(in crate::syntax) entries: Vec<(Node, Node)>,
    /// Where each stands, once there are more than [`FEW`].
    numbers: HashMap<String, usize>,
}

impl Keyed {
    pub(in crate::syntax) fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), numbers: HashMap::new() }
    }

    /// Where the entry of this key stands.
    pub(in crate::syntax) fn find(&self, name: &str) -> Option<usize> {
        if self.numbers.is_empty() {
            self.entries.iter().position(|(key, _)| key.text() == Some(name))
        } else {
            self.numbers.get(name).copied()
        }
    }

    pub(in crate::syntax) fn push(&mut self, key: Node, value: Node) {
        let unknown = if self.numbers.is_empty() { 0 } else { self.entries.len() };
        self.entries.push((key, value));
        if self.entries.len() > FEW {
            let names = self.entries.iter().enumerate().skip(unknown);
            self.numbers.extend(names.map(|(at, (key, _))| (key.text().unwrap_or_default().to_owned(), at)));
        }
    }
}
