//! Names of variables and functions in a whole library: to ask by number costs a fraction of what asking by text does.

use crate::quick::QuickMap;
use crate::syntax::bash::{Name, Script};

/// A name, by its place among all names of a library.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Number(u32);

impl Number {
    /// `$@`
    pub(super) const ARGUMENTS: Self = Self(0);
    /// `$PWD`
    pub(super) const FOLDER: Self = Self(1);
    /// `$SERVER_PATH`
    pub(super) const SERVER_PATH: Self = Self(2);

    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}

/// All names of a library.
pub(super) struct Names<'a> {
    numbers: QuickMap<&'a str, Number>,
}

impl Default for Names<'_> {
    fn default() -> Self {
        let mut names = Self { numbers: QuickMap::default() };
        for (text, number) in [("@", Number::ARGUMENTS), ("PWD", Number::FOLDER), ("SERVER_PATH", Number::SERVER_PATH)]
        {
            names.numbers.insert(text, number);
        }
        names
    }
}

impl<'a> Names<'a> {
    /// The numbers of a script's names, in the order of [`Script::names`].
    pub(super) fn add(&mut self, script: &Script<'a>) -> Vec<Number> {
        let number = |text: &&'a str| {
            let next = Number(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX));
            *self.numbers.entry(text).or_insert(next)
        };
        script.names.iter().map(number).collect()
    }

    /// The number of a name. One that has none is read by nobody.
    pub(super) fn find(&self, text: &str) -> Option<Number> {
        self.numbers.get(text).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }
}

/// The numbers of a file's names in its library.
pub(super) fn number(numbers: &[Number], name: Name<'_>) -> Number {
    numbers.get(name.number as usize).copied().unwrap_or(Number(u32::MAX))
}
