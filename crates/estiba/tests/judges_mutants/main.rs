//! Trees with one mistake each, made by chance from a seed, judged by the programs that read them and by `check`.
//!
//! What nginx, Compose, promtool or amtool refuse for a reason that a rule knows, `check` reports; and what `check` calls a
//! mistake of nginx' grammar, of its contexts, of repeats or of names of its own, nginx refuses. What a program refuses for
//! a reason that no rule knows (a number out of range) is counted. Expressions of Prometheus are judged by themselves too.
//!
//! The trees are generated ones. Where `ESTIBA_CORPUS` names a folder as `dev/tests/corpus.sh` takes it, half of the
//! mutants are made of what is accepted there; a reference that cannot be decided, which our own trees have none of, is
//! counted there. `ESTIBA_MUTANTS=COUNT` and `ESTIBA_MUTANTS_SEED=N` choose others.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says where it failed by panicking, and what it saw"
)]

mod chance;
mod corpus;
mod golden;
mod mutate;
mod promql;
mod reasons;
mod target;

use std::collections::BTreeMap;
use std::path::Path;

use chance::Chance;
use mutate::mutate;
use reasons::{REFUSALS, known};
use target::{Format, Target, Verdict};

#[derive(Debug, Default)]
struct Tally {
    mutants: usize,
    refused: usize,
    known: usize,
    reported: usize,
    undecided: usize,
    differs: usize,
}

/// What is wrong with what was said of a mutant.
fn disagreement(target: &Target, path: &str, changed: &str, tally: &mut Tally) -> Option<String> {
    let said = target.said(path, changed);
    tally.mutants += 1;
    tally.reported += usize::from(!said.errors.is_empty());
    match (target.judge)(path, changed) {
        Verdict::Refused(output) => {
            tally.refused += 1;
            if !known(target.format, &output) || !(target.decides)(&output) {
                return None;
            }
            tally.known += 1;
            if !said.errors.is_empty() {
                return None;
            }
            if target.foreign && !said.undecided.is_empty() {
                tally.undecided += 1;
                return None;
            }
            Some(format!("refused and not reported: {}", output.trim()))
        }
        Verdict::Accepted => {
            let refusals: Vec<_> = said.errors.iter().filter(|(rule, _)| REFUSALS.contains(rule)).collect();
            let wrong = target.format == Format::Nginx && !refusals.is_empty();
            wrong.then(|| format!("reported and not refused: {refusals:?}"))
        }
        Verdict::Differs => {
            tally.differs += 1;
            None
        }
    }
}

fn run(count: usize, seed: u64) {
    let mut groups = vec![("generated", golden::targets())];
    if let Some(corpus) = std::env::var_os("ESTIBA_CORPUS").filter(|corpus| Path::new(corpus).join("trees").is_dir()) {
        let (targets, skipped) = corpus::targets(Path::new(&corpus));
        let files = targets.iter().map(|target| target.paths.len()).sum::<usize>();
        println!(
            "corpus: {} configurations of {files} files are accepted, {skipped} others are skipped",
            targets.len()
        );
        groups.push(("corpus", targets));
    }
    let formats = [Format::Nginx, Format::Nginx, Format::Compose, Format::Prometheus, Format::Alertmanager];
    let mut chance = Chance(seed);
    let mut tallies: BTreeMap<(&str, Format), Tally> = BTreeMap::new();
    let mut disagreements = Vec::new();
    let mut made = 0;
    while made < count {
        let Some((group, targets)) = chance.of(&groups) else { continue };
        let Some(format) = chance.of(&formats) else { continue };
        let targets: Vec<&Target> = targets.iter().filter(|target| target.format == *format).collect();
        let Some(target) = chance.of(&targets) else { continue };
        let Some(path) = chance.of(&target.paths) else { continue };
        let Ok(text) = std::str::from_utf8(&target.files[path]) else { continue };
        let Some((changed, done)) = mutate(text, *format, &mut chance) else { continue };
        made += 1;
        let tally = tallies.entry((group, *format)).or_default();
        if let Some(wrong) = disagreement(target, path, &changed, tally) {
            disagreements.push(format!("{} {path}: {done}\n  {wrong}", target.name));
        }
    }
    for ((group, format), tally) in &tallies {
        println!(
            "{group} {format:?}: {} mutants, {} refused, {} of them for a reason that a rule knows ({} not decided); \
             check reports {}; {} depend on the version of nginx",
            tally.mutants, tally.refused, tally.known, tally.undecided, tally.reported, tally.differs
        );
    }
    assert!(
        disagreements.is_empty(),
        "seed {seed}: {} disagreements\n\n{}",
        disagreements.len(),
        disagreements.join("\n\n")
    );
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn three_hundred_mutants_are_judged_alike() {
    run(usize::try_from(number("ESTIBA_MUTANTS", 300)).unwrap(), number("ESTIBA_MUTANTS_SEED", 1));
}

#[test]
#[ignore = "a quarter of an hour"]
fn five_thousand_mutants_are_judged_alike() {
    run(5_000, number("ESTIBA_MUTANTS_SEED", 2));
}
