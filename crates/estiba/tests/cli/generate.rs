use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{Project, SMALL};

const TREE: &str = "vps-infrastructure";

#[test]
fn writes_the_tree_and_says_what_is_next() {
    let project = Project::small();
    let ran = project.run(&["generate"]).exits(0);
    let count = project.text("vps-infrastructure/MANIFEST.sha256").lines().count() + 1;
    ran.prints(&format!("Wrote ./vps-infrastructure: {count} files ({count} new)\n"))
        .prints("\n  common  ")
        .prints("\nRead ./vps-infrastructure/GUIDE.md")
        .prints("\n  ./vps-infrastructure/deployment/scripts/utils/build-images.sh\n");
}

#[test]
fn every_path_that_it_names_exists() {
    let project = Project::small();
    let said = project.run(&["generate"]).exits(0).stdout();
    let named: Vec<&str> = said.split_whitespace().filter(|word| word.starts_with("./vps-infrastructure/")).collect();
    assert!(named.len() >= 2, "{said}");
    for path in named {
        let path = path.trim_end_matches(':');
        assert!(project.path(path).is_file(), "{path}");
    }
}

#[test]
fn the_manifest_names_every_file_but_itself() {
    let project = Project::generated();
    let manifest = project.text("vps-infrastructure/MANIFEST.sha256");
    let listed: Vec<&str> = manifest.lines().filter_map(|line| line.split_once("  ")).map(|(_, path)| path).collect();
    let snapshot = crate::support::Snapshot::of(&project.path(TREE));
    let mut present: Vec<&str> = snapshot.files().keys().filter_map(|path| path.to_str()).collect();
    present.retain(|path| *path != "MANIFEST.sha256");
    present.sort_unstable();
    assert_eq!(listed, present);
}

#[test]
fn scripts_can_be_run_and_nothing_else_can() {
    let project = Project::generated();
    let snapshot = crate::support::Snapshot::of(&project.path(TREE));
    let files = snapshot.files();
    assert!(files.values().any(|(mode, _)| mode & 0o777 == 0o755));
    for (path, (mode, content)) in files {
        assert_eq!(mode & 0o777, if content.starts_with(b"#!") { 0o755 } else { 0o644 }, "{}", path.display());
    }
}

#[test]
fn a_program_below_files_stays_one() {
    let project = Project::small().with("files/start", "#!/bin/sh\n").with("files/text", "#!/bin/sh\n");
    let run = |mode: u32| {
        fs::set_permissions(project.path("files/start"), fs::Permissions::from_mode(mode)).unwrap();
        project.run(&["generate"]).exits(0)
    };
    let written = |path: &str| {
        fs::metadata(project.path("vps-infrastructure/files").join(path)).unwrap().permissions().mode() & 0o777
    };
    run(0o755);
    assert_eq!((written("start"), written("text")), (0o755, 0o644));
    run(0o755).prints("nothing written");
    // What a container may run is installed on the server under another digest.
    run(0o644).prints("~ files.tsv").prints("~ files/start");
    assert_eq!(written("start"), 0o644);
}

#[test]
fn a_deleted_guide_comes_back() {
    let project = Project::generated();
    fs::remove_file(project.path("vps-infrastructure/GUIDE.md")).unwrap();
    project.change("estiba.yml", "venus", "pallas");
    project.run(&["generate"]).exits(0).prints("+ GUIDE.md");
}

#[test]
fn a_second_run_writes_nothing() {
    let project = Project::generated();
    let before = project.snapshot();
    project.run(&["generate"]).exits(0).prints("./vps-infrastructure is up to date: ").prints("nothing written");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn the_umask_changes_nothing() {
    let project = Project::small();
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", "umask 077; exec \"$0\" generate", crate::support::ESTIBA]).current_dir(project.path(""));
    crate::support::Ran::of(&mut shell).exits(0);
    let mode = |path: &str| fs::metadata(project.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("vps-infrastructure/GUIDE.md"), 0o644);
    assert_eq!(mode("vps-infrastructure/deployment/scripts/utils/build-images.sh"), 0o755);
}

#[test]
fn lost_permissions_come_back() {
    let project = Project::generated();
    let script = project.path("vps-infrastructure/deployment/scripts/utils/build-images.sh");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o600)).unwrap();
    project.run(&["generate"]).exits(0).prints("~ deployment/scripts/utils/build-images.sh");
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn the_project_may_be_named_by_folder_or_by_file() {
    let by_folder = Project::empty().with("venus/estiba.yml", SMALL);
    by_folder.run(&["generate", "venus"]).exits(0);
    let by_file = Project::empty().with("venus/other.yml", SMALL);
    by_file.run(&["generate", "venus/other.yml"]).exits(0);
    let path = "venus/vps-infrastructure/MANIFEST.sha256";
    assert_eq!(by_folder.text(path), by_file.text(path));
}

#[test]
fn out_names_another_folder() {
    let project = Project::small();
    project.run(&["generate", "--out", "a/b"]).exits(0).prints("Wrote a/b: ");
    assert!(project.path("a/b/GUIDE.md").is_file());
    assert!(!project.path(TREE).exists());
}

#[test]
fn out_through_a_link_writes_behind_the_link() {
    let project = Project::small().with("real/note", "mine");
    symlink("real", project.path("link")).unwrap();
    project.run(&["generate", "--out", "link"]).exits(0);
    assert!(project.path("real/GUIDE.md").is_file());
    assert!(fs::symlink_metadata(project.path("link")).unwrap().is_symlink());
    assert_eq!(project.text("real/note"), "mine");
}

