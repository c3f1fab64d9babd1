//! Random edits of a text, of which some mean something to the formats that the trees are made of.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::Config;

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

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Byte(Index, u8),
    Insert(Index, &'static str),
    Replace(Index, usize, &'static str),
    Remove(Index, usize),
    SwapLines(Index, Index),
    RepeatLine(Index),
    Indent(Index, usize),
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
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

pub(crate) fn apply(text: &mut Vec<u8>, edit: &Edit) {
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

/// `PROPTEST_CASES` cases, or so many.
pub(crate) fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").is_ok();
    let config = Config { failure_persistence: None, ..Config::default() };
    if asked { config } else { Config { cases, ..config } }
}
