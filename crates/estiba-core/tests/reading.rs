//! Reading trees that nobody generated: no text makes a reader panic, whatever is wrong is shown at a place, and every
//! fact stands where its token stands, after whatever may precede it in a file.

#![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

mod support;

use std::collections::BTreeMap;

use estiba_core::check::{check, check_tree};
use estiba_core::facts::Facts;
use estiba_core::source::{Span, Spanned, TreePath};
use estiba_core::syntax::bash;
use estiba_core::tree::{MANIFEST, Tree, TreeFile};
use proptest::prelude::*;
use proptest::sample::Index;
use support::edits::{Edit, apply, config, edit};

type Files = BTreeMap<String, Vec<u8>>;

/// A project of somebody else: one file of every kind that is read.
fn strange() -> Files {
    support::project_on_disk(&support::tests_folder().join("strange")).0.into_iter().collect()
}

fn jupiter() -> Files {
    let text = include_str!("../../../examples/jupiter/estiba.yml");
    let tree = support::generate(&support::described(text)).tree();
    tree.iter().map(|(path, file)| (path.as_str().to_owned(), file.content.clone())).collect()
}

fn tree(files: &Files) -> Tree {
    let mut tree = Tree::default();
    for (path, content) in files {
        let file = TreeFile { content: content.clone(), mode: 0o644, origin: None };
        tree.insert(TreePath::parse(path).unwrap(), file);
    }
    tree
}

