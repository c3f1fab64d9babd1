//! A file of the tree that a person edited.

use std::fs;

use crate::support::Project;

const GUIDE: &str = "vps-infrastructure/GUIDE.md";
const UPSTREAM: &str = "vps-infrastructure/nginx/upstreams/venus-shop.conf";

/// The guide is edited, and the next run has something else to write too.
fn edited() -> Project {
    let project = Project::generated();
    project.put(GUIDE, "mine");
    project.change("estiba.yml", "port: 8080", "port: 8081");
    project
}

#[test]
fn stops_everything_with_its_name_and_the_way_out() {
    let project = edited();
    let before = project.snapshot();
    project
        .run(&["generate"])
        .exits(1)
        .prints_nothing()
        .complains("error: `./vps-infrastructure/GUIDE.md` was edited by hand since it was generated\n")
        .complains("`estiba templates eject PATH`")
        .complains("`--overwrite-edited`");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn every_edited_file_is_named_at_once() {
    let project = edited();
    project.put(UPSTREAM, "mine too");
    project.run(&["generate"]).exits(1).complains("GUIDE.md` was edited").complains("venus-shop.conf` was edited");
}

#[test]
fn is_replaced_when_asked_for() {
    let project = edited();
    project.run(&["generate", "--overwrite-edited"]).exits(0).prints("  ~ GUIDE.md\n");
    assert!(project.text(GUIDE).starts_with('#'));
    assert!(project.text(UPSTREAM).contains(":8081"));
}

#[test]
fn stops_its_own_removal() {
    let project = Project::generated();
    project.put("vps-infrastructure/nginx/conf.d/venus.example.conf", "mine");
    project.change("estiba.yml", "host: venus.example,", "host: shop.venus.example,");
    project.run(&["generate"]).exits(1).complains("conf.d/venus.example.conf` was edited by hand");
    assert_eq!(project.text("vps-infrastructure/nginx/conf.d/venus.example.conf"), "mine");
}

#[test]
fn is_shown_by_diff() {
    edited().run(&["generate", "--diff"]).exits(0).prints("--- a/GUIDE.md\n").prints("\n-mine\n");
}

#[test]
fn that_was_removed_by_hand_comes_back() {
    let project = Project::generated();
    fs::remove_file(project.path(GUIDE)).unwrap();
    project.run(&["generate"]).exits(0).prints("  + GUIDE.md\n");
}

#[test]
fn that_was_never_ours_stands_in_the_way() {
    let project = Project::small().with(GUIDE, "mine");
    project
        .run(&["generate"])
        .exits(1)
        .complains("`./vps-infrastructure/GUIDE.md` stands where a generated file goes, and was not generated");
    assert_eq!(project.text(GUIDE), "mine");
}
