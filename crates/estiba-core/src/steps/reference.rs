//! Paths that scripts name, each once: scripts that source the same files name the same ones.

use std::sync::Arc;

use super::effect::{Naming, Reference};
use super::run::normal;
use crate::quick::QuickMap;
use crate::source::Span;

/// A path as it is written, and the number of what it names.
type Written = (Box<str>, u32);

/// References by their numbers.
#[derive(Default)]
pub(super) struct References {
    all: Vec<Arc<Reference>>,
    /// Word and how it names → the paths that it was. Most words are one path.
    known: QuickMap<(Span, Naming), Vec<Written>>,
}

impl References {
    /// The number of a path that a word names.
    pub(super) fn number(&mut self, path: &str, span: Span, how: Naming, exists: &dyn Fn(&str) -> bool) -> u32 {
        let known = self.known.entry((span, how)).or_default();
        if let Some((_, number)) = known.iter().find(|(written, _)| **written == *path) {
            return *number;
        }
        let plain = normal(path);
        let same = known.iter().find(|(_, number)| self.all.get(*number as usize).is_some_and(|it| it.path == plain));
        let number = same.map_or(u32::try_from(self.all.len()).unwrap_or(u32::MAX), |(_, number)| *number);
        known.push((Box::from(path), number));
        if number as usize == self.all.len() {
            let exists = exists(&plain);
            self.all.push(Arc::new(Reference { span, path: plain, how, exists }));
        }
        number
    }

    /// The references of these numbers.
    pub(super) fn named(&self, numbers: &[u32]) -> Vec<Arc<Reference>> {
        numbers.iter().filter_map(|at| self.all.get(*at as usize).cloned()).collect()
    }
}
