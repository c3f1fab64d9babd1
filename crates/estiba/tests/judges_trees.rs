//! Every combination of mode, proxy and language, judged by the programs that will read it.
//!
//! shellcheck needs half a minute for a tree, the others together two seconds. In the eight trees of one project only
//! `scripts/settings.sh` and `scripts/messages.sh` differ, and they assign the same names; this is tested here. So
//! shellcheck reads one tree of each project whole, and of the others these two. `--run-ignored all` reads all whole.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use estiba_testkit::judges::{Settings, alertmanager, assert_accepted, compose, nginx_all, prometheus, shell};
use support::{Project, Snapshot};

const TREE: &str = "vps-infrastructure";

/// The scripts that may differ from tree to tree of a project.
const VARYING: [&str; 2] = ["scripts/messages.sh", "scripts/settings.sh"];

const MONITORING: &str = "monitoring:
  hosts: { grafana: grafana.venus.example, prometheus: prometheus.venus.example, alertmanager: alertmanager.venus.example }
  alerts: { webhook: { secret: alert_webhook } }
";

/// The example: three services, monitoring.
fn jupiter() -> Project {
    of_folder("examples/jupiter")
}

/// The description that holds every form once, with monitoring.
fn venus() -> Project {
    let project = of_folder("crates/estiba-core/tests/golden/venus");
    project.change("estiba.yml", "\nsecrets:\n", "\nsecrets:\n  alert_webhook: { format: url }\n");
    project.put("estiba.yml", format!("{}\n{MONITORING}", project.text("estiba.yml")));
    project
}

/// The description that holds nothing that may be left out.
fn smallest() -> Project {
    of_folder("crates/estiba-core/tests/golden/smallest")
}

fn of_folder(path: &str) -> Project {
    let project = Project::empty();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path), &project.path(""));
    project
}

/// What a person wrote; trees that stand beside it are none of that.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if name == TREE || name == "tree" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The project's tree with these top-level values; what else the description says stays.
#[track_caller]
fn generate(project: &Project, mode: &str, proxy: &str, language: &str) -> PathBuf {
    let ours = |line: &str| ["mode:", "proxy:", "language:"].iter().any(|key| line.starts_with(key));
    let text = project.text("estiba.yml");
    let kept: String = text.lines().filter(|line| !ours(line)).map(|line| format!("{line}\n")).collect();
    let values = format!("mode: {mode}\nproxy: {{ runs: {proxy} }}\nlanguage: {language}\n");
    project.put("estiba.yml", format!("{kept}{values}"));
    project.run(&["generate"]).exits(0);
    let tree = project.path(TREE);
    let settings = Settings::of_tree(&tree).unwrap();
    assert_eq!(format!("{:?}", settings.proxy).to_lowercase(), proxy);
    tree
}

/// Every judge; of the scripts, those that may differ.
#[track_caller]
fn assert_accepted_as_a_variant(tree: &Path) {
    let settings = Settings::of_tree(tree).unwrap();
    let mut verdicts = vec![("docker compose".to_owned(), compose(tree))];
    verdicts.extend(nginx_all(tree, &settings).into_iter().map(|verdict| (verdict.judge, verdict.result)));
    if settings.monitoring {
        verdicts.push(("promtool".into(), prometheus(tree)));
        verdicts.push(("amtool".into(), alertmanager(tree)));
    }
    let varying = tempfile::tempdir().unwrap();
    for path in VARYING {
        let target = varying.path().join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(tree.join(path), target).unwrap();
    }
    verdicts.push(("shellcheck".into(), shell(varying.path())));
    let refused =
        verdicts.into_iter().filter_map(|(judge, result)| Some(format!("{judge} refuses:\n{}", result.err()?)));
    let refused: Vec<String> = refused.collect();
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
}

