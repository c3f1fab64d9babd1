use crate::support::Project;

const NGINX: &str = "nginx/nginx.conf";

#[test]
fn list_has_a_line_for_each_template() {
    let ran = Project::empty().run(&["templates", "list"]).exits(0);
    let said = ran.stdout();
    let words = |name: &str| -> Vec<String> {
        let line = said.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_default();
        line.split_whitespace().skip(2).map(str::to_owned).collect()
    };
    assert_eq!(words("nginx/nginx.conf.template"), ["always"]);
    assert_eq!(words("common/docker-compose.monitoring.yml.template"), ["with", "monitoring"]);
    assert_eq!(words("nginx/conf.d/[site].conf.template"), ["once", "per", "host"]);
}

#[test]
fn list_in_json_has_a_version_and_own_templates() {
    let project = Project::empty().with("templates/motd.template", "hello\n");
    let said = project.run(&["templates", "list", ".", "--format", "json"]).exits(0).json();
    assert_eq!(said["version"], 1);
    let own: Vec<_> = said["templates"].as_array().unwrap().iter().filter(|row| row["own"] == true).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["path"], "motd.template");
}

#[test]
fn show_takes_a_path_with_or_without_the_suffix() {
    let project = Project::empty();
    let without = project.run(&["templates", "show", NGINX]).exits(0).stdout();
    let with = project.run(&["templates", "show", "nginx/nginx.conf.template"]).exits(0).stdout();
    assert!(without.contains("http {"), "{without}");
    assert_eq!(with, without);
}

#[test]
fn show_of_an_unknown_path_offers_the_nearest() {
    Project::empty()
        .run(&["templates", "show", "nginx/nginx.cnf"])
        .exits(2)
        .complains("there is no template `nginx/nginx.cnf`")
        .complains("did you mean `nginx/nginx.conf`?");
}

#[test]
fn eject_copies_a_template_that_renders_the_same_tree() {
    let project = Project::generated();
    project
        .run(&["templates", "eject", NGINX])
        .exits(0)
        .prints("Wrote ./templates/nginx/nginx.conf.template\n")
        .prints("estiba generate . --diff");
    project.run(&["generate", "--diff"]).exits(0).prints("No differences");
}

#[test]
fn an_ejected_template_is_what_is_rendered() {
    let project = Project::generated();
    project.run(&["templates", "eject", NGINX]).exits(0);
    project.change("templates/nginx/nginx.conf.template", "http {", "http { # mine");
    project.run(&["generate"]).exits(0).prints("  ~ nginx/nginx.conf\n");
    assert!(project.text("vps-infrastructure/nginx/nginx.conf").contains("http { # mine"));
}

#[test]
fn eject_never_overwrites() {
    let project = Project::small().with("templates/nginx/nginx.conf.template", "mine");
    project.run(&["templates", "eject", NGINX]).exits(1).complains("exists already and was left as it is");
    assert_eq!(project.text("templates/nginx/nginx.conf.template"), "mine");
}

#[test]
fn eject_of_an_unknown_path_writes_nothing() {
    let project = Project::small();
    project.run(&["templates", "eject", "../../etc/passwd"]).exits(2).complains("there is no template");
    assert!(!project.path("templates").exists());
}

#[test]
fn an_own_template_adds_a_file() {
    let project = Project::small().with("templates/notes/motd.template", "Welcome to <%= project %>\n");
    project.run(&["generate"]).exits(0);
    assert_eq!(project.text("vps-infrastructure/notes/motd"), "Welcome to venus\n");
}
