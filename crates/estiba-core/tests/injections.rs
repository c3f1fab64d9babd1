//! Whatever a description contains, it is refused where it stands, or every rendered file reads back the same values
//! and has the shape of a harmless one. The matrix (fields × payloads) is in `support/injection.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test panics and counts aloud")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use estiba_core::source::Sources;
use estiba_core::syntax::nginx;
use estiba_core::syntax::yaml::{Node, NodeKind, ScalarStyle};
use estiba_core::tree::Tree;
use support::injection::{Change, Field, Writing, description, deviations, fields, files, payloads, short};
use support::{generate, injection, inside, place, resolve, shown, unreadable, yaml};

type Set<'a> = BTreeMap<&'a str, (&'a str, Writing)>;

fn harmless() -> Tree {
    let tree = generate(&files(&description(&Set::new()))).tree();
    assert_eq!(unreadable(&tree), Vec::<String>::new());
    tree
}

/// A payload in every field at once: each problem must be at a field that holds it. Those are taken out until the rest
/// is accepted.
fn accepted(payload: &str, writing: Writing, failed: &mut Vec<String>) -> (usize, Vec<Field>) {
    let mut fine: Vec<Field> = fields();
    // In a comment nothing is quoted; the other two may name what the very payload declares.
    fine.retain(|field| !["comment", "monitoring.webhook", "bind"].contains(&field.name));
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

/// A field with a payload that it accepts.
type Held = (Field, String);

/// Renders fields that hold payloads, all at once; what cannot stand together is rendered one by one.
fn rendered_as_meant(held: &[Held], writing: Writing, harmless: &Tree, failed: &mut Vec<String>) {
    let set: Set<'_> = held.iter().map(|(field, payload)| (field.name, (payload.as_str(), writing))).collect();
    let run = generate(&files(&description(&set)));
    let tree = match run.result {
        Ok(tree) => tree,
        Err(problems) if held.len() == 1 => {
            failed.push(format!("{} = {}: {}", held[0].0.name, short(&held[0].1), shown(&run.sources, &problems)));
            return;
        }
        Err(_) => {
            for one in held {
                rendered_as_meant(std::slice::from_ref(one), writing, harmless, failed);
            }
            return;
        }
    };
    let changes: Vec<Change> = held.iter().map(|(field, payload)| Change::new(field, payload, writing)).collect();
    let names: Vec<String> =
        held.iter().map(|(_, payload)| short(payload)).collect::<BTreeSet<_>>().into_iter().collect();
    failed.extend(
        deviations(harmless, &tree, &changes).into_iter().map(|problem| format!("{}: {problem}", names.join(" "))),
    );
}

/// Every payload in every field is refused or accepted; then rendered, `together` payloads in one tree: with one, every
/// field that accepts it holds it, with more, each field holds one of them in turn.
fn matrix(writing: Writing, together: usize) {
    let harmless = harmless();
    let mut failed = Vec::new();
    let (mut count, mut kept) = (0, 0);
    let payloads: Vec<String> =
        payloads().into_iter().filter(|payload| writing != Writing::Doubled || payload.contains('$')).collect();
    for chunk in payloads.chunks(together) {
        let mut fine: Vec<(&String, Vec<Field>)> = Vec::new();
        for payload in chunk {
            let (cases, fields) = accepted(payload, writing, &mut failed);
            count += cases;
            kept += fields.len();
            fine.push((payload, fields));
        }
        let takes = |field: &Field, at: usize| {
            let (payload, fields) = &fine[at % fine.len()];
            fields.iter().any(|it| it.name == field.name).then(|| (field.clone(), (*payload).clone()))
        };
        // Lines for nginx are the user's own and have a test of their own.
        let held: Vec<Held> = fields()
            .iter()
            .filter(|field| !field.name.starts_with("web.nginx"))
            .enumerate()
            .filter_map(|(turn, field)| (turn..turn + fine.len()).find_map(|at| takes(field, at)))
            .collect();
        if !held.is_empty() {
            rendered_as_meant(&held, writing, &harmless, &mut failed);
        }
    }
    println!("{writing:?}: {count} cases, {kept} accepted, {} refused", count - kept);
    assert!(failed.is_empty(), "{} deviations:\n{}", failed.len(), failed.join("\n"));
    assert!(kept > 0 && kept < count);
}

#[test]
fn quoted_payloads_are_refused_there_or_read_back() {
    matrix(Writing::Quoted, 6);
}

#[test]
#[ignore = "a tree for each payload: a minute"]
fn quoted_payloads_read_back_from_every_field() {
    matrix(Writing::Quoted, 1);
}

#[test]
fn payloads_with_literal_dollars_read_back() {
    matrix(Writing::Doubled, 1);
}

#[test]
fn what_names_something_else_is_refused_there() {
    let mut count = 0;
    for field in fields().into_iter().filter(|field| ["monitoring.webhook", "bind"].contains(&field.name)) {
        for payload in payloads() {
            let text = description(&Set::from([(field.name, (payload.as_str(), Writing::Quoted))]));
            let (sources, problems) = generate(&files(&text)).problems();
            let there = problems.iter().all(|problem| place(&sources, problem) == Some(("estiba.yml", field.line)));
            assert!(there, "{} = {}: {}", field.name, short(&payload), shown(&sources, &problems));
            count += 1;
        }
    }
    println!("references: {count} cases, all refused");
}

/// The tree with one field set, or how often it was refused.
fn alone(field: &Field, payload: &str, writing: Writing) -> Result<(String, Tree), ()> {
    let text = description(&Set::from([(field.name, (payload, writing))]));
    let run = generate(&files(&text));
    match run.result {
        Ok(tree) => Ok((text, tree)),
        Err(problems) => {
            // An unclosed quote or bracket is noticed where the text ends.
            let inside = problems.iter().all(|problem| inside(&run.sources, problem));
            assert!(!problems.is_empty() && inside, "{} = {}: no place", field.name, short(payload));
            Err(())
        }
    }
}

/// Whatever YAML makes of a payload without quotes: it is a scalar and reads back, or it is refused, or it says other
/// things, and then all that is rendered still parses.
#[test]
fn plain_payloads_are_refused_or_read_back() {
    plain(&["env.value", "comment"]);
}

#[test]
#[ignore = "each case is rendered alone: a minute"]
fn plain_payloads_in_every_kind_of_place() {
    plain(&["command.item", "env.name", "label.value", "label.name", "volume.option", "variable.value", "web.host"]);
}

fn plain(names: &[&str]) {
    let harmless = harmless();
    let mut failed = Vec::new();
    let (mut count, mut refused, mut scalars) = (0, 0, 0);
    let benign = yaml(&description(&Set::new())).unwrap();
    for field in fields().into_iter().filter(|field| names.contains(&field.name)) {
        for payload in payloads().iter().filter(|payload| payload.len() < 1_000) {
            count += 1;
            let Ok((text, tree)) = alone(&field, payload, Writing::Plain) else {
                refused += 1;
                continue;
            };
            let mut found = unreadable(&tree);
            let root = yaml(&text).unwrap();
            let mut differing = Vec::new();
            if differing_scalars(&benign, &root, &mut differing) && differing.len() == 1 {
                scalars += 1;
                // A variable that is nothing is empty.
                let nothing = ["~", "null", "Null"].contains(&differing[0].as_str());
                if nothing && field.name == "variable.value" {
                    differing[0].clear();
                }
                let change = Change::new(&field, &differing[0], Writing::Plain);
                found.extend(deviations(&harmless, &tree, &[change]));
            }
            failed.extend(found.into_iter().map(|problem| format!("{} = {}: {problem}", field.name, short(payload))));
        }
    }
    println!("Plain: {count} cases, {refused} refused, {scalars} read back as one value");
    assert!(failed.is_empty(), "{} deviations:\n{}", failed.len(), failed.join("\n"));
    assert!(refused > 0 && scalars > 0);
}

/// The texts of `b` that differ from `a`; false when the shape differs.
fn differing_scalars(a: &Node, b: &Node, out: &mut Vec<String>) -> bool {
    match (&a.kind, &b.kind) {
        (NodeKind::Scalar { text, .. }, NodeKind::Scalar { text: other, .. }) => {
            if text != other {
                out.push(other.clone());
            }
            true
        }
        (NodeKind::List(items), NodeKind::List(others)) if items.len() == others.len() => {
            items.iter().zip(others).all(|(a, b)| differing_scalars(a, b, out))
        }
        (NodeKind::Map(entries), NodeKind::Map(others)) if entries.len() == others.len() => {
            let pairs = entries.iter().zip(others);
            pairs.clone().all(|((a, _), (b, _))| differing_scalars(a, b, out))
                && pairs.clone().all(|((_, a), (_, b))| differing_scalars(a, b, out))
        }
        _ => false,
    }
}

/// The user's own nginx lines are whole directives of their own server block, or they are refused.
#[test]
fn lines_for_nginx_stay_in_their_server() {
    let harmless = harmless();
    let names = |tree: &Tree, file: &str| {
        let text = tree.get(file).unwrap().text().unwrap().to_owned();
        let parsed = nginx::parse(support::source(&text), &text);
        assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
        let outer: Vec<String> = parsed.directives.iter().map(|directive| directive.name.text.clone()).collect();
        let servers = parsed.directives.into_iter().filter_map(|directive| directive.block);
        let inner: Vec<Vec<String>> =
            servers.map(|block| block.directives.iter().map(|it| text[it.span.range()].to_owned()).collect()).collect();
        (outer, inner)
    };
    let mut count = 0;
    let mut accepted = 0;
    for field in fields().into_iter().filter(|field| field.name.starts_with("web.nginx")) {
        for payload in payloads() {
            count += 1;
            let Ok((_, tree)) = alone(&field, &payload, Writing::Quoted) else { continue };
            accepted += 1;
            assert_eq!(unreadable(&tree), Vec::<String>::new());
            for file in ["nginx/conf.d/zweb.example.conf", "nginx/conf.d/other.example.conf"] {
                let (outer, inner) = names(&tree, file);
                let (outer_before, inner_before) = names(&harmless, file);
                assert_eq!(outer, outer_before, "{}", short(&payload));
                for (now, before) in inner.iter().zip(&inner_before) {
                    let ours = |it: &&String| !it.contains("X-Zed") && !it.contains("X-Quoted");
                    let missing: Vec<_> = before.iter().filter(ours).filter(|it| !now.contains(it)).collect();
                    assert!(missing.is_empty(), "{}: {missing:?}", short(&payload));
                }
            }
        }
    }
    println!("nginx lines: {count} cases, {accepted} accepted");
    assert!(accepted > 0 && accepted < count);
}

const FORMATS: [&str; 6] = ["a.yml", "docker-compose.a.yml", "a.json", "a.conf", "a.sh", "a.tsv"];

/// A template of a format that prints these texts of the locale, a line each.
fn printing(format: &str, numbers: &[usize]) -> String {
    let line = |number: &usize| match format {
        "a.json" => format!("[\"p{number}\", <%= t.p{number} %>],\n"),
        "a.conf" => format!("p{number} <%= t.p{number} %>;\n"),
        "a.sh" => format!("P{number}=<%= t.p{number} %>\n"),
        "a.tsv" => format!("p{number}\t<%= t.p{number} %>\tend\n"),
        _ => format!("p{number}: <%= t.p{number} %>\n"),
    };
    let lines: String = numbers.iter().map(line).collect();
    if format == "a.json" { format!("[\n{lines}null]\n") } else { lines }
}

/// The values of a text that `printing` rendered, in order.
fn printed(format: &str, text: &str) -> Vec<String> {
    match format {
        "a.json" => {
            let list: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
            list.iter().filter_map(|pair| Some(pair.get(1)?.as_str()?.to_owned())).collect()
        }
        "a.conf" => {
            let parsed = nginx::parse(support::source(text), text);
            assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
            assert!(parsed.directives.iter().all(|directive| directive.args.len() == 1 && directive.block.is_none()));
            parsed.directives.into_iter().map(|directive| directive.args[0].text.clone()).collect()
        }
        // One whole token of single quotes; `judges_injections` asks bash itself.
        "a.sh" => {
            let tokens = text.strip_suffix("'\n").unwrap().split("'\nP").map(|line| line.split_once("='").unwrap().1);
            let token = |token: &str| {
                assert!(!token.replace("'\\''", "").contains('\''), "a quote ends inside {}", short(token));
                token.replace("'\\''", "'")
            };
            tokens.map(token).collect()
        }
        "a.tsv" => text.lines().map(|line| line.split('\t').nth(1).unwrap().to_owned()).collect(),
        _ => {
            let root = yaml(text).unwrap();
            let value = |(_, node): &(Node, Node)| {
                assert!(matches!(&node.kind, NodeKind::Scalar { style: ScalarStyle::Quoted, .. }));
                node.text().unwrap().to_owned()
            };
            let values = root.map().unwrap().iter().map(value);
            // What Compose's interpolation leaves.
            if format == "a.yml" { values.collect() } else { values.map(|text| text.replace("$$", "$")).collect() }
        }
    }
}

/// What a format has no way to write.
fn cannot_carry(format: &str, text: &str) -> bool {
    let impossible: &[char] = match format {
        "a.conf" => &['\0', '$'],
        "a.tsv" => &['\0', '\t', '\n', '\r'],
        _ => &['\0'],
    };
    text.contains(impossible) || format == "a.conf" && text.len() > 4_000
}

/// Free text of a project's own locale, in a template of each format: one whole token that reads back, or refused.
#[test]
fn every_format_reads_back_what_it_was_given() {
    let payloads = payloads();
    let keys: Vec<String> = (0..payloads.len()).map(|number| format!("p{number}")).collect();
    let texts: Vec<(&str, &str)> =
        keys.iter().zip(&payloads).map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let mut project = files(&description(&Set::new()));
    project.0.insert("templates/locales/en.toml".into(), injection::locale(&texts).into());
    let (mut carried, mut refused) = (0, 0);
    let mut alone = Vec::new();
    for format in FORMATS {
        let (bad, good): (Vec<_>, Vec<_>) =
            (0..payloads.len()).partition(|number| cannot_carry(format, &payloads[*number]));
        alone.extend(bad.iter().map(|number| (format, *number)));
        project.0.insert(format!("templates/extra/{format}.template"), printing(format, &good).into());
        carried += good.len();
    }
    let tree = generate(&project).tree();
    for format in FORMATS {
        let found = printed(format, tree.get(&format!("extra/{format}")).unwrap().text().unwrap());
        let good: Vec<&String> = payloads.iter().filter(|payload| !cannot_carry(format, payload)).collect();
        assert_eq!(found.len(), good.len(), "{format}");
        for (found, payload) in found.iter().zip(good) {
            assert_eq!(short(found), short(payload), "{format}");
            assert_eq!(found, payload, "{format}");
        }
    }
    // All templates at once: each problem is one template's.
    project.0.retain(|path, _| !path.starts_with("templates/extra/"));
    for (format, number) in &alone {
        let path = format!("templates/extra/{number}-{format}.template");
        let name = format.trim_start_matches("docker-compose.");
        let path = if *format == name { path } else { format!("templates/extra/docker-compose.{number}.yml.template") };
        project.0.insert(path, printing(format, &[*number]).into());
        refused += 1;
    }
    let (sources, problems) = generate(&project).problems();
    assert_eq!(problems.len(), alone.len(), "{}", shown(&sources, &problems));
    assert!(problems.iter().all(|problem| inside(&sources, problem)));
    println!("sinks: {} cases, {refused} refused", carried + refused);
}

/// Plain text knows no quotes at all.
#[test]
fn an_unknown_format_takes_words_only() {
    let mut project = files(&description(&Set::new()));
    project.0.insert("templates/extra/a.txt.template".into(), "<%= project %> <%= t.guide.title %>\n".into());
    assert_eq!(generate(&project).problems().1.len(), 1);
}
