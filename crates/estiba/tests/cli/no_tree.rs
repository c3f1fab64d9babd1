//! `check` and `plan` where there is nothing to verify, and where the description is named.

use crate::support::Project;

#[test]
fn a_folder_without_infrastructure_is_no_clean_tree() {
    let project = Project::empty().with("notes/todo.txt", "mine");
    for command in ["check", "plan"] {
        project
            .run(&[command, "notes"])
            .exits(2)
            .prints_nothing()
            .complains("there is no infrastructure tree at `notes`\n")
            .complains("name the folder of a tree");
    }
}

#[test]
fn one_file_of_a_tree_is_enough() {
    let compose = "services: { shop: { image: \"shop:1\" } }\n";
    Project::empty().with("docker-compose.yml", compose).run(&["check"]).prints("verified across 1 file");
    Project::empty().with("run.sh", "true\n").run(&["check"]).exits(0).prints("verified across 1 file");
}

#[test]
fn the_description_names_its_project() {
    let project = Project::generated();
    for command in ["check", "plan"] {
        let by_folder = project.run(&[command, "."]).exits(0).stdout();
        assert_eq!(project.run(&[command, "estiba.yml"]).exits(0).stdout(), by_folder);
    }
    let project = Project::small();
    project.run(&["check", "estiba.yml"]).exits(2).complains("there is no tree at `./vps-infrastructure` yet");
}

#[test]
fn json_says_it_too() {
    let project = Project::empty();
    for command in ["check", "plan"] {
        for path in [".", "nowhere"] {
            let said = project.run(&[command, path, "--format", "json"]).exits(2).json();
            assert_eq!(said["version"], 1);
            assert_eq!(said["errors"][0]["level"], "error");
            assert_eq!(said["errors"][0]["locations"], serde_json::json!([]));
        }
    }
}

#[test]
fn an_nginx_that_nothing_starts_is_not_said_to_be_verified() {
    let project = Project::empty().with("nginx.conf", "events {}\nhttp {}\n");
    project.run(&["check"]).exits(2).prints_nothing().complains("nor an nginx that one starts");
}
