use super::{Guide, Place, read};
use crate::source::{Diagnostic, Sources};

const TWO: &str = "# Title\n\n## 1. Install\n\n### 1.1 Send\n\n```sh laptop\n./deploy.sh --run\n```\n\n## 2. Look\n\n```sh server\nsudo /opt/x/srv/current/utils/status.sh\n```\n";

fn guide(text: &str) -> (Sources, Result<Guide, Vec<Diagnostic>>) {
    let mut sources = Sources::default();
    let file = sources.add("GUIDE.md", text);
    let known = ["deploy.sh", "utils/status.sh"];
    let result = read(file, text, "/opt/x", |path| known.contains(&path));
    (sources, result)
}

/// The one problem: its message, and what it points at.
#[track_caller]
fn problem(text: &str) -> (String, String) {
    let (sources, result) = guide(text);
    let problems = result.unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let place = problems[0].primary.as_ref().map(|label| sources.slice(label.span).to_owned());
    (problems[0].message.clone(), place.unwrap_or_default())
}

fn laptop(lines: &str) -> String {
    format!("```sh laptop\n{lines}\n```\n")
}

#[test]
fn each_block_is_read_with_its_place_and_its_headings() {
    let (sources, result) = guide(TWO);
    let guide = result.unwrap();
    assert_eq!(guide.blocks.len(), 2);
    assert_eq!(guide.blocks[0].place, Place::Laptop);
    assert_eq!(guide.blocks[0].headings, ["1. Install", "1.1 Send"]);
    assert_eq!(guide.blocks[0].arguments, ["--run"]);
    assert_eq!(guide.blocks[1].place, Place::Server);
    assert_eq!(guide.blocks[1].headings, ["2. Look"]);
    assert_eq!(guide.blocks[1].script, "utils/status.sh");
    assert_eq!(sources.slice(guide.blocks[1].command.span), "sudo /opt/x/srv/current/utils/status.sh");
}

#[test]
fn a_step_is_the_scripts_name() {
    let (_, result) = guide(TWO);
    assert_eq!(result.unwrap().block("status").map(|block| block.script.as_str()), Some("utils/status.sh"));
}

#[test]
fn the_digest_is_that_of_the_text() {
    let (_, result) = guide(TWO);
    assert_eq!(result.unwrap().sha256, crate::tree::sha256(TWO.as_bytes()));
}

#[test]
fn a_block_of_another_language_is_an_example() {
    let (_, result) = guide(&format!("{TWO}```text\nrm -rf /\n```\n"));
    assert_eq!(result.unwrap().blocks.len(), 2);
}

#[test]
fn a_block_says_where_it_is_run() {
    assert_eq!(problem(&format!("{TWO}```sh\n./deploy.sh\n```\n")).1, "```sh");
}

#[test]
fn a_block_holds_one_line() {
    assert_eq!(problem(&laptop("./deploy.sh\n./deploy.sh --run")).1, "./deploy.sh --run");
}

#[test]
fn a_block_holds_a_line() {
    assert_eq!(problem(&laptop("")).0, "a command block is empty");
}

#[test]
fn a_block_holds_nothing_for_the_shell() {
    let (message, place) = problem(&laptop("./deploy.sh; true"));
    assert_eq!(message, "a command block holds more than a script and its words");
    assert_eq!(place, "./deploy.sh; true");
}

#[test]
fn a_block_runs_a_script_of_the_tree() {
    assert_eq!(problem(&laptop("docker ps")).0, "a command block runs no script of the tree");
    assert_eq!(problem(&laptop("./gone.sh")).0, "a command block runs a script that the tree does not have");
}

#[test]
fn a_fence_is_closed() {
    assert_eq!(problem(&format!("{TWO}```text\n")).0, "a block is never closed");
}

#[test]
fn a_guide_without_a_block_proves_nothing() {
    assert_eq!(problem("# Title\n").0, "GUIDE.md holds no command block");
}
