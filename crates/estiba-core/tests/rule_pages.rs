//! Every rule's page is executed: its cases under "Fires" give exactly the marked findings, those under "Stays silent"
//! none.
//!
//! A case is a heading of level three and the fenced files below it: an overlay over a base tree. On a fence stand the
//! language, the file's path and attributes: `base=jupiter` (for the case; `tiny` when absent), `mode=0755`, `eol=crlf`,
//! `bom`, `delete`. A line that ends with `# error`, `# warning` or `# related` is marked; the mark stays out of the
//! file, unless the file is read with it as a comment anyway.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::Path;

use estiba_core::check::{RULES, Rule, run};
use estiba_core::facts::Facts;
use estiba_core::source::{Level, MemoryFiles, Sources, TreePath};
use estiba_core::tree::{Tree, TreeFile};
use estiba_core::{model, render};

#[derive(Debug)]
struct Case {
    title: String,
    base: String,
    files: Vec<Overlay>,
}

#[derive(Debug)]
struct Overlay {
    path: String,
    content: Option<Vec<u8>>,
    mode: Option<u32>,
    /// Line (from 1) and what is marked there.
    marks: Vec<(usize, &'static str)>,
}

#[test]
fn every_page_holds() {
    let mut cases = 0;
    let mut failures = Vec::new();
    for rule in RULES {
        for (section, fires) in [("Fires", true), ("Stays silent", false)] {
            let found = parse(rule.page, section);
            assert!(!found.is_empty(), "{}: no case under `{section}`", rule.id);
            for case in found {
                cases += 1;
                if let Err(why) = hold(rule, &case, fires) {
                    failures.push(format!("{} · {} · {}\n{why}", rule.id, section, case.title));
                }
            }
        }
    }
    println!("{cases} cases of {} rules", RULES.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn every_page_has_its_sections() {
    for rule in RULES {
        assert!(rule.page.starts_with(&format!("# {}\n", rule.id)), "{}: the title is the id", rule.id);
        for section in ["What it finds", "Why it matters", "Fires", "Stays silent", "How to fix"] {
            assert!(rule.page.contains(&format!("\n## {section}\n")), "{}: no `{section}`", rule.id);
        }
    }
}

fn hold(rule: &'static Rule, case: &Case, fires: bool) -> Result<(), String> {
    let tree = tree_of(case);
    let facts = Facts::of(&tree);
    let report = run(&facts, [rule]);
    let place = |span| {
        let file = facts.texts.sources.get(span);
        file.name.clone()
    };
    let mut got = BTreeSet::new();
    for finding in &report.findings {
        let level = if finding.level == Level::Error { "error" } else { "warning" };
        let at = |label: &estiba_core::source::Label| {
            let file = facts.texts.sources.get(label.span.file);
            (place(label.span.file), file.line_column(label.span.start as usize).0)
        };
        let (path, line) = at(&finding.primary);
        got.insert((path, line, level));
        for label in &finding.related {
            let (path, line) = at(label);
            got.insert((path, line, "related"));
        }
        if finding.help.is_empty() {
            return Err(format!("no help: {}", finding.message));
        }
    }
    let want: BTreeSet<(String, usize, &str)> = case
        .files
        .iter()
        .flat_map(|file| file.marks.iter().map(|(line, mark)| (file.path.clone(), *line, *mark)))
        .collect();
    if fires && !want.iter().any(|(_, _, mark)| *mark != "related") {
        return Err("a case under `Fires` marks no `# error` and no `# warning`".into());
    }
    // Related places outside the overlay need no mark: the base has no place for one.
    let marked: BTreeSet<&str> = case.files.iter().map(|file| file.path.as_str()).collect();
    got.retain(|(path, _, what)| *what != "related" || marked.contains(path.as_str()));
    if got == want {
        return Ok(());
    }
    let messages: Vec<String> =
        report.findings.iter().map(|finding| format!("  {}: {}", finding.rule, finding.message)).collect();
    Err(format!("expected {want:?}\ngot      {got:?}\n{}", messages.join("\n")))
}

fn tree_of(case: &Case) -> Tree {
    let mut tree = if case.base == "jupiter" { jupiter().clone() } else { base(&case.base) };
    let mut files: Vec<(TreePath, TreeFile)> = tree.iter().map(|(path, file)| (path.clone(), file.clone())).collect();
    for overlay in &case.files {
        let path = TreePath::parse(&overlay.path).unwrap();
        let old = files.iter().position(|(known, _)| *known == path).map(|at| files.remove(at).1);
        if let Some(content) = &overlay.content {
            let mode = overlay.mode.or(old.map(|file| file.mode)).unwrap_or(0o644);
            files.push((path, TreeFile { content: content.clone(), mode, origin: None }));
        }
    }
    tree = Tree::default();
    for (path, file) in files {
        tree.insert(path, file);
    }
    tree
}

fn base(name: &str) -> Tree {
    fn walk(root: &Path, folder: &Path, tree: &mut Tree) {
        for entry in std::fs::read_dir(folder).unwrap_or_else(|_| panic!("no base tree at {}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, tree);
            } else {
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap();
                let content = std::fs::read(&path).unwrap();
                let mode = if content.starts_with(b"#!") { 0o755 } else { 0o644 };
                tree.insert(TreePath::parse(relative).unwrap(), TreeFile { content, mode, origin: None });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bases").join(name);
    let mut tree = Tree::default();
    walk(&root, &root, &mut tree);
    tree
}

fn jupiter() -> &'static Tree {
    static TREE: std::sync::OnceLock<Tree> = std::sync::OnceLock::new();
    TREE.get_or_init(|| {
        let mut files = MemoryFiles::default();
        files.0.insert("estiba.yml".into(), include_bytes!("../../../examples/jupiter/estiba.yml").to_vec());
        let mut sources = Sources::default();
        let path = TreePath::parse("estiba.yml").unwrap();
        let model = model::of_project(&mut sources, &files, &path, "../..").unwrap();
        render::render(&mut sources, &model, &files).unwrap()
    })
}

/// The cases of a section.
fn parse(page: &str, section: &str) -> Vec<Case> {
    let start = page.find(&format!("\n## {section}\n")).map_or(page.len(), |at| at + 1);
    let body = &page[start..];
    let end = body[1..].find("\n## ").map_or(body.len(), |at| at + 1);
    let mut cases = Vec::new();
    let mut lines = body[..end].lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            cases.push(Case { title: title.to_owned(), base: "tiny".to_owned(), files: Vec::new() });
        } else if let Some(info) = line.strip_prefix("```") {
            let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let case = cases.last_mut().expect("a fence stands below a heading of level three");
            fence(case, info, &content);
        }
    }
    cases
}

fn fence(case: &mut Case, info: &str, content: &[&str]) {
    let mut words = info.split_whitespace().skip(1);
    let path = words.next().unwrap_or_else(|| panic!("{}: a fence without a path", case.title)).to_owned();
    let mut overlay = Overlay { path, content: None, mode: None, marks: Vec::new() };
    let (mut eol, mut bom, mut delete) = ("\n", false, false);
    for word in words {
        match word.split_once('=') {
            Some(("base", name)) => case.base = name.to_owned(),
            Some(("mode", bits)) => overlay.mode = Some(u32::from_str_radix(bits, 8).unwrap()),
            Some(("eol", "crlf")) => eol = "\r\n",
            None if word == "bom" => bom = true,
            None if word == "delete" => delete = true,
            _ => panic!("{}: `{word}` is no attribute of a fence", case.title),
        }
    }
    let mut text = if bom { String::from("\u{feff}") } else { String::new() };
    for (number, line) in content.iter().enumerate() {
        let mut line = (*line).to_owned();
        for mark in ["error", "warning", "related"] {
            if let Some(rest) = line.strip_suffix(&format!("# {mark}")) {
                overlay.marks.push((number + 1, mark));
                line = rest.trim_end().to_owned();
                break;
            }
        }
        text.push_str(&line);
        text.push_str(eol);
    }
    overlay.content = (!delete).then(|| text.into_bytes());
    case.files.push(overlay);
}
