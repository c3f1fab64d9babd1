//! Findings about the check itself: no rule makes them, and they are explained as any other.

use super::super::Rule;
use super::{UNREADABLE, UNUSED, UNUSED_ACCEPTANCE};
use crate::source::Level;

pub(super) static OWN: [Rule; 3] = [
    own(
        UNREADABLE,
        Level::Error,
        "a file is not what its name says, and was not read to its end",
        include_str!("unreadable_file.md"),
    ),
    own(
        UNUSED,
        Level::Warning,
        "a comment that accepts a finding accepts none, or says no reason",
        include_str!("unused_suppression.md"),
    ),
    own(
        UNUSED_ACCEPTANCE,
        Level::Warning,
        "an entry of the baseline accepts no finding, or says no reason",
        include_str!("unused_acceptance.md"),
    ),
];

const fn own(id: &'static str, level: Level, summary: &'static str, page: &'static str) -> Rule {
    Rule { id, level, summary, page, check: |_, _| {} }
}
