//! Every combination of mode, proxy and language, judged by the programs that will read it.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use estiba_testkit::judges::{Settings, assert_accepted};
use support::Project;

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A project's own files; the tree that stands beside them is none of them.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_name() == "vps-infrastructure" {
            continue;
        } else if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[derive(Clone, Copy)]
struct Combination {
    mode: &'static str,
    proxy: &'static str,
    language: &'static str,
}

impl Combination {
    /// Changes the top-level values of a description; what else it says stays.
    fn apply(self, project: &Project) {
        let text = project.text("estiba.yml");
        let mut seen = 0;
        let lines = text.lines().map(|line| {
            let (key, _) = line.split_once(':').unwrap_or((line, ""));
            let new = match key {
                "mode" => format!("mode: {}", self.mode),
                "language" => format!("language: {}", self.language),
                // One line: an image that is pinned there stays a container's business.
                "proxy" => format!("proxy: {{ runs: {} }}", self.proxy),
                _ => return format!("{line}\n"),
            };
            seen += 1;
            format!("{new}\n")
        });
        let text: String = lines.collect();
        assert_eq!(seen, 3, "mode, proxy and language stand on a line each");
        project.put("estiba.yml", text);
    }
}

#[track_caller]
fn judged(project: &Project, combination: Combination) -> Settings {
    combination.apply(project);
    project.run(&["generate"]).exits(0);
    let tree = project.path("vps-infrastructure");
    assert_accepted(&tree);
    Settings::of_tree(&tree).unwrap()
}

/// A tree with monitoring is judged in both modes, whatever its first one is.
#[track_caller]
fn jupiter(mode: &'static str, proxy: &'static str, language: &'static str) {
    let project = Project::empty();
    copy(&workspace("examples/jupiter"), &project.path(""));
    let settings = judged(&project, Combination { mode, proxy, language });
    assert!(settings.monitoring);
}

/// Without `monitoring:` there is no second mode at all.
#[track_caller]
fn jupiter_without_monitoring(proxy: &'static str, language: &'static str) {
    let project = Project::empty();
    copy(&workspace("examples/jupiter"), &project.path(""));
    let text = project.text("estiba.yml");
    let (before, _) = text.split_once("\nmonitoring:\n").unwrap();
    project.put("estiba.yml", before.replace("  alert_webhook: { format: url }\n", ""));
    let settings = judged(&project, Combination { mode: "minimal", proxy, language });
    assert!(!settings.monitoring && !project.path("vps-infrastructure/common/monitoring").exists());
}

macro_rules! combinations {
    ($($name:ident: $mode:literal, $proxy:literal, $language:literal;)*) => {
        $(#[test] fn $name() { jupiter($mode, $proxy, $language); })*
    };
}

combinations! {
    jupiter_minimal_container_en: "minimal", "container", "en";
    jupiter_minimal_container_es: "minimal", "container", "es";
    jupiter_minimal_host_en: "minimal", "host", "en";
    jupiter_minimal_host_es: "minimal", "host", "es";
    jupiter_hybrid_container_en: "hybrid", "container", "en";
    jupiter_hybrid_container_es: "hybrid", "container", "es";
    jupiter_hybrid_host_en: "hybrid", "host", "en";
    jupiter_hybrid_host_es: "hybrid", "host", "es";
}

#[test]
fn jupiter_without_monitoring_container() {
    jupiter_without_monitoring("container", "es");
}

#[test]
fn jupiter_without_monitoring_host() {
    jupiter_without_monitoring("host", "en");
}

#[test]
fn what_init_writes_is_accepted() {
    let project = Project::empty();
    project.run(&["init", ".", "--project", "venus"]).exits(0);
    project.run(&["generate"]).exits(0);
    assert_accepted(&project.path("vps-infrastructure"));
}
