//! What we generate is right by our own rules: every tree of the example, in both modes, with both kinds of nginx and in
//! both languages, and the other golden descriptions, give no finding and leave nothing undecided.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test says what it saw")]

mod support;

use estiba_core::check::check;
use estiba_core::facts::Facts;
use estiba_core::source::Span;
use estiba_core::tree::Tree;

const JUPITER: &str = include_str!("../../../examples/jupiter/estiba.yml");

/// The example with other answers to three questions.
fn tree(mode: &str, proxy: &str, language: &str) -> Tree {
    let mut text = JUPITER.to_owned();
    for (from, to) in [
        ("\nmode: hybrid\n", format!("\nmode: {mode}\n")),
        ("\nproxy: { runs: container }\n", format!("\nproxy: {{ runs: {proxy} }}\n")),
        ("\nlanguage: es\n", format!("\nlanguage: {language}\n")),
    ] {
        assert_eq!(text.matches(from).count(), 1, "the example says {from:?} once");
        text = text.replace(from, &to);
    }
    support::generate(&support::described(&text)).tree()
}

/// Findings, what is undecided, and how many references were followed.
fn checked(name: &str, tree: &Tree) -> (Vec<String>, usize) {
    let facts = Facts::of(tree);
    let report = check(&facts);
    let place = |span: Span| {
        let file = facts.texts.sources.get(span.file);
        format!("{name}: {}:{}", file.name, file.line_column(span.start as usize).0)
    };
    println!("{name}: {} references found", report.tally.found);
    let findings = report.findings.iter().map(|it| format!("{}: {}: {}", place(it.primary.span), it.rule, it.message));
    let undecided = report
        .undecided
        .iter()
        .map(|it| format!("{}: undecided `{}`: {}", place(it.span), facts.texts.sources.slice(it.span), it.reason));
    let mut wrong: Vec<String> = findings.chain(undecided).collect();
    if report.tally.not_found > 0 {
        wrong.push(format!("{name}: {} references lead to nothing", report.tally.not_found));
    }
    (wrong, report.tally.found)
}

#[test]
fn what_we_generate_has_no_finding_and_nothing_undecided() {
    let mut wrong = Vec::new();
    for mode in ["minimal", "hybrid"] {
        for proxy in ["container", "host"] {
            for language in ["es", "en"] {
                let name = format!("{mode} · {proxy} · {language}");
                let (more, found) = checked(&name, &tree(mode, proxy, language));
                wrong.extend(more);
                // Silence proves something only where much was looked at.
                if mode == "hybrid" && found <= 150 {
                    wrong.push(format!("{name}: only {found} references were followed"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_other_golden_trees_are_silent_too() {
    let mut wrong = Vec::new();
    for name in ["venus", "smallest"] {
        let mut files = support::project_on_disk(&support::tests_folder().join("golden").join(name));
        files.0.retain(|path, _| !path.starts_with("tree/"));
        wrong.extend(checked(name, &support::generate(&files).tree()).0);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
