//! `drift`: which script it starts, and what becomes of its exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Project, Ran};

/// Run with an ssh that says what it was told, and ends as the server's script would.
fn run(project: &Project, code: i32, arguments: &[&str]) -> Ran {
    project.put("programs/ssh", format!("#!/bin/sh\necho \"ssh $*\"\nexit {code}\n"));
    fs::set_permissions(project.path("programs/ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    Ran::of(project.command(arguments).env("PATH", project.path("programs")))
}

#[test]
fn it_starts_the_script_of_the_release_in_force_and_nothing_else() {
    let project = Project::generated();
    let ran = run(&project, 0, &["drift"]).exits(0);
    let script = "sudo /opt/venus/srv/current/deployment/scripts/utils/drift-vps.sh";
    assert_eq!(ran.stdout(), format!("ssh -- deploy@vps.venus.example {script}\n"));
    assert!(run(&project, 0, &["drift", "--format", "json"]).stdout().ends_with("drift-vps.sh --format json\n"));
}

#[test]
fn its_exit_code_tells_drift_from_no_answer() {
    let project = Project::generated();
    run(&project, 1, &["drift"]).exits(1);
    run(&project, 255, &["drift"]).exits(3);
}

#[test]
fn a_tree_of_no_server_is_wrong_usage() {
    let project = Project::generated();
    project.change("vps-infrastructure/scripts/settings.sh", "SERVER_HOST=vps", "SERVER_HOST=-oProxyCommand");
    run(&project, 0, &["drift"]).exits(2);
}
