//! Lists that mostly have one element.

use std::ops::{Deref, DerefMut};

/// A list. One element needs no memory but its own: most words are one part, most pipelines one command.
#[derive(Clone, Debug, Default)]
pub enum Few<T> {
    /// Nothing.
    #[default]
    None,
    /// One.
    One(T),
    /// Any number.
    Many(Vec<T>),
}

impl<T> Few<T> {
    pub(crate) fn push(&mut self, item: T) {
        match self {
            Self::None => *self = Self::One(item),
            Self::Many(items) => items.push(item),
            Self::One(_) => {
                let Self::One(first) = std::mem::take(self) else { return };
                *self = Self::Many(vec![first, item]);
            }
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        match self {
            Self::Many(items) => items.pop(),
            _ => match std::mem::take(self) {
                Self::One(item) => Some(item),
                _ => None,
            },
        }
    }

    pub(super) fn append(&mut self, others: Self) {
        match others {
            Self::None => {}
            Self::One(item) => self.push(item),
            Self::Many(items) => items.into_iter().for_each(|item| self.push(item)),
        }
    }

    pub(super) fn into_boxed(self) -> Box<[T]> {
        match self {
            Self::None => Box::default(),
            Self::One(item) => Box::new([item]),
            Self::Many(items) => items.into_boxed_slice(),
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::None => &mut [],
            Self::One(item) => std::slice::from_mut(item),
            Self::Many(items) => items,
        }
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Few<T> {}

impl<'f, T> IntoIterator for &'f Few<T> {
    type Item = &'f T;
    type IntoIter = std::slice::Iter<'f, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
