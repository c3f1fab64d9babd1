//! Three descriptions and their whole trees, byte for byte; `golden/README.md` says what is stored and how to renew it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests read and, when asked, renew their own fixtures")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use estiba_core::render::{self, Templates};
use estiba_core::source::{MemoryFiles, Sources};
use estiba_core::tree::{MANIFEST, Manifest, Tree};
use support::{difference, project_on_disk, resolve, tests_folder, unreadable};

const NAMES: [&str; 3] = ["jupiter", "venus", "smallest"];

fn golden(name: &str) -> PathBuf {
    tests_folder().join("golden").join(name)
}

/// A description with what belongs to it: `estiba.yml`, `files/`, `templates/`.
fn description(name: &str) -> MemoryFiles {
    let example = tests_folder().join("../../../examples").join(name);
    let folder = if example.is_dir() { example } else { golden(name) };
    let mut files = MemoryFiles::default();
    files.0.insert("estiba.yml".into(), fs::read(folder.join("estiba.yml")).unwrap());
    for part in ["files", "templates"].into_iter().filter(|part| folder.join(part).is_dir()) {
        let inner = project_on_disk(&folder.join(part)).0;
        files.0.extend(inner.into_iter().map(|(path, content)| (format!("{part}/{path}"), content)));
    }
    files
}

/// The tree, and those of its files that are stored as they are.
fn render(name: &str) -> (Tree, BTreeMap<String, String>) {
    let files = description(name);
    let mut sources = Sources::default();
    let model = resolve(&mut sources, &files).unwrap_or_else(|it| panic!("{}", support::shown(&sources, &it)));
    let templates = Templates::with_own(&mut sources, &files).unwrap();
    let tree = render::render_with(&model, &templates).unwrap_or_else(|it| panic!("{}", support::shown(&sources, &it)));
    let varies = |template: &str| templates.get(template).is_some_and(|it| it.text.contains("<%"));
    let stored = tree
        .iter()
        .filter(|(path, file)| {
            path.as_str() == MANIFEST || file.origin.as_ref().is_some_and(|origin| varies(&origin.template))
        })
        .map(|(path, file)| (path.as_str().to_owned(), file.text().unwrap().to_owned()))
        .collect();
    (tree, stored)
}

fn bless(folder: &Path, stored: &BTreeMap<String, String>) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    for (path, text) in stored {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn every_golden_tree_is_rendered_byte_for_byte() {
    let mut report = Vec::new();
    for name in NAMES {
        let (_, stored) = render(name);
        let folder = golden(name).join("tree");
        if std::env::var_os("ESTIBA_BLESS").is_some() {
            bless(&folder, &stored);
        }
        assert!(folder.is_dir(), "there is no {}: run with ESTIBA_BLESS=1", folder.display());
        let expected: BTreeMap<String, String> = project_on_disk(&folder)
            .0
            .into_iter()
            .map(|(path, content)| (path, String::from_utf8(content).unwrap()))
            .collect();
        for path in expected.keys().filter(|path| !stored.contains_key(*path)) {
            report.push(format!("{name}: {path} is no longer rendered"));
        }
        for (path, found) in &stored {
            match expected.get(path) {
                None => report.push(format!("{name}: {path} is new")),
                Some(expected) if expected != found && path == MANIFEST => {
                    let (before, now) = (Manifest::parse(expected).0, Manifest::parse(found).0);
                    let moved = before.keys().chain(now.keys()).filter(|path| before.get(*path) != now.get(*path));
                    // Files that are stored as they are have a line of their own above.
                    let scripts: BTreeSet<&str> =
                        moved.map(|it| it.as_str()).filter(|it| !stored.contains_key(*it)).collect();
                    if !scripts.is_empty() {
                        report.push(format!("{name}: other content: {scripts:?}"));
                    }
                }
                Some(expected) if expected != found => {
                    report.push(format!("{name}: {path}, {}", difference(expected, found)));
                }
                Some(_) => {}
            }
        }
    }
    assert!(report.is_empty(), "{}\nIf this is meant: ESTIBA_BLESS=1 renews the golden trees.", report.join("\n"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for name in NAMES {
        assert_eq!(render(name).0, render(name).0, "{name}");
    }
}

#[test]
fn every_rendered_file_of_a_golden_tree_parses() {
    for name in NAMES {
        assert_eq!(unreadable(&render(name).0), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_manifest_vouches_for_every_file_but_itself() {
    for name in NAMES {
        let (tree, stored) = render(name);
        let manifest = Manifest::parse(&stored[MANIFEST]);
        assert_eq!(manifest, Manifest::of(&tree), "{name}");
        assert_eq!(manifest.0.len() + 1, tree.len(), "{name}");
    }
}

#[test]
fn scripts_can_be_run_and_nothing_else_can() {
    for name in NAMES {
        for (path, file) in render(name).0.iter().filter(|(path, _)| !path.is_below("files")) {
            let script = file.content.starts_with(b"#!");
            assert_eq!(file.mode, if script { 0o755 } else { 0o644 }, "{name}: {path}");
        }
    }
}

/// What the description leaves out, the tree must not hold.
#[test]
fn the_smallest_tree_holds_nothing_of_monitoring() {
    let (tree, _) = render("smallest");
    let monitoring: Vec<_> = tree.iter().filter(|(path, _)| path.as_str().starts_with("common/monitoring")).collect();
    assert!(monitoring.is_empty(), "{monitoring:?}");
    assert!(tree.get("common/docker-compose.monitoring.yml").is_none());
    assert!(tree.get("nginx/modes/hybrid.conf").is_none());
}
