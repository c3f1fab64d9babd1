//! Random edits of valid descriptions: nothing panics, what is refused is refused at a place, and what is accepted
//! gives files that parse. `PROPTEST_CASES` sets how many; 200 when it is absent.

#![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
#![allow(clippy::disallowed_methods, reason = "the number of cases comes from the environment")]

mod support;

use std::collections::BTreeMap;

use estiba_core::describe::starter;
use estiba_core::source::MemoryFiles;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use support::{generate, injection, inside, shown, unreadable};

/// What means something to YAML, Compose, nginx, bash or the template engine.
const TOKENS: &[&str] = &[
    ": ",
    ":",
    "- ",
    "\n",
    "\n  ",
    "\n- ",
    "\t",
    "#",
    " #",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "<<: *a\n",
    "!!str ",
    "!x ",
    "? ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "~",
    "null",
    "true",
    "no",
    "0",
    "-1",
    "1e3",
    "65536",
    "18446744073709551616",
    "$",
    "$$",
    "${",
    "${A}",
    "${A:-${B}}",
    "`",
    "$(x)",
    "\\",
    "\0",
    "\r",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "<%",
    "<%= project %>",
    "%>",
    "{{ x }}",
    ";",
    "; }",
    "../",
    "/",
    "files/",
    "./files/site",
    "services",
    "web",
    "host",
    "port",
    "image",
    "depends_on",
    "volumes",
    "networks",
    "secrets",
    "variables",
    "monitoring",
    "a.example",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

fn bases() -> Vec<String> {
    vec![
        include_str!("../../../examples/jupiter/estiba.yml").to_owned(),
        include_str!("golden/venus/estiba.yml").to_owned(),
        include_str!("golden/smallest/estiba.yml").to_owned(),
        injection::description(&BTreeMap::new()),
        starter("random"),
    ]
}

#[derive(Clone, Debug)]
enum Edit {
    Byte(Index, u8),
    Insert(Index, &'static str),
    Replace(Index, usize, &'static str),
    Remove(Index, usize),
    SwapLines(Index, Index),
    RepeatLine(Index),
    Indent(Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    let token = || proptest::sample::select(TOKENS);
    prop_oneof![
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        3 => (at(), token()).prop_map(|(at, token)| Edit::Insert(at, token)),
        3 => (at(), 0..12usize, token()).prop_map(|(at, length, token)| Edit::Replace(at, length, token)),
        2 => (at(), 0..40usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        2 => (at(), at()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        1 => at().prop_map(Edit::RepeatLine),
        1 => (at(), 0..8usize).prop_map(|(at, spaces)| Edit::Indent(at, spaces)),
    ]
}

fn apply(text: &mut Vec<u8>, edit: &Edit) {
    if text.is_empty() {
        return;
    }
    let lines =
        |text: &[u8]| -> Vec<Vec<u8>> { text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect() };
    match edit {
        Edit::Byte(at, byte) => {
            let at = at.index(text.len());
            text[at] = *byte;
        }
        Edit::Insert(at, token) => {
            let at = at.index(text.len());
            text.splice(at..at, token.bytes());
        }
        Edit::Replace(at, length, token) => {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, token.bytes());
        }
        Edit::Remove(at, length) => {
            let at = at.index(text.len());
            let end = (at + length).min(text.len());
            text.drain(at..end);
        }
        Edit::SwapLines(a, b) => {
            let mut lines = lines(text);
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
            *text = lines.concat();
        }
        Edit::RepeatLine(at) => {
            let mut lines = lines(text);
            let at = at.index(lines.len());
            lines.insert(at, lines[at].clone());
            *text = lines.concat();
        }
        Edit::Indent(at, spaces) => {
            let mut lines = lines(text);
            let at = at.index(lines.len());
            let spaces = vec![b' '; *spaces];
            lines[at].splice(0..0, spaces);
            *text = lines.concat();
        }
    }
}

fn project(description: Vec<u8>) -> MemoryFiles {
    let mut files = injection::files("");
    for path in ["files/site/index.html", "files/site/assets/site.css", "files/my.cnf", "files/mysql/init.sql"] {
        files.0.insert(path.into(), b"text\n".to_vec());
    }
    files.0.insert("estiba.yml".into(), description);
    files
}

fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").is_ok();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if asked { config } else { ProptestConfig { cases: 200, ..config } }
}

#[test]
fn every_base_is_valid() {
    for base in bases() {
        let _ = generate(&project(base.into_bytes())).tree();
    }
}

proptest! {
    #![proptest_config(config())]

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