macro_rules! combinations {
    ($($module:ident: $mode:literal, $proxy:literal, $language:literal;)*) => {
        $(mod $module {
            use super::*;

            #[test]
            fn jupiter_is_accepted() {
                assert_accepted_as_a_variant(&generate(&jupiter(), $mode, $proxy, $language));
            }

            #[test]
            fn venus_is_accepted() {
                assert_accepted_as_a_variant(&generate(&venus(), $mode, $proxy, $language));
            }

            #[test]
            #[ignore = "half a minute of shellcheck for each tree"]
            fn scripts_are_accepted_whole() {
                shell(&generate(&jupiter(), $mode, $proxy, $language)).unwrap();
                shell(&generate(&venus(), $mode, $proxy, $language)).unwrap();
            }
        })*
    };
}

combinations! {
    minimal_container_en: "minimal", "container", "en";
    minimal_container_es: "minimal", "container", "es";
    minimal_host_en: "minimal", "host", "en";
    minimal_host_es: "minimal", "host", "es";
    hybrid_container_en: "hybrid", "container", "en";
    hybrid_container_es: "hybrid", "container", "es";
    hybrid_host_en: "hybrid", "host", "en";
    hybrid_host_es: "hybrid", "host", "es";
}

/// Scripts of a tree: those that are the same everywhere, and the names that the varying ones assign.
fn scripts(tree: &Path) -> (BTreeMap<PathBuf, Vec<u8>>, BTreeSet<String>) {
    let mut fixed = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (path, (_, content)) in Snapshot::of(tree).files() {
        if VARYING.iter().any(|varying| path == Path::new(varying)) {
            let text = String::from_utf8_lossy(content);
            let assigned = text.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.to_owned());
            names.extend(assigned.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')));
        } else if path.extension().is_some_and(|extension| extension == "sh") {
            fixed.insert(path.to_owned(), content.to_owned());
        }
    }
    (fixed, names)
}

#[test]
fn only_settings_and_messages_differ_between_the_combinations() {
    for project in [jupiter(), venus()] {
        let first = scripts(&generate(&project, "hybrid", "container", "es"));
        assert!(first.0.len() > 20 && first.1.contains("PROJECT"), "{:?}", first.1);
        for mode in ["minimal", "hybrid"] {
            for proxy in ["container", "host"] {
                for language in ["en", "es"] {
                    let other = scripts(&generate(&project, mode, proxy, language));
                    let paths = |map: &BTreeMap<PathBuf, Vec<u8>>| map.keys().cloned().collect::<Vec<_>>();
                    assert_eq!(paths(&other.0), paths(&first.0), "{mode} {proxy} {language}");
                    assert!(other == first, "{mode} {proxy} {language}: a script holds a value");
                }
            }
        }
    }
}

#[test]
fn jupiter_whole_is_accepted() {
    assert_accepted(&generate(&jupiter(), "hybrid", "container", "es"));
}

#[test]
fn venus_whole_without_monitoring_is_accepted() {
    let project = of_folder("crates/estiba-core/tests/golden/venus");
    let tree = generate(&project, "minimal", "host", "en");
    assert!(!Settings::of_tree(&tree).unwrap().monitoring && !tree.join("common/monitoring").exists());
    assert_accepted(&tree);
}

#[test]
fn venus_with_monitoring_has_no_other_scripts_than_jupiter() {
    let jupiter = scripts(&generate(&jupiter(), "hybrid", "container", "es"));
    let venus = scripts(&generate(&venus(), "hybrid", "container", "es"));
    assert!(jupiter.0 == venus.0, "a script holds a value");
}

#[test]
fn the_smallest_is_accepted() {
    let project = smallest();
    project.run(&["generate"]).exits(0);
    assert_accepted_as_a_variant(&project.path(TREE));
}

#[test]
fn what_init_writes_is_accepted() {
    let project = Project::empty();
    project.run(&["init", ".", "--project", "mars"]).exits(0);
    project.run(&["generate"]).exits(0);
    assert_accepted_as_a_variant(&project.path(TREE));
}
