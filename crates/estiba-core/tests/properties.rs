//! Random edits of valid descriptions: nothing panics, what is refused is refused at a place, and what is accepted
//! gives files that parse. `PROPTEST_CASES` sets how many; 200 when it is absent.

#![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
#![allow(clippy::disallowed_methods, reason = "the number of cases comes from the environment")]

mod support;

use std::collections::BTreeMap;

use estiba_core::describe::starter;
use estiba_core::source::MemoryFiles;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use support::edits::{Edit, apply, config, edit};
use support::{generate, injection, inside, shown, unreadable};

fn bases() -> Vec<String> {
    vec![
        include_str!("../../../examples/jupiter/estiba.yml").to_owned(),
        include_str!("golden/venus/estiba.yml").to_owned(),
        include_str!("golden/smallest/estiba.yml").to_owned(),
        injection::description(&BTreeMap::new()),
        starter("random"),
    ]
}

fn project(description: Vec<u8>) -> MemoryFiles {
    let mut files = injection::files("");
    for path in ["files/site/index.html", "files/site/assets/site.css", "files/my.cnf", "files/mysql/init.sql"] {
        files.0.insert(path.into(), b"text\n".to_vec());
    }
    files.0.insert("estiba.yml".into(), description);
    files
}

#[test]
fn every_base_is_valid() {
    for base in bases() {
        let _ = generate(&project(base.into_bytes())).tree();
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn an_edited_description_is_refused_at_a_place_or_gives_files_that_parse(
        base in 0..5usize,
        edits in proptest::collection::vec(edit(), 1..5),
    ) {
        refused_at_a_place_or_read_back(base, &edits)?;
    }
}

fn refused_at_a_place_or_read_back(base: usize, edits: &[Edit]) -> Result<(), TestCaseError> {
    let mut text = bases()[base].clone().into_bytes();
    for edit in edits {
        apply(&mut text, edit);
    }
    let run = generate(&project(text));
    match run.result {
        Ok(tree) => prop_assert_eq!(unreadable(&tree), Vec::<String>::new()),
        Err(problems) => {
            prop_assert!(!problems.is_empty());
            let placed = problems.iter().all(|problem| inside(&run.sources, problem));
            prop_assert!(placed, "{}", shown(&run.sources, &problems));
        }
    }
    Ok(())
}

/// The same a million times, on all processors; `FUZZ_CASES` asks for another number.
#[test]
#[ignore = "half an hour and more"]
fn a_million_edited_descriptions() {
    let cases: u32 = std::env::var("FUZZ_CASES").map_or(1_000_000, |number| number.parse().unwrap());
    let threads = std::thread::available_parallelism().map_or(1, |it| u32::try_from(it.get()).unwrap_or(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let config = ProptestConfig {
                    cases: cases.div_ceil(threads),
                    failure_persistence: None,
                    ..ProptestConfig::default()
                };
                let strategy = (0..5usize, proptest::collection::vec(edit(), 1..5));
                TestRunner::new(config)
                    .run(&strategy, |(base, edits)| refused_at_a_place_or_read_back(base, &edits))
                    .unwrap();
            });
        }
    });
}
