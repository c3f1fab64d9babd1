//! `estiba check` for people: which rules, what is accepted, and how much is shown at once.

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::Project;

/// One service whose image may be pulled from a stranger.
pub(crate) const PULLED: &str = "services:\n  app:\n    image: app-server:prod\n";

/// As many findings of several kinds as no screen holds.
fn broken() -> Project {
    let mut compose =
        "services:\n  p:\n    image: nginx:1.27\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n".to_owned();
    for at in 0..30 {
        compose.push_str(&format!("  s{at}: {{ image: 'own-{}:1' }}\n", at % 5));
    }
    let gone = (0..20).map(|at| format!("  location /{at} {{ proxy_pass http://gone; }}\n"));
    let nginx = format!("server {{\n  listen 80;\n{}}}\n", gone.collect::<String>());
    Project::empty().with("docker-compose.yml", compose).with("a.conf", nginx)
}

#[test]
fn some_rules_can_be_asked_and_others_left_out() {
    let project = Project::empty().with("docker-compose.yml", PULLED);
    project.run(&["check"]).exits(0).prints("warning[pull-squatting]");
    project.run(&["check", "--ignore", "pull-squatting"]).exits(0).prints("0 errors\n");
    project.run(&["check", "--only", "tls-file-missing,zone-undefined"]).exits(0).prints("0 errors\n");
}

#[test]
fn a_rule_that_does_not_exist_is_wrong_usage() {
    let project = Project::empty().with("docker-compose.yml", PULLED);
    for flag in ["--only", "--ignore"] {
        let ran = project.run(&["check", flag, "pull-sqatting"]).exits(2).prints_nothing();
        ran.complains("there is no rule `pull-sqatting`").complains("did you mean `pull-squatting`?");
    }
}

#[test]
fn what_is_accepted_is_not_said_again() {
    let project = Project::empty().with("tree/docker-compose.yml", PULLED);
    project.run(&["check", "tree", "--write-baseline", "base.toml", "--reason", "ours"]).exits(0).prints("1 accepted");
    project.put("tree/docker-compose.yml", format!("# moved\n{PULLED}"));
    project.run(&["check", "tree", "--baseline", "base.toml"]).exits(0).prints("0 errors; 1 accepted by the baseline");
}

#[test]
fn an_entry_that_accepts_nothing_is_shown_in_its_file() {
    let project = Project::empty().with("tree/docker-compose.yml", PULLED);
    project.run(&["check", "tree", "--write-baseline", "base.toml"]).exits(0);
    project.put("tree/docker-compose.yml", format!("{PULLED}    pull_policy: never\n"));
    let ran = project.run(&["check", "tree", "--baseline", "base.toml"]).exits(0);
    ran.prints("warning[unused-acceptance]").prints("base.toml:9:15");
}

#[test]
fn a_baseline_that_is_none_is_wrong_usage() {
    let project = Project::empty().with("docker-compose.yml", PULLED).with("base.toml", "version = 1\nx = 2\n");
    project.run(&["check", "--baseline", "base.toml"]).exits(2).prints_nothing().complains("base.toml:2:1");
    project.run(&["check", "--baseline", "absent.toml"]).exits(2).prints_nothing().complains("--write-baseline");
}

#[test]
fn many_findings_are_one_screen_with_the_worst_first() {
    let said = broken().run(&["check"]).exits(1).stdout();
    assert!(said.lines().count() <= 40, "{said}");
    assert!(said.starts_with("error[upstream-host-unknown] nginx passes requests to `gone`"), "{said}");
    assert_eq!(said.matches("upstream-host-unknown]").count(), 1, "{said}");
    for word in ["warning[pull-squatting]", "estiba explain upstream-host-unknown", "estiba check --all"] {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

#[test]
fn all_shows_every_finding_in_its_file() {
    let said = broken().run(&["check", "--all"]).exits(1).stdout();
    assert_eq!(said.matches("error[upstream-host-unknown]").count(), 20, "{said}");
}

#[test]
fn a_watch_says_what_changed_and_nothing_else() {
    let project = Project::empty().with("docker-compose.yml", PULLED);
    let output = project.path("said");
    let mut child = project
        .command(&["check", "--watch"])
        .stdout(File::create(&output).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let wait = |word: &str| {
        let began = Instant::now();
        loop {
            let mut said = String::new();
            File::open(&output).unwrap().read_to_string(&mut said).unwrap();
            if said.contains(word) || began.elapsed() > Duration::from_secs(8) {
                break said;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let first = wait("pull-squatting");
    // A comment changes the tree and says nothing new.
    project.put("docker-compose.yml", format!("{PULLED}# a word\n"));
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(wait("verified"), first);
    project.put("docker-compose.yml", format!("{PULLED}    pull_policy: never\n"));
    let last = wait("0 errors\n");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first.contains("1 warning") && last.ends_with("0 errors\n"), "{last}");
}
