//! What we generate is right by our own rules: every tree of the example, in both modes, with both kinds of nginx and in
//! both languages, gives no finding and leaves nothing undecided.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test says what it saw")]

mod support;

use estiba_core::check::check;
use estiba_core::facts::Facts;
use estiba_core::render;
use estiba_core::source::{Sources, Span};
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
    let files = support::described(&text);
    let mut sources = Sources::default();
    let model = support::resolve(&mut sources, &files).unwrap_or_else(|it| panic!("{}", support::shown(&sources, &it)));
    render::render(&mut sources, &model, &files).unwrap_or_else(|it| panic!("{}", support::shown(&sources, &it)))
}

#[test]
fn what_we_generate_has_no_finding_and_nothing_undecided() {
    let mut wrong = Vec::new();
    for mode in ["minimal", "hybrid"] {
        for proxy in ["container", "host"] {
            for language in ["es", "en"] {
                let name = format!("{mode} · {proxy} · {language}");
                let facts = Facts::of(&tree(mode, proxy, language));
                let report = check(&facts);
                let place = |span: Span| {
                    let file = facts.texts.sources.get(span.file);
                    format!("{}:{}", file.name, file.line_column(span.start as usize).0)
                };
                println!("{name}: {} references found", report.tally.found);
                for finding in &report.findings {
                    let place = place(finding.primary.span);
                    wrong.push(format!("{name}: {place}: {}: {}", finding.rule, finding.message));
                }
                for undecided in &report.undecided {
                    let word = facts.texts.sources.slice(undecided.span);
                    wrong.push(format!("{name}: {}: undecided `{word}`: {}", place(undecided.span), undecided.reason));
                }
                if report.tally.not_found > 0 {
                    wrong.push(format!("{name}: {} references lead to nothing", report.tally.not_found));
                }
                if mode == "hybrid" && report.tally.found <= 150 {
                    wrong.push(format!("{name}: only {} references were followed", report.tally.found));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
