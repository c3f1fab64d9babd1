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

const COMPOSE: &str = "services:
  proxy:
    image: nginx:1.27
    volumes: ['./nginx.conf:/etc/nginx/conf.d/default.conf']
  app:
    build: .
    volumes: ['./settings.json:/etc/app.json:ro']
    environment: { API_TOKEN: '${API_TOKEN}' }
";

/// A project that somebody wrote.
fn existing() -> Project {
    let nginx = "server { server_name venus.org; location / { proxy_pass http://app:3000; } }\n";
    Project::empty()
        .with("venus/docker-compose.yml", COMPOSE)
        .with("venus/nginx.conf", nginx)
        .with("venus/settings.json", "{}")
        .with("venus/Dockerfile", "FROM scratch\n")
        .with("venus/.env", "API_TOKEN=hunter2\n")
}

#[test]
fn a_project_that_exists_is_described_and_can_be_generated() {
    let project = existing();
    let ran = project.run(&["init", "--from", "venus/docker-compose.yml", "venus"]).exits(0);
    ran.prints("Wrote venus/estiba.yml: 1 services of docker-compose.yml; copied 1 mounted files to venus/files\n")
        .prints("  - `API_TOKEN` looks like a secret: its value was not copied");
    assert_eq!(project.text("venus/files/settings.json"), "{}");
    assert!(!project.text("venus/estiba.yml").contains("hunter2"));
    project.run(&["generate", "venus"]).exits(0).prints("Wrote venus/vps-infrastructure: ");
}

#[test]
fn a_description_that_exists_stays_also_beside_a_compose_file() {
    let project = existing().with("venus/estiba.yml", "mine");
    let before = project.snapshot();
    project.run(&["init", "--from", "venus/docker-compose.yml", "venus"]).exits(1).complains("exists already");
    assert_eq!(project.snapshot(), before);
}

#[test]
fn a_compose_file_of_elsewhere_is_wrong_usage() {
    let project = existing();
    project.run(&["init", "--from", "venus/docker-compose.yml", "mars"]).exits(2).complains("is not in");
    project.run(&["init", "--from", "venus/absent.yml", "venus"]).exits(2).complains("is not in");
}
