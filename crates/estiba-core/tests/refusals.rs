//! What a description is refused for. Each file of `refusals/` is a small description with `# NOT OK: <part of the
//! message>` above the offending line, or behind it; what stands there must be reported, and nothing else. A file
//! without a mark must be accepted. `# === <path>` begins another file of the same project.
//!
//! What no small text can show (size, depth, bytes that are no text) is made by the tests below.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read their fixtures and the clock")]

mod support;

use std::fs;
use std::time::Duration;

use estiba_core::describe::FILE_NAME;
use estiba_core::source::{Diagnostic, MemoryFiles, Sources};
use support::{described, generate, inside, place, processor_time, project, resolve, shown, tests_folder};

const MARK: &str = "# NOT OK: ";
const NEXT_FILE: &str = "# === ";

/// Where something must be reported, and a part of what is said: file, line, part.
type Expected = (String, usize, String);

/// A fixture as a project, and its marks.
fn fixture(text: &str) -> (MemoryFiles, Vec<Expected>) {
    let mut files =
        project(&[("files/init.sql", b"create table t ();\n"), ("files/site/index.html", b"<p>hello</p>\n")]);
    let mut expected = Vec::new();
    let mut name = FILE_NAME.to_owned();
    let mut number = 0;
    let mut waiting: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(next) = line.strip_prefix(NEXT_FILE) {
            name = next.trim().to_owned();
            number = 0;
            continue;
        }
        number += 1;
        files.0.entry(name.clone()).or_default().extend(line.as_bytes());
        match line.split_once(MARK) {
            Some((before, part)) if before.trim().is_empty() => waiting.push(part.trim_end().to_owned()),
            Some((_, part)) => expected.push((name.clone(), number, part.trim_end().to_owned())),
            None => expected.extend(waiting.drain(..).map(|part| (name.clone(), number, part))),
        }
    }
    assert!(waiting.is_empty(), "a mark above no line: {waiting:?}");
    (files, expected)
}

/// What of the marks and of the report has no counterpart, as lines; empty when all have.
fn disagreement(sources: &Sources, problems: &[Diagnostic], expected: &[Expected]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open: Vec<&Expected> = expected.iter().collect();
    for problem in problems {
        let at = place(sources, problem);
        let found = open.iter().position(|(file, line, part)| {
            at == Some((file.as_str(), *line)) && problem.message.contains(part.as_str())
        });
        match found {
            Some(found) => {
                open.remove(found);
            }
            None => lines.push(format!("  reported without a mark: {}", shown(sources, std::slice::from_ref(problem)))),
        }
        if !inside(sources, problem) {
            lines.push(format!("  no place inside a file: {}", problem.message));
        }
        if problem.help.as_ref().is_none_or(|help| help.is_empty()) {
            lines.push(format!("  no help: {}", problem.message));
        }
    }
    lines.extend(open.iter().map(|(file, line, part)| format!("  marked, not reported: {file}:{line}: {part}")));
    lines
}

