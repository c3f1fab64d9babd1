//! Rules over facts. A rule reads facts, never parsers; what it cannot decide it counts and says.

mod finding;
mod images;
mod listens;
mod names;
mod order;
mod placeholders;
mod reach;
mod repeats;
mod rule;
pub mod rules;
mod scripts;
mod suppress;
mod upstreams;
mod world;

use std::sync::Arc;
use std::thread;

use crate::facts::{Facts, Settings, Texts};
use crate::source::Level;
use crate::steps::workers;
use crate::tree::Tree;
use world::Scripts;

pub use finding::{Finding, Report, Tally, Undecided};
pub use rule::{Rule, Sink};
pub use rules::RULES;
pub use world::World;

/// Reads a tree and checks everything that it states. What its scripts do is found out while the rest is read.
#[must_use]
pub fn check_tree(tree: &Tree) -> (Facts, Report) {
    let texts = Arc::new(Texts::of(tree));
    let settings = Settings::read(&texts);
    let mode = settings.mode().to_owned();
    let scripts = Scripts::begun();
    thread::scope(|scope| {
        let find_out = || scripts.find_out(&texts, &mode);
        if thread::Builder::new().spawn_scoped(scope, find_out).is_err() {
            find_out();
        }
        let facts = Facts::read(Arc::clone(&texts), settings);
        let report = run_with(&facts, RULES.iter().copied(), &scripts);
        (facts, report)
    })
}

/// Checks everything a tree states.
#[must_use]
pub fn check(facts: &Facts) -> Report {
    run(facts, RULES.iter().copied())
}

/// Checks with some of the rules.
pub fn run(facts: &Facts, rules: impl IntoIterator<Item = &'static Rule>) -> Report {
    run_with(facts, rules, &Scripts::default())
}

fn run_with(facts: &Facts, rules: impl IntoIterator<Item = &'static Rule>, scripts: &Scripts) -> Report {
    let world = World::of(facts, scripts);
    let mut report = Report::default();
    for problem in &facts.broken {
        report.findings.push(Finding::broken(problem));
    }
    let mut rules: Vec<&'static Rule> = rules.into_iter().collect();
    // What scripts do takes longest to find out: the rules that ask begin while another thread runs the rest. The order
    // of rules means nothing to the report, which is sorted.
    rules.sort_by_key(|rule| !rule.id.starts_with("step-contract"));
    let reports = workers::map(
        &rules,
        || (),
        |(), rule| {
            let mut report = Report::default();
            (rule.check)(&world, &mut Sink::new(rule, &mut report));
            report
        },
    );
    for more in reports {
        report.add(more);
    }
    suppress::apply(facts, &mut report);
    report.sort(facts);
    report
}

impl Report {
    fn add(&mut self, more: Self) {
        self.findings.extend(more.findings);
        self.undecided.extend(more.undecided);
        self.tally.found += more.tally.found;
        self.tally.not_found += more.tally.not_found;
    }

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
