//! `estiba check --fix`: what it shows, what it writes, and what it leaves.

use crate::support::Project;

const COMPOSE: &str = "services:\n  proxy:\n    image: nginx:1.27\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n  app: { image: 'ghcr.io/a/app:1' }\n  own: { image: 'own:1' }\n";
const NGINX: &str = "server {\n  location / { proxy_pass http://ap; }\n}\n";

fn project() -> Project {
    Project::empty().with("infra/docker-compose.yml", COMPOSE).with("infra/a.conf", NGINX)
}

#[test]
fn it_shows_a_diff_and_writes_nothing() {
    let project = project();
    let before = project.snapshot();
    let ran = project.run(&["check", "infra", "--fix"]).exits(0);
    ran.prints("-  location / { proxy_pass http://ap; }\n+  location / { proxy_pass http://app; }\n")
        .prints("1 fix in 1 file, each proven by a check; add --write")
        .prints("1 fix more with --unsafe-fixes");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn it_writes_when_it_is_told_and_a_second_run_changes_nothing() {
    let project = project();
    project.run(&["check", "infra", "--fix", "--write"]).exits(0).prints("Wrote 1 fix in 1 file");
    assert_eq!(project.text("infra/a.conf"), NGINX.replace("ap;", "app;"));
    let before = project.snapshot();
    project.run(&["check", "infra", "--fix", "--write"]).exits(0).prints("Nothing to change");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn what_is_unsafe_is_mended_only_where_that_is_asked() {
    let project = project();
    project.run(&["check", "infra", "--fix", "--write", "--unsafe-fixes"]).exits(0).prints("(unsafe)");
    assert!(project.text("infra/docker-compose.yml").ends_with("own: { image: 'own:1', pull_policy: never }\n"));
}

#[test]
fn what_is_accepted_is_left_alone() {
    let project = project();
    project.run(&["check", "infra", "--write-baseline", "base.toml"]).exits(0);
    project.run(&["check", "infra", "--fix", "--baseline", "base.toml"]).exits(0).prints("Nothing to change");
}

#[test]
fn a_generated_tree_is_changed_by_its_description() {
    Project::generated().run(&["check", "--fix"]).exits(2).prints_nothing().complains("change estiba.yml");
}

#[test]
fn json_says_what_was_mended() {
    let said = project().run(&["check", "infra", "--fix", "--format", "json"]).exits(0).json();
    assert_eq!((&said["version"], &said["written"]), (&1.into(), &false.into()));
    assert_eq!(said["applied"][0]["rule"], "upstream-host-unknown");
    assert_eq!(said["changes"][0]["path"], "a.conf");
}