#[test]
fn out_may_be_the_current_folder() {
    let project = Project::empty().with("venus/estiba.yml", SMALL).with("tree/note", "mine");
    let mut command = project.command(&["generate", "../venus", "--out", "."]);
    crate::support::Ran::of(command.current_dir(project.path("tree"))).exits(0);
    assert!(project.path("tree/GUIDE.md").is_file());
    assert_eq!(project.text("tree/note"), "mine");
}

#[test]
fn a_file_at_the_place_of_the_tree_stays() {
    let project = Project::small().with("out", "mine");
    let before = project.snapshot();
    project.run(&["generate", "--out", "out"]).exits(3).complains("writing the tree to `out`");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn a_folder_that_cannot_be_made_is_the_environments_fault() {
    let project = Project::small().with("file", "");
    project.run(&["generate", "--out", "file/below"]).exits(3).complains("`file");
    project.run(&["generate", "--out", "/proc/nothing/tree"]).exits(3).complains("`/proc/nothing`");
}

#[test]
fn diff_shows_and_writes_nothing() {
    let project = Project::generated();
    project.change("estiba.yml", "port: 8080", "port: 8081");
    let before = project.snapshot();
    project
        .run(&["generate", "--diff"])
        .exits(0)
        .prints("--- a/nginx/upstreams/venus-shop.conf\n+++ b/nginx/upstreams/venus-shop.conf\n")
        .prints("\n-server venus-shop:8080 resolve")
        .prints("\n+server venus-shop:8081 resolve");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn diff_of_an_equal_tree_says_so() {
    Project::generated().run(&["generate", "--diff"]).exits(0).prints("No differences\n");
}

#[test]
fn diff_before_the_first_time_shows_everything_as_new_and_makes_no_folder() {
    let project = Project::small();
    project.run(&["generate", "--diff"]).exits(0).prints("+++ b/GUIDE.md\n");
    assert!(!project.path(TREE).exists());
}

#[test]
fn a_changed_description_changes_what_depends_on_it_and_lists_it() {
    let project = Project::generated();
    project.change("estiba.yml", "host: venus.example,", "host: shop.venus.example,");
    project
        .run(&["generate"])
        .exits(0)
        .prints("  + nginx/conf.d/shop.venus.example.conf\n")
        .prints("  - nginx/conf.d/venus.example.conf\n")
        .prints("  ~ MANIFEST.sha256\n");
    assert!(!project.path("vps-infrastructure/nginx/conf.d/venus.example.conf").exists());
    assert!(project.path("vps-infrastructure/nginx/conf.d/shop.venus.example.conf").exists());
}

#[test]
fn what_is_no_longer_generated_goes_with_its_folder() {
    let project = Project::small();
    project.put("files/banner/motd", "hello");
    project.run(&["generate"]).exits(0);
    assert_eq!(project.text("vps-infrastructure/files/banner/motd"), "hello");
    fs::remove_dir_all(project.path("files")).unwrap();
    project.run(&["generate"]).exits(0).prints("  - files/banner/motd\n");
    assert!(!project.path("vps-infrastructure/files").exists());
}

#[test]
fn foreign_files_survive() {
    let project = Project::generated();
    project.put("vps-infrastructure/notes/todo.txt", "mine");
    project.put("vps-infrastructure/nginx/conf.d/mine.txt", "mine");
    symlink("todo.txt", project.path("vps-infrastructure/notes/link")).unwrap();
    project.change("estiba.yml", "port: 8080", "port: 8081");
    project.run(&["generate"]).exits(0);
    assert_eq!(project.text("vps-infrastructure/notes/todo.txt"), "mine");
    assert_eq!(project.text("vps-infrastructure/nginx/conf.d/mine.txt"), "mine");
    assert!(fs::symlink_metadata(project.path("vps-infrastructure/notes/link")).unwrap().is_symlink());
}

#[test]
fn nothing_else_is_left_in_the_project() {
    let project = Project::generated();
    project.change("estiba.yml", "port: 8080", "port: 8081");
    project.run(&["generate"]).exits(0);
    let mut names: Vec<_> = fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["estiba.yml", TREE]);
}

#[test]
fn json_has_a_version_and_every_change() {
    let project = Project::small();
    let first = project.run(&["generate", "--format", "json"]).exits(0).json();
    assert_eq!(first["version"], 1);
    assert_eq!(first["tree"], "./vps-infrastructure");
    let changes = first["changes"].as_array().unwrap();
    assert_eq!(first["files"], changes.len());
    assert!(changes.iter().all(|change| change["change"] == "added"));
    let second = project.run(&["generate", "--format", "json"]).exits(0).json();
    assert_eq!(second["version"], 1);
    assert_eq!(second["changes"], serde_json::json!([]));
}

#[test]
fn json_of_a_diff_has_a_version_and_the_text_of_each_change() {
    let project = Project::generated();
    project.change("estiba.yml", "port: 8080", "port: 8081");
    let said = project.run(&["generate", "--diff", "--format", "json"]).exits(0).json();
    assert_eq!(said["version"], 1);
    let changes = said["changes"].as_array().unwrap();
    let upstream = changes.iter().find(|change| change["path"] == "nginx/upstreams/venus-shop.conf").unwrap();
    assert_eq!(upstream["change"], "changed");
    assert!(upstream["diff"].as_str().unwrap().contains("+server venus-shop:8081 "), "{upstream}");
}

#[test]
fn the_schema_is_the_committed_one() {
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/estiba.schema.json");
    let printed = Project::empty().run(&["schema"]).exits(0).stdout();
    assert_eq!(printed, fs::read_to_string(committed).unwrap(), "renew it: estiba schema > docs/estiba.schema.json");
}
