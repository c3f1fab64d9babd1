//! Rules over facts. A rule reads facts, never parsers; what it cannot decide it counts and says.

mod baseline;
mod causes;
mod definition;
mod finding;
mod fingerprint;
mod fix;
mod images;
mod listens;
mod made;
mod names;
mod order;
mod passes;
mod placeholders;
mod reach;
mod reading;
mod repeats;
mod rule;
pub mod rules;
mod select;
mod suppress;
mod together;
mod upstreams;
mod world;

use crate::facts::Facts;
use crate::source::Level;
use world::Scripts;

pub use baseline::Baseline;
pub use causes::{Cause, by_rule};
pub use definition::definition;
pub use finding::{Confidence, Finding, Report, Tally, Undecided};
pub use fingerprint::fingerprints;
pub use fix::{Edit, Fix};
pub use reading::{Reading, readings};
pub use rule::{Rule, Sink};
pub use rules::RULES;
pub use select::{NoRule, Selection};
pub use together::{check_files, check_tree};
pub use world::World;

/// Checks everything a tree states.
#[must_use]
pub fn check(facts: &Facts) -> Report {
    check_with(facts, &Selection::default())
}

/// As [`check`], with some of the rules.
#[must_use]
pub fn check_with(facts: &Facts, selection: &Selection) -> Report {
    run_with(facts, RULES.iter().copied(), selection, &Scripts::of(&facts.texts, facts.settings.mode()))
}

/// Checks with some of the rules.
pub fn run(facts: &Facts, rules: impl IntoIterator<Item = &'static Rule>) -> Report {
    run_with(facts, rules, &Selection::default(), &Scripts::of(&facts.texts, facts.settings.mode()))
}

/// The rules that ask how scripts are written, and then those that ask what they do, which takes longest to find out: while
/// others find it out, there is something to do until it is asked for.
const ASK_FOR_SCRIPTS: [&str; 12] = [
    "rm-rf-variable",
    "envsubst-without-list",
    "tty-in-non-tty",
    "waits-for-input",
    "reload-without-test",
    "config-changed-never-reloaded",
    "no-strict-mode",
    "not-idempotent",
    "step-contract-mismatch",
    "unguarded-danger",
    "dangling-script-reference",
    "signal-marks-stopped",
];

fn run_with(
    facts: &Facts,
    rules: impl IntoIterator<Item = &'static Rule>,
    selection: &Selection,
    scripts: &Scripts<'_>,
) -> Report {
    let world = World::of(facts, scripts);
    let mut report = Report::default();
    if selection.takes(rules::UNREADABLE) {
        let dashboards = rules::provisioned(&world, |dashboard| dashboard.broken.is_some());
        let dashboards = dashboards.into_iter().filter_map(|dashboard| dashboard.broken.as_deref());
        report.findings.extend(facts.broken.iter().chain(dashboards).map(Finding::broken));
    }
    let mut taken: Vec<&'static Rule> = rules.into_iter().filter(|rule| selection.takes(rule.id)).collect();
    // The order of rules means nothing to the report, which is sorted.
    taken.sort_by_key(|rule| ASK_FOR_SCRIPTS.iter().position(|id| *id == rule.id));
    for rule in taken {
        (rule.check)(&world, &mut Sink::new(rule, &mut report));
    }
    suppress::apply(facts, &mut report, selection);
    report.sort(facts);
    report
}

impl Report {
    /// Findings that forbid the tree.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == Level::Error).count()
    }

    /// Findings that a person should look at.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == Level::Warning).count()
    }
}
