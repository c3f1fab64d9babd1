//! Whatever a description contains, it is refused where it stands, or every rendered file reads back the same values
//! and has the shape of a harmless one. The matrix (fields × payloads) is in `support/injection.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test panics and counts aloud")]

mod support;

use std::collections::BTreeMap;

use estiba_core::source::Sources;
use estiba_core::tree::Tree;
use support::injection::{Change, Field, Writing, description, deviations, fields, files, payloads, short};
use support::{generate, inside, place, resolve, shown, unreadable};

type Set<'a> = BTreeMap<&'a str, (&'a str, Writing)>;

fn harmless() -> Tree {
    generate(&files(&description(&Set::new()))).tree()
}

/// A payload in every field at once: each problem must be at a field that holds it. Those are taken out until the rest
/// is accepted.
fn accepted(payload: &str, writing: Writing, failed: &mut Vec<String>) -> (usize, Vec<Field>) {
    let mut fine: Vec<Field> = fields();
    // In a comment nothing is quoted; a webhook may be declared by the very payload.
    fine.retain(|field| !["comment", "monitoring.webhook"].contains(&field.name));
    fine.retain(|field| writing != Writing::Doubled || field.interpolated());
    let count = fine.len();
    loop {
        let set: Set<'_> = fine.iter().map(|field| (field.name, (payload, writing))).collect();
        let mut sources = Sources::default();
        let Err(problems) = resolve(&mut sources, &files(&description(&set))) else { return (count, fine) };
        let lines: Vec<Option<usize>> = problems
            .iter()
            .map(|problem| place(&sources, problem).filter(|_| inside(&sources, problem)).map(|(_, line)| line))
            .collect();
        let here = |line: &Option<usize>| line.is_some_and(|line| fine.iter().any(|field| field.line == line));
        if problems.is_empty() || !lines.iter().all(here) {
            failed.push(format!("{}: refused elsewhere: {}", short(payload), shown(&sources, &problems)));
            return (count, Vec::new());
        }
        fine.retain(|field| !lines.contains(&Some(field.line)));
    }
}

/// All fields that accept a payload hold it at once; what cannot stand together is rendered one by one.
fn rendered_as_meant(payload: &str, fine: &[Field], writing: Writing, harmless: &Tree, failed: &mut Vec<String>) {
    let set: Set<'_> = fine.iter().map(|field| (field.name, (payload, writing))).collect();
    let run = generate(&files(&description(&set)));
    let tree = match run.result {
        Ok(tree) => tree,
        Err(problems) if fine.len() == 1 => {
            failed.push(format!("{} = {}: {}", fine[0].name, short(payload), shown(&run.sources, &problems)));
            return;
        }
        Err(_) => {
            for field in fine {
                rendered_as_meant(payload, std::slice::from_ref(field), writing, harmless, failed);
            }
            return;
        }
    };
    let changes: Vec<Change> = fine.iter().map(|field| Change::new(field, payload, writing)).collect();
    let found = deviations(harmless, &tree, &changes).into_iter().chain(unreadable(&tree));
    failed.extend(found.map(|problem| format!("{}: {problem}", short(payload))));
}

fn matrix(writing: Writing) {
    let harmless = harmless();
    let mut failed = Vec::new();
    let (mut count, mut kept) = (0, 0);
    for payload in payloads() {
        if writing == Writing::Doubled && !payload.contains('$') {
            continue;
        }
        let (cases, mut fine) = accepted(&payload, writing, &mut failed);
        count += cases;
        kept += fine.len();
        // Lines for nginx are the user's own and have a test of their own.
        fine.retain(|field| !field.name.starts_with("web.nginx"));
        if !fine.is_empty() {
            rendered_as_meant(&payload, &fine, writing, &harmless, &mut failed);
        }
    }
    println!("{writing:?}: {count} cases, {kept} accepted, {} refused", count - kept);
    assert!(failed.is_empty(), "{} deviations:\n{}", failed.len(), failed.join("\n"));
    assert!(kept > 0 && kept < count);
}

#[test]
fn quoted_payloads_are_refused_there_or_read_back() {
    matrix(Writing::Quoted);
}

#[test]
fn payloads_with_literal_dollars_read_back() {
    matrix(Writing::Doubled);
}
