use super::{Adopted, From, adopt};
use crate::describe::{FILE_NAME, read};
use crate::source::{MemoryFiles, Sources, TreePath};
use crate::tree::{Tree, TreeFile};

fn described(files: &[(&str, &str)], nginx: Option<&str>) -> Adopted {
    let mut tree = Tree::default();
    for (path, text) in files {
        let file = TreeFile { content: text.as_bytes().to_vec(), mode: 0o644, origin: None };
        tree.insert(TreePath::parse(path).unwrap(), file);
    }
    let compose = TreePath::parse(files[0].0).unwrap();
    let nginx = nginx.map(|path| TreePath::parse(path).unwrap());
    let from = From { tree: &tree, compose: &compose, nginx: nginx.as_ref(), project: "venus" };
    let adopted = adopt(&mut Sources::default(), &from).unwrap();
    // Whatever it says is a description.
    let mut files = MemoryFiles::default();
    files.0.insert(FILE_NAME.into(), adopted.text.clone().into_bytes());
    let (_, problems) = read(&mut Sources::default(), &files, &TreePath::parse(FILE_NAME).unwrap());
    assert_eq!(problems, [], "{}", adopted.text);
    adopted
}

#[test]
fn what_nginx_passes_on_is_web_of_the_services_and_nginx_is_left_out() {
    let compose = "services:\n  proxy:\n    image: nginx:1.27\n    ports: ['80:80']\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n    depends_on: [app]\n  app: { build: ., depends_on: [proxy] }\n";
    let nginx = "upstream u { server app:3000; }\nserver {\n  server_name shop.venus.org;\n  location / { proxy_pass http://u; }\n  location /api/ { proxy_pass http://app:3001/; }\n}\n";
    let adopted = described(&[("docker-compose.yml", compose), ("a.conf", nginx), ("Dockerfile", "FROM x\n")], None);
    assert!(!adopted.text.contains("\n  proxy:"), "{}", adopted.text);
    assert!(adopted.text.contains("- { host: shop.venus.org, path: \"/\", port: 3000 }\n"), "{}", adopted.text);
    assert!(
        adopted.text.contains("- { host: shop.venus.org, path: \"/api\", port: 3001, strip: true }\n"),
        "{}",
        adopted.text
    );
    assert!(adopted.notes.iter().any(|note| note.starts_with("`proxy` is left out")), "{:?}", adopted.notes);
}

#[test]
fn a_folder_of_nginx_that_nothing_mounts_can_be_named() {
    let compose = "services:\n  app: { image: 'acme/app:1', ports: ['127.0.0.1:8080:3000'] }\n";
    let nginx = "server { server_name a.venus.org; location / { proxy_pass http://127.0.0.1:8080; } }\n";
    let adopted = described(&[("docker-compose.yml", compose), ("etc/a.conf", nginx)], Some("etc"));
    assert!(adopted.text.contains("- { host: a.venus.org, path: \"/\", port: 3000 }\n"), "{}", adopted.text);
}

#[test]
fn a_value_that_looks_like_a_secret_is_never_copied() {
    let compose = "services:\n  app:\n    image: acme/app:${TAG}\n    env_file: app.env\n    environment: { DB_PASSWORD: '${DB_PASSWORD}' }\n";
    let env = ("app.env", "API_TOKEN=abc123\nLOG=info\n");
    let adopted = described(&[("docker-compose.yml", compose), env, (".env", "TAG=7\nDB_PASSWORD=hunter2\n")], None);
    for secret in ["abc123", "hunter2"] {
        assert!(!adopted.text.contains(secret), "{}", adopted.text);
    }
    assert!(adopted.text.contains("TAG: \"7\"\n") && adopted.text.contains("LOG: \"info\"\n"), "{}", adopted.text);
    assert!(adopted.text.contains("DB_PASSWORD: \"CHANGE-ME\" # CHANGE: looks like a secret"), "{}", adopted.text);
}

#[test]
fn mounted_files_travel_with_the_tree_and_folders_of_data_become_volumes() {
    let compose = "services:\n  db:\n    image: postgres:17\n    volumes: ['./conf:/etc/x:ro', './data:/var/lib/postgresql/data', '/var/run/docker.sock:/s', 'kept:/k']\nvolumes: { kept: }\n";
    let adopted = described(&[("docker-compose.yml", compose), ("conf/x.conf", "x\n"), ("conf/a b", "x\n")], None);
    assert!(adopted.text.contains("- \"./files/conf:/etc/x:ro\"\n"), "{}", adopted.text);
    assert!(adopted.text.contains("- \"db-data:/var/lib/postgresql/data\"\n"), "{}", adopted.text);
    let copies: Vec<_> = adopted.copies.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(copies, [("conf/x.conf", "files/conf/x.conf")]);
    assert!(adopted.notes.iter().any(|note| note.contains("/var/run/docker.sock")), "{:?}", adopted.notes);
}

#[test]
fn every_key_that_is_not_carried_over_is_said() {
    let compose = "services:\n  app: { image: acme/app, network_mode: host, configs: [c], extends: { service: b }, nonsense: 1, networks: [out] }\nnetworks: { out: { external: true } }\nconfigs: { c: { file: ./c } }\n";
    let adopted = described(&[("docker-compose.yml", compose)], None);
    for word in [
        "`network_mode` of `app`",
        "`configs` of `app`",
        "`extends` of `app`",
        "`nonsense` of `app`",
        "the network `out`",
        "`configs:` at the top",
    ] {
        assert!(adopted.notes.iter().any(|note| note.starts_with(word)), "no {word}: {:?}", adopted.notes);
        assert!(adopted.text.contains(word), "{}", adopted.text);
    }
    assert!(adopted.text.contains("acme/app:latest\" # CHANGE"), "{}", adopted.text);
}

#[test]
fn nobody_waits_for_a_health_that_nothing_tells() {
    let compose = "services:\n  app: { image: 'a:1', depends_on: { db: { condition: service_healthy }, one: { condition: service_healthy } } }\n  db: { image: 'b:1' }\n  one: { image: 'c:1', healthcheck: { test: [CMD, x] } }\n";
    let adopted = described(&[("docker-compose.yml", compose)], None);
    let wanted = "      db:\n        condition: service_started\n      one:\n        condition: service_healthy\n";
    assert!(adopted.text.contains(wanted), "{}", adopted.text);
    assert!(adopted.notes.iter().any(|note| note.starts_with("`app` waited until `db`")), "{:?}", adopted.notes);
}

#[test]
fn paths_of_builds_are_those_of_the_project() {
    let compose =
        "services:\n  app: { build: { context: .., dockerfile: deploy/Dockerfile } }\n  web: { build: ../web }\n";
    let adopted = described(&[("deploy/compose.yml", compose)], None);
    assert!(
        adopted.text.contains("context: \".\"\n") && adopted.text.contains("context: \"./web\"\n"),
        "{}",
        adopted.text
    );
}

#[test]
fn what_is_no_compose_file_is_refused() {
    let mut tree = Tree::default();
    let path = TreePath::parse("x.yml").unwrap();
    tree.insert(path.clone(), TreeFile { content: b"a: 1\n".to_vec(), mode: 0o644, origin: None });
    let from = From { tree: &tree, compose: &path, nginx: None, project: "venus" };
    assert!(adopt(&mut Sources::default(), &from).unwrap_err().message.contains("no Compose file"));
}
