//! Where a tree may be written, and whose files stay.

use std::os::unix::fs::symlink;

use crate::support::{ESTIBA, Project, Ran, SMALL};

#[test]
fn a_tree_never_replaces_what_it_is_made_from() {
    let project = Project::empty().with("a/venus/estiba.yml", SMALL).with("a/venus/files/motd", "mine");
    symlink("a/venus", project.path("link")).unwrap();
    let before = project.snapshot();
    for flag in ["--out", "--write-anyway"] {
        for (path, why) in [
            ("a/venus", "is the project's own folder"),
            ("a/venus/nothing/..", "is the project's own folder"),
            ("link", "is the project's own folder"),
            ("a", "contains the project"),
            (".", "contains the project"),
            ("a/venus/files", "lies in the project's `files/`"),
            ("link/templates/new/tree", "lies in the project's `templates/`"),
        ] {
            let message = format!("`{path}` {why}");
            project.run(&["generate", "a/venus", flag, path]).exits(2).prints_nothing().complains(&message);
        }
    }
    assert_eq!(project.snapshot(), before);
}

#[test]
fn a_tree_with_errors_needs_a_folder_of_its_own() {
    let project = Project::small();
    for arguments in [
        &["generate", "--write-anyway", "vps-infrastructure"][..],
        &["generate", "--out", "x", "--write-anyway", "./x"],
        &["generate", "--out", "x", "--write-anyway", "vps-infrastructure"],
    ] {
        project.run(arguments).exits(2).prints_nothing().complains("`--write-anyway` needs another folder");
    }
}

#[test]
fn a_manifest_of_somebody_else_makes_no_file_ours() {
    let sum = "3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff  photo\n";
    let project = Project::small().with("out/photo", "mine").with("out/MANIFEST.sha256", sum);
    let before = project.snapshot();
    project
        .run(&["generate", "--out", "out"])
        .exits(1)
        .complains("`out/MANIFEST.sha256` stands where a generated file goes, and was not generated");
    assert_eq!(project.snapshot(), before);
    project.run(&["generate", "--out", "out", "--overwrite-edited"]).exits(0);
    assert_eq!(project.text("out/photo"), "mine");
}

#[test]
fn a_shell_in_the_old_tree_is_told() {
    let project = Project::generated();
    let help = "help: your shell stands in the old folder: cd .\n";
    let inside = || {
        let mut command = std::process::Command::new(ESTIBA);
        command.args(["generate", "../.."]).current_dir(project.path("vps-infrastructure/nginx"));
        Ran::of(&mut command).exits(0)
    };
    assert!(!inside().stderr().contains(help));
    project.change("estiba.yml", "port: 8080", "port: 8081");
    inside().complains(help);
    project.change("estiba.yml", "port: 8081", "port: 8082");
    assert!(!project.run(&["generate"]).exits(0).stderr().contains(help));
}

#[test]
fn json_names_edited_files_and_what_the_environment_refused() {
    let project = Project::generated().with("file", "");
    project.put("vps-infrastructure/GUIDE.md", "mine");
    let said = project.run(&["generate", "--format", "json"]).exits(1).complains("was edited by hand").json();
    let help = said["errors"][0]["help"].as_str().unwrap();
    assert!(help.contains("--overwrite-edited"), "{help}");
    let expected = serde_json::json!({ "version": 1, "errors": [{
        "level": "error",
        "message": "`./vps-infrastructure/GUIDE.md` was edited by hand since it was generated",
        "help": help,
        "locations": [],
    }] });
    assert_eq!(said, expected);
    let said = project.run(&["generate", "--out", "file/below", "--format", "json"]).exits(3).json();
    assert_eq!(said["errors"][0]["level"], "error");
    let said = project.run(&["templates", "list", "nowhere", "--format", "json"]).exits(2).json();
    assert_eq!(said["errors"][0]["message"], "there is nothing at `nowhere`");
}
