//! Findings about the check itself: no rule makes them, and they are explained as any other.

use super::super::Rule;
use super::{UNREADABLE, UNUSED, UNUSED_ACCEPTANCE};
use crate::source::Level;

pub(super) static OWN: &[&Rule] = &[&UNREADABLE_FILE, &UNUSED_SUPPRESSION, &UNUSED_ENTRY];

static UNREADABLE_FILE: Rule = Rule {
    id: UNREADABLE,
    level: Level::Error,
    summary: "a file is not what its name says, and was not read to its end",
    page: include_str!("unreadable_file.md"),
    check: |_, _| {},
};

static UNUSED_SUPPRESSION: Rule = Rule {
    id: UNUSED,
    level: Level::Warning,
    summary: "a comment that accepts a finding accepts none, or says no reason",
    page: include_str!("unused_suppression.md"),
    check: |_, _| {},
};

static UNUSED_ENTRY: Rule = Rule {
    id: UNUSED_ACCEPTANCE,
    level: Level::Warning,
    summary: "an entry of the baseline accepts no finding, or says no reason",
    page: include_str!("unused_acceptance.md"),
    check: |_, _| {},
};