#[test]
fn every_fixture_is_refused_exactly_where_it_says() {
    let mut failed = Vec::new();
    let mut seen = 0;
    let mut paths: Vec<_> =
        fs::read_dir(tests_folder().join("refusals")).unwrap().map(|it| it.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let (files, expected) = fixture(&fs::read_to_string(&path).unwrap());
        let mut sources = Sources::default();
        let problems = resolve(&mut sources, &files).err().unwrap_or_default();
        let mut lines = disagreement(&sources, &problems, &expected);
        let places: Vec<_> = problems.iter().filter_map(|problem| problem.primary.as_ref()).map(|it| it.span).collect();
        if !places.is_sorted() {
            lines.push("  not in the order of the file".to_owned());
        }
        if !lines.is_empty() {
            failed.push(format!("{}\n{}", path.file_name().unwrap().display(), lines.join("\n")));
        }
        seen += expected.len();
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(seen > 100, "only {seen} marks were read");
}

/// Refuses in less than a second, with one problem that says `part` at `line`.
#[track_caller]
fn refused(files: &MemoryFiles, line: usize, part: &str) {
    let began = processor_time();
    let (sources, problems) = generate(files).problems();
    let took = processor_time() - began;
    let expected = [(FILE_NAME.to_owned(), line, part.to_owned())];
    let lines = disagreement(&sources, &problems, &expected);
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    assert!(took < Duration::from_secs(1), "took {took:?}");
}

const VALID: &str = "project: p
server: { host: vps.example.com }
tls: { email: ops@example.com }
services: { app: { image: 'app:1' } }
";

#[test]
fn the_description_that_these_tests_spoil_is_accepted() {
    assert!(generate(&described(VALID)).tree().len() > 50);
}

#[test]
fn a_hundred_megabytes_are_refused() {
    let text = format!("{VALID}# {}\n", "x".repeat(100 << 20));
    refused(&described(&text), 1, "bytes; the limit is");
}

#[test]
fn deep_lists_are_refused() {
    // Far above the limit the parser is the first to refuse, in its own words.
    for (depth, part) in [(101, "nested more than"), (1_000, ""), (200_000, "")] {
        let text = format!("{VALID}x-deep: {}{}\n", "[".repeat(depth), "]".repeat(depth));
        refused(&described(&text), 5, part);
    }
}

#[test]
fn deep_mappings_are_refused() {
    let mut text = format!("{VALID}x-deep:\n");
    for depth in 1..400 {
        text.push_str(&format!("{}a:\n", " ".repeat(depth)));
    }
    refused(&described(&text), 105, "nested more than");
}

#[test]
fn an_alias_of_itself_is_refused() {
    refused(&described(&format!("{VALID}x-cycle: &a [*a]\n")), 5, "alias");
    refused(&described(&format!("{VALID}x-cycle: &a {{ b: {{ c: *a }} }}\n")), 5, "alias");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("x-0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 10].join(",");
        text.push_str(&format!("x-{level}: &a{level} [{items}]\n"));
    }
    text.push_str(VALID);
    refused(&described(&text), 1, "once aliases are followed");
}

#[test]
fn a_bomb_of_merge_keys_is_refused() {
    let mut text = String::from("x-0: &a0 { k0: v }\n");
    for level in 1..40 {
        let last = level - 1;
        text.push_str(&format!("x-{level}: &a{level} {{ l{level}: *a{last}, r{level}: *a{last} }}\n"));
    }
    text.push_str(VALID);
    refused(&described(&text), 1, "once aliases are followed");
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    for bytes in [&b"\xff"[..], b"\xc3\x28", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80"] {
        let mut text = VALID.as_bytes().to_vec();
        text.extend(b"x-note: ");
        text.extend(bytes);
        text.push(b'\n');
        refused(&project(&[(FILE_NAME, &text)]), 5, "not UTF-8");
    }
}

#[test]
fn a_utf_16_file_is_refused() {
    let mut text = b"\xff\xfe".to_vec();
    text.extend(VALID.encode_utf16().flat_map(u16::to_le_bytes));
    refused(&project(&[(FILE_NAME, &text)]), 1, "not UTF-8");
}

#[test]
fn a_nul_character_is_refused() {
    refused(&described(&format!("{VALID}x-note: \"a\\0b\"\n")), 5, "NUL");
    let (_, problems) = generate(&described(&format!("{VALID}x-note: a\0b\n"))).problems();
    assert!(!problems.is_empty());
}

#[test]
fn a_long_key_is_not_compared_for_seconds() {
    let text = format!("{VALID}{}: 1\n", "services".repeat(100_000));
    let began = processor_time();
    let (_, problems) = generate(&described(&text)).problems();
    assert!((processor_time() - began) < Duration::from_secs(1));
    assert!(problems.iter().all(|problem| problem.message.len() < 1_000), "a message shows the whole key");
}

#[test]
fn ten_thousand_errors_are_reported_at_once() {
    let mut text = format!("{VALID}variables:\n");
    for number in 0..10_000 {
        text.push_str(&format!("  V-{number}: x\n"));
    }
    let began = processor_time();
    let (_, problems) = generate(&described(&text)).problems();
    assert!((processor_time() - began) < Duration::from_secs(1));
    assert_eq!(problems.len(), 10_000);
}

#[test]
fn a_missing_description_says_how_to_begin() {
    let (_, problems) = generate(&MemoryFiles::default()).problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("estiba.yml"), "{}", problems[0].message);
    assert!(problems[0].help.as_ref().unwrap().contains("estiba init"));
}

#[test]
fn an_empty_description_names_every_key_that_it_needs() {
    let run = generate(&described("")).problems();
    assert!(!run.1.is_empty() && run.1.iter().all(|problem| inside(&run.0, problem)), "{}", shown(&run.0, &run.1));
    let (sources, problems) = generate(&described("x-note: 1\n")).problems();
    let said = shown(&sources, &problems);
    for key in ["project", "server", "tls", "services"] {
        assert!(said.contains(&format!("`{key}`")), "{key} is not named:\n{said}");
    }
}

#[test]
fn anchors_inside_anchors_cost_no_seconds() {
    let items = "x,".repeat(20_000);
    let text = format!(
        "{VALID}x-deep: {}[{items}]{}\n",
        (0..90).map(|n| format!("&a{n} [")).collect::<String>(),
        "]".repeat(90)
    );
    let began = processor_time();
    let _ = generate(&described(&text));
    assert!((processor_time() - began) < Duration::from_secs(1), "took {:?}", (processor_time() - began));
}

#[test]
fn services_that_extend_each_other_into_millions_are_refused() {
    let mut text =
        String::from("project: p\nserver: { host: vps.example.com }\ntls: { email: ops@example.com }\nservices:\n");
    text.push_str("  s0:\n    image: a:1\n    environment:\n");
    for number in 0..50_000 {
        text.push_str(&format!("      V{number}: x\n"));
    }
    for number in 1..2_000 {
        text.push_str(&format!("  s{number}: {{ extends: s{} }}\n", (number - 1) % 3));
    }
    let began = processor_time();
    let (sources, problems) = generate(&described(&text)).problems();
    assert!((processor_time() - began) < Duration::from_secs(1), "took {:?}", (processor_time() - began));
    let said = shown(&sources, &problems);
    assert!(said.lines().all(|line| line.contains("by extending others")), "{said}");
}
