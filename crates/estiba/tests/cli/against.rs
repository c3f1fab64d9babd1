//! `plan --against`: two trees, in words and for programs.

use crate::support::Project;

/// A tree, and the one that a server claims to run.
fn two() -> Project {
    let project = Project::generated();
    let copied = std::process::Command::new("cp")
        .args(["-r", "vps-infrastructure", "server"])
        .current_dir(project.path(""))
        .status()
        .unwrap();
    assert!(copied.success());
    project
}

#[test]
fn nothing_changes_between_a_tree_and_itself() {
    let ran = two().run(&["plan", "--against", "server", "--exit-code"]).exits(0);
    assert_eq!(ran.stdout(), "Nothing changes in mode minimal\n");
}

#[test]
fn a_changed_line_is_named_and_only_then_the_exit_code_says_so() {
    let project = two();
    project.change("estiba.yml", "port: 8080 }", "port: 8080 }\n    environment: { A: b }");
    project.run(&["generate"]).exits(0);
    let ran = project.run(&["plan", "--against", "server"]).exits(0);
    assert!(ran.stdout().contains("venus-shop   recreated beside the present one, 0 s down\n"), "{ran}");
    assert!(ran.stdout().contains("common/docker-compose.prod.yml:"), "{ran}");
    project.run(&["plan", "--against", "server", "--exit-code"]).exits(1);
    let json = project.run(&["plan", "--against", "server", "--format", "json"]);
    assert!(json.stdout().contains("\"action\": \"replaced\""), "{json}");
}

#[test]
fn what_is_compared_with_must_be_a_tree() {
    two().run(&["plan", "--against", "nowhere"]).exits(2);
    two().run(&["plan", "--exit-code"]).exits(2);
    let ran = two().run(&["plan", "--against", "ho st:/opt/venus"]).exits(2);
    assert!(ran.stderr().contains("this names no folder of a server: deploy@ho st:/opt/venus"), "{ran}");
}
