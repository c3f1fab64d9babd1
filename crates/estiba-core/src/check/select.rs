//! Which rules a run takes: `--only`, `--ignore`.

use std::collections::BTreeSet;

use super::rules;
use crate::source::nearest;

/// The rules of a run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// These and no others; every rule when empty.
    only: BTreeSet<String>,
    ignored: BTreeSet<String>,
}

/// An id that no rule bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRule {
    /// The id.
    pub id: String,
    /// The way out.
    pub help: String,
}

impl Selection {
    /// Rules by their ids.
    ///
    /// # Errors
    /// When no rule bears one of them.
    pub fn of(only: &[String], ignored: &[String]) -> Result<Self, NoRule> {
        match only.iter().chain(ignored).find_map(|id| Some(NoRule { id: id.clone(), help: unknown(id)? })) {
            Some(problem) => Err(problem),
            None => Ok(Self { only: only.iter().cloned().collect(), ignored: ignored.iter().cloned().collect() }),
        }
    }

    /// Whether a rule is taken.
    #[must_use]
    pub fn takes(&self, id: &str) -> bool {
        (self.only.is_empty() || self.only.contains(id)) && !self.ignored.contains(id)
    }
}

/// The way out for an id that no rule bears.
pub(super) fn unknown(id: &str) -> Option<String> {
    if rules::find(id).is_some() {
        return None;
    }
    Some(match nearest(id, rules::all().map(|rule| rule.id)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`estiba rules` lists them".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::Selection;

    fn of(only: &[&str], ignored: &[&str]) -> Result<Selection, super::NoRule> {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        Selection::of(&owned(only), &owned(ignored))
    }

    #[test]
    fn what_is_ignored_is_not_taken_even_where_it_is_named() {
        let some = of(&["pull-squatting", "upstream-host-unknown"], &["pull-squatting"]).unwrap();
        assert!(some.takes("upstream-host-unknown") && !some.takes("pull-squatting") && !some.takes("unreadable-file"));
        assert!(of(&[], &["pull-squatting"]).unwrap().takes("unreadable-file"));
    }

    #[test]
    fn a_slip_is_named() {
        assert_eq!(of(&[], &["pull-sqatting"]).unwrap_err().help, "did you mean `pull-squatting`?");
    }
}