/// Every place that a check shows is inside a text and between two characters.
fn places_are_inside(files: &Files) -> Result<(), TestCaseError> {
    let (facts, report) = check_tree(&tree(files));
    let inside = |span: Span| facts.texts.sources.get(span.file).text.get(span.range()).is_some();
    for finding in &report.findings {
        let spans = std::iter::once(finding.primary.span).chain(finding.related.iter().map(|label| label.span));
        for span in spans {
            prop_assert!(inside(span), "{}: {} at {span:?}", finding.rule, finding.message);
        }
    }
    for undecided in &report.undecided {
        prop_assert!(inside(undecided.span), "{} at {:?}", undecided.reason, undecided.span);
    }
    for broken in &facts.broken {
        let placed = broken.primary.as_ref().is_some_and(|label| inside(label.span));
        prop_assert!(placed, "{} has no place", broken.message);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn an_edited_tree_is_read_and_what_is_wrong_is_at_a_place(
        file in any::<Index>(),
        edits in proptest::collection::vec(edit(), 1..5),
    ) {
        edited(strange(), file, &edits)?;
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn an_edited_tree_of_ours_is_read_and_what_is_wrong_is_at_a_place(
        file in any::<Index>(),
        edits in proptest::collection::vec(edit(), 1..5),
    ) {
        edited(jupiter(), file, &edits)?;
    }
}

fn edited(mut files: Files, file: Index, edits: &[Edit]) -> Result<(), TestCaseError> {
    let at = file.index(files.len());
    let text = files.values_mut().nth(at).unwrap();
    for edit in edits {
        apply(text, edit);
    }
    places_are_inside(&files)
}

// --- places of facts --------------------------------------------------------------------------------------------------

/// What may precede a token, or end its line.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    /// Every line ends with `\r\n`.
    CarriageReturns,
    ByteOrderMark,
    /// A comment of two, three and four bytes a character.
    OtherScripts,
    /// Tabs at the ends of lines.
    Tabs,
}

const BEFORE: [Before; 5] =
    [Before::Nothing, Before::CarriageReturns, Before::ByteOrderMark, Before::OtherScripts, Before::Tabs];

fn put_before(path: &str, text: &str, before: Before) -> String {
    let is_script = text.starts_with("#!");
    // In a table a tab begins a column.
    let has_comments = !path.ends_with(".json") && !path.ends_with(".tsv") && path != MANIFEST;
    match before {
        Before::Nothing => text.to_owned(),
        // To bash a carriage return is a part of the last word.
        Before::CarriageReturns if is_script || path.ends_with(".sh") => text.to_owned(),
        Before::CarriageReturns => text.replace('\n', "\r\n"),
        // The kernel would not find the interpreter.
        Before::ByteOrderMark if is_script || path.ends_with(".sh") => text.to_owned(),
        // What reads these takes the mark for a part of the first word.
        Before::ByteOrderMark if !(path.ends_with(".yml") || path.ends_with(".yaml")) => text.to_owned(),
        Before::ByteOrderMark => format!("\u{feff}{text}"),
        Before::OtherScripts if is_script => text.replacen('\n', "\n# Имя: ñ € 🚢\n", 1),
        Before::OtherScripts if has_comments => format!("# Имя: ñ € 🚢\n{text}"),
        // Of a script a here-document may be a file's content, and a line may go on.
        Before::Tabs if has_comments && !is_script && !path.ends_with(".sh") && !text.contains("\\\n") => text
            .lines()
            .map(|line| if line.ends_with(['|', '>', '-']) { format!("{line}\n") } else { format!("{line}\t\n") })
            .collect(),
        Before::OtherScripts | Before::Tabs => text.to_owned(),
    }
}

/// Facts with the text that they say of themselves.
fn tokens(facts: &Facts) -> Vec<(Span, String)> {
    let mut tokens: Vec<(Span, String)> = Vec::new();
    let mut add = |spanned: &Spanned<String>| tokens.push((spanned.span, spanned.value.clone()));
    for compose in &facts.compose {
        compose.name.iter().for_each(&mut add);
        compose.volumes.iter().for_each(&mut add);
        for network in &compose.networks {
            add(&network.key);
        }
        for secret in &compose.secrets {
            add(&secret.key);
            secret.file.iter().for_each(&mut add);
        }
        for service in &compose.services {
            add(&service.name);
            let values = [&service.image, &service.pull_policy, &service.restart, &service.network_mode];
            values.into_iter().flatten().for_each(&mut add);
            service.depends_on.iter().for_each(&mut add);
            service.networks.iter().flatten().for_each(|network| add(&network.name));
            service.env_files.iter().for_each(|(path, _)| add(path));
            if let Some(build) = &service.build {
                [&build.context, &build.dockerfile, &build.target].into_iter().flatten().for_each(&mut add);
            }
        }
    }
    for monitor in &facts.monitoring {
        monitor.scrapes.iter().chain(&monitor.alertmanagers).for_each(|target| add(&target.address));
        monitor.urls.iter().chain(&monitor.jobs).for_each(&mut add);
        monitor.opens.iter().for_each(|opened| add(&opened.path));
    }
    for config in &facts.nginx {
        for directive in &config.directives {
            for word in std::iter::once(&directive.name).chain(&directive.args) {
                tokens.push((word.span, word.text.clone()));
            }
        }
    }
    for dashboard in &facts.dashboards {
        tokens.extend(dashboard.inputs.iter().map(|(name, span)| (*span, name.clone())));
    }
    for (path, id, text) in
        facts.texts.iter().filter(|(path, _, text)| path.as_str().ends_with(".sh") || text.starts_with("#!"))
    {
        let script = bash::parse(id, text);
        assert!(script.errors.is_empty(), "{path}: {:?}", script.errors);
        script.list.iter().for_each(|and_or| words(and_or, &mut tokens));
    }
    tokens
}

/// The literal words of the commands of a list.
fn words(and_or: &bash::AndOr<'_>, tokens: &mut Vec<(Span, String)>) {
    for command in and_or.first.commands.iter().chain(and_or.rest.iter().flat_map(|(_, pipeline)| &pipeline.commands)) {
        match &command.kind {
            bash::CommandKind::Simple { words, .. } => {
                for word in words {
                    if let bash::Argument::Word(word) = word
                        && let Some(text) = word.bare()
                    {
                        tokens.push((word.span, text.to_owned()));
                    }
                }
            }
            bash::CommandKind::Function(function) => {
                if let bash::CommandKind::Group(list) = &function.body.kind {
                    list.iter().for_each(|and_or| self::words(and_or, tokens));
                }
            }
            _ => {}
        }
    }
}

/// What stands at a place, as the formats unquote it.
fn unquoted(slice: &str) -> &str {
    let quoted = |quote: char| slice.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(slice)
}

/// Facts that are not what stands at their place: how many were looked at, and those that differ.
fn misplaced(facts: &Facts) -> (usize, Vec<String>) {
    let sources = &facts.texts.sources;
    let tokens = tokens(facts);
    let differ = tokens.iter().filter_map(|(span, text)| {
        let slice = sources.slice(*span);
        // Variables are replaced, and what is escaped is read: there the text is another one by right.
        let replaced = slice.contains(['$', '\\', '{']);
        (!replaced && unquoted(slice) != text).then(|| {
            let file = sources.get(span.file);
            format!("{}:{}: {slice:?} is not {text:?}", file.name, file.line_column(span.start as usize).0)
        })
    });
    let mut differ: Vec<String> = differ.collect();
    differ.sort();
    differ.dedup();
    (tokens.len(), differ)
}

#[test]
fn facts_stand_where_their_tokens_stand_whatever_precedes_them() {
    for (name, files) in [("jupiter", jupiter()), ("strange", strange())] {
        let mut found = Vec::new();
        for before in BEFORE {
            let changed: Files = files
                .iter()
                .map(|(path, content)| match std::str::from_utf8(content) {
                    Ok(text) => (path.clone(), put_before(path, text, before).into_bytes()),
                    Err(_) => (path.clone(), content.clone()),
                })
                .collect();
            let facts = Facts::of(&tree(&changed));
            assert!(facts.broken.is_empty(), "{name}, {before:?}: {:?}", facts.broken);
            let (count, differ) = misplaced(&facts);
            assert!(differ.is_empty(), "{name}, {before:?}:\n{}", differ.join("\n"));
            let report = check(&facts);
            let findings: Vec<String> =
                report.findings.iter().map(|it| format!("{}: {}", it.rule, it.message)).collect();
            found.push((count, report.tally.found, findings));
        }
        // The same facts lead to the same places.
        for (before, other) in BEFORE.iter().zip(&found) {
            assert_eq!(other, &found[0], "{name}, {before:?}");
        }
        assert!(found[0].0 > 40, "{name}: {} facts", found[0].0);
    }
}

#[test]
fn a_dashboard_that_is_no_json_is_shown_where_a_grafana_is_given_it() {
    let compose = "services:\n  grafana:\n    image: grafana/grafana:12.4.0\n    volumes:\n      - ./grafana:/etc/grafana/provisioning:ro\n      - ./dashboards:/boards:ro\n";
    let provider = "apiVersion: 1\nproviders:\n  - name: all\n    options:\n      path: /boards\n";
    let board = "{\"panels\": [{\"datasource\": null,}]}\n";
    for (path, expected) in [("dashboards/host.json", 1), ("downloads/host.json", 0)] {
        let files = [("docker-compose.yml", compose), ("grafana/dashboards/all.yml", provider), (path, board)];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let (facts, report) = check_tree(&tree(&Files::from(files)));
        let found: Vec<_> = report.findings.iter().filter(|finding| finding.rule == "unreadable-file").collect();
        assert_eq!(found.len(), expected, "{path}");
        for finding in found {
            assert_eq!(finding.message, "the file is not valid JSON");
            assert_eq!(finding.primary.span.range().start, board.find('}').unwrap());
            assert_eq!(facts.texts.sources.get(finding.primary.span.file).text, board);
        }
    }
}
