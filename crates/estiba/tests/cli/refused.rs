//! Descriptions and usage that are refused.

use crate::support::{Project, SMALL};

#[test]
fn a_refused_description_is_shown_with_its_place_and_writes_nothing() {
    let project = Project::empty().with("estiba.yml", SMALL.replace("language: en", "language: fr"));
    let before = project.snapshot();
    project
        .run(&["generate"])
        .exits(1)
        .prints_nothing()
        .complains("error: `language`: expected `en` or `es`, found `fr`\n --> estiba.yml:2:11\n")
        .complains("2 | language: fr\n  |           ^^")
        .complains("error: 1 error, nothing was written\n");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn a_refused_description_leaves_the_tree_that_stands() {
    let project = Project::generated();
    project.change("estiba.yml", "port: 8080", "port: 70000");
    let before = project.snapshot();
    project.run(&["generate"]).exits(1).complains("estiba.yml:10:");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn all_errors_are_shown_at_once_with_the_nearest_names() {
    let text = SMALL.replace("language: en", "languag: en").replace("image:", "imgae:");
    Project::empty()
        .with("estiba.yml", text)
        .run(&["generate"])
        .exits(1)
        .complains("unknown key `languag`")
        .complains("did you mean `language`?")
        .complains("did you mean `image`?");
}

#[test]
fn a_refusal_in_json_has_a_version_and_the_places() {
    let project = Project::empty().with("estiba.yml", SMALL.replace("language: en", "language: fr"));
    let said = project.run(&["generate", "--format", "json"]).exits(1).json();
    assert_eq!(said["version"], 1);
    let place = &said["errors"][0]["locations"][0];
    assert_eq!(place["path"], "estiba.yml");
    assert_eq!([&place["line"], &place["column"], &place["end_column"]], [2, 11, 13]);
}

#[test]
fn an_error_in_an_own_template_is_shown_in_that_template() {
    Project::small()
        .with("templates/notes.txt.template", "host: <%= server.hots %>\n")
        .run(&["generate"])
        .exits(1)
        .complains("templates/notes.txt.template:1:")
        .complains("did you mean");
}

#[test]
fn a_folder_without_a_description_says_how_to_begin() {
    Project::empty().run(&["generate"]).exits(1).complains("there is no `estiba.yml` here").complains("`estiba init`");
}

#[test]
fn a_project_that_is_not_there_is_named() {
    let project = Project::empty().with("file", "");
    project.run(&["generate", "nowhere"]).exits(2).complains("there is nothing at `nowhere`");
    for path in ["nowhere", "file/below"] {
        for command in [
            &["generate", path][..],
            &["check", path],
            &["plan", path],
            &["templates", "list", path],
            &["templates", "eject", "nginx/nginx.conf", path],
        ] {
            project.run(command).exits(2).prints_nothing().complains(path);
        }
    }
}

#[test]
fn a_link_out_of_the_project_is_not_followed() {
    let project = Project::empty().with("secret", SMALL);
    std::fs::create_dir(project.path("venus")).unwrap();
    std::os::unix::fs::symlink("../secret", project.path("venus/estiba.yml")).unwrap();
    project.run(&["generate", "venus"]).exits(1).complains("a symbolic link leads out of the project");
    assert!(!project.path("venus/vps-infrastructure").exists());
}

#[test]
fn wrong_usage_exits_2() {
    let project = Project::small();
    for arguments in [
        &[][..],
        &["generat"],
        &["generate", "--outt", "x"],
        &["generate", "a", "b"],
        &["generate", "--format", "xml"],
        &["templates"],
        &["templates", "show"],
        &["schema", "x"],
    ] {
        project.run(arguments).exits(2).prints_nothing();
    }
    assert!(!project.path("vps-infrastructure").exists());
}
