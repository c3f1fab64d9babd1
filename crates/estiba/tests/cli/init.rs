use crate::support::Project;

#[test]
fn writes_a_description_named_after_the_folder_and_says_what_is_next() {
    let project = Project::empty();
    let ran = project.run(&["init", "Venus Shop"]).exits(0);
    assert_eq!(ran.stdout(), "Wrote Venus Shop/estiba.yml\n\nNext: edit it, then\n  estiba generate Venus Shop\n");
    assert!(project.text("Venus Shop/estiba.yml").contains("\nproject: venus-shop\n"));
}

#[test]
fn what_it_writes_can_be_generated_as_it_is() {
    let project = Project::empty();
    project.run(&["init", "venus"]).exits(0);
    project.run(&["generate", "venus"]).exits(0).prints("Wrote venus/vps-infrastructure: ");
}

#[test]
fn never_overwrites() {
    let project = Project::empty().with("estiba.yml", "mine");
    let before = project.snapshot();
    project.run(&["init"]).exits(1).complains("`./estiba.yml` exists already and was left as it is");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn never_writes_through_a_link() {
    let project = Project::empty();
    std::os::unix::fs::symlink("elsewhere", project.path("estiba.yml")).unwrap();
    project.run(&["init"]).exits(1).complains("exists already");
    assert!(!project.path("elsewhere").exists());
}

#[test]
fn takes_a_name_that_was_given() {
    let project = Project::empty();
    project.run(&["init", "--project", "mars"]).exits(0);
    assert!(project.text("estiba.yml").contains("\nproject: mars\n"));
}

#[test]
fn refuses_a_name_that_no_project_may_have() {
    let project = Project::empty();
    project.run(&["init", "--project", "Mars!"]).exits(2).complains("`Mars!` is no project name");
    assert!(!project.path("estiba.yml").exists());
}

#[test]
fn says_when_it_cannot_write() {
    let project = Project::empty().with("file", "");
    project.run(&["init", "file/below"]).exits(2).complains("writing `file/below/estiba.yml`");
    project.run(&["init", "file"]).exits(2).complains("`file` is not a folder");
}
