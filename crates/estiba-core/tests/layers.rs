//! Which stage of the core may name which: the two chains of `lib.rs`, held.

#![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
#![allow(clippy::disallowed_methods, reason = "the test reads the sources")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every stage with the stages that it may name, each after those. A new stage, or a new edge, is written here on
/// purpose. `check` sees facts and never the model: what is verified is what will run.
const ALLOWED: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("work", &[]),
    ("quick", &[]),
    ("syntax", &["source", "quick"]),
    ("tree", &["source"]),
    ("describe", &["source", "syntax"]),
    ("model", &["source", "syntax", "tree", "describe"]),
    ("render", &["source", "work", "tree", "describe", "model"]),
    ("facts", &["source", "quick", "syntax", "tree"]),
    ("steps", &["source", "work", "quick", "syntax", "tree", "facts"]),
    ("plan", &["source", "tree", "facts", "steps"]),
    // Foreign files, and the words that a description has: never the model.
    ("adopt", &["source", "syntax", "tree", "describe", "facts"]),
    // What people are told to run, and nothing about what it does.
    ("guide", &["source", "tree"]),
    ("rehearsal", &["source", "facts", "guide", "plan"]),
    // Of `syntax` only what nginx knows about its directives: see the second test.
    ("check", &["source", "work", "syntax", "tree", "facts", "steps"]),
    ("mend", &["source", "tree", "facts", "check"]),
];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Stage → its files.
fn stages() -> BTreeMap<String, Vec<PathBuf>> {
    let mut stages: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in fs::read_dir(sources()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "lib" {
            continue;
        }
        let files = stages.entry(name).or_default();
        let mut waiting = vec![path];
        while let Some(next) = waiting.pop() {
            if next.is_dir() {
                waiting.extend(fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()));
            } else if next.extension().is_some_and(|extension| extension == "rs") {
                files.push(next);
            }
        }
    }
    stages
}

/// The first names behind every `crate::` of a text, with their lines; comments say nothing.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    for (number, line) in code.iter().enumerate() {
        for (at, _) in line.match_indices("crate::") {
            // `$crate::` and `my_crate::` are other things.
            if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let rest = &line[at + "crate::".len()..];
            let names: Vec<String> = match rest.strip_prefix('{') {
                // A group may go on over lines.
                Some(group) => {
                    let group = format!("{group}\n{}", code[number + 1..].join("\n"));
                    first_names(&group)
                }
                None => vec![rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()],
            };
            found.extend(names.into_iter().map(|name| (number + 1, name)));
        }
    }
    found
}

/// The names at the outer level of what stands behind `{`, up to its `}`.
fn first_names(group: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut depth = 0;
    let mut name_ended = false;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(String::new());
                name_ended = false;
            }
            c if depth == 0 && !name_ended && (c.is_alphanumeric() || c == '_') => {
                if let Some(name) = names.last_mut() {
                    name.push(c);
                }
            }
            c if !c.is_whitespace() || names.last().is_some_and(|name| !name.is_empty()) => name_ended = true,
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn every_stage_names_only_what_stands_before_it() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (stage, files) in stages() {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == stage) else {
            wrong.push(format!("the stage `{stage}` is not in the list of this test"));
            continue;
        };
        for file in files {
            for (line, name) in named(&fs::read_to_string(&file).unwrap()) {
                seen += 1;
                if name != stage && !allowed.contains(&name.as_str()) {
                    let file = file.strip_prefix(sources()).unwrap().display().to_string();
                    wrong.push(format!("{file}:{line}: `{stage}` names `{name}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 50, "only {seen} paths were read");
}

/// A rule that parses would see a text before it is known what the text is.
#[test]
fn no_rule_reads_a_text_itself() {
    let mut wrong = Vec::new();
    for file in stages().remove("check").unwrap() {
        let text = fs::read_to_string(&file).unwrap();
        let of_syntax = text.lines().enumerate().filter(|(_, line)| line.contains("crate::syntax"));
        let parser = |line: &str| ["parse", "load", "yaml", "bash"].iter().any(|name| line.contains(name));
        wrong.extend(
            of_syntax
                .filter(|(_, line)| parser(line))
                .map(|(at, line)| format!("{}:{}: {line}", file.display(), at + 1)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_list_has_no_cycle_and_no_stage_that_is_gone() {
    let stages = stages();
    for (at, (stage, allowed)) in ALLOWED.iter().enumerate() {
        assert!(stages.contains_key(*stage), "there is no stage `{stage}`");
        for name in *allowed {
            assert!(ALLOWED[..at].iter().any(|(before, _)| before == name), "`{stage}` names `{name}`, which is later");
        }
    }
}

#[test]
fn every_way_to_name_a_stage_is_seen() {
    let text = "use crate::a;\nuse crate::{b::{x, y}, c as d,\n    e};\nlet f = crate::g::h(); // crate::no\nuse $crate::no;\n";
    let names: Vec<String> = named(text).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "b", "c", "e", "g"]);
}
