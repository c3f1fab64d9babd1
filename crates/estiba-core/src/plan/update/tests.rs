use super::*;
use crate::source::TreePath;
use crate::tree::TreeFile;

const COMPOSE: &str = "\
name: demo
services:
  demo-app:
    image: app:1
    environment:
      A: one
    command: [run, fast]
    volumes:
      - /opt/demo/srv/files/aaaa/conf:/conf:ro
  demo-database:
    image: postgres:17
    volumes: [data:/var/lib/postgresql/data]
  demo-proxy:
    image: nginx:1.30
    command: [nginx, -c, /srv/estiba/live-nginx/nginx/nginx.conf]
    volumes:
      - /opt/demo/srv:/srv/estiba:ro
volumes:
  data: {}
";
const SETTINGS: &str = "\
SERVER_PATH=/opt/demo
PROXY_RUNS=container
PROXY_SERVICE=demo-proxy
PROXY_CONF=/srv/estiba/live-nginx/nginx/nginx.conf
KEEP_RELEASES=3
HOSTS=(
  demo.example
)
SERVICES=(
  demo-database
  demo-app
)
STOP_FIRST_SERVICES=(
  demo-database
)
declare -A RELEASE_BEFORE=(
)
";
const START: &str = "#!/usr/bin/env bash\n# runs-on: server\n# provides: tree:/opt/demo/srv/live-nginx\n\
docker compose -f \"$TREE/common/docker-compose.prod.yml\" up -d\n";

type Files = BTreeMap<&'static str, String>;

fn files() -> Files {
    [
        ("common/docker-compose.prod.yml", COMPOSE),
        ("scripts/settings.sh", SETTINGS),
        ("scripts/start-services.sh", START),
        ("files.tsv", "aaaa\tfiles/conf/\n"),
        ("files/conf/a.ini", "x=1\ny=1\n"),
        ("nginx/nginx.conf", "events {\n}\nhttp {\n    server_tokens on;\n}\n"),
    ]
    .map(|(path, text)| (path, text.to_owned()))
    .into()
}

fn changed(path: &'static str, from: &str, to: &str) -> Files {
    let mut files = files();
    let text = files.get_mut(path).unwrap();
    assert!(text.contains(from));
    *text = text.replace(from, to);
    files
}

fn tree(files: &Files) -> Tree {
    let mut tree = Tree::default();
    for (path, text) in files {
        let file = TreeFile { content: text.as_bytes().to_vec(), mode: 0o644, origin: None };
        tree.insert(TreePath::parse(path).unwrap(), file);
    }
    tree
}

fn between(after: &Files, images: Option<(&Images, &Images)>, server: &Server) -> Update {
    let (old, new) = (tree(&files()), tree(after));
    let (old_facts, new_facts) = (Facts::of(&old), Facts::of(&new));
    update(
        State { tree: &old, facts: &old_facts, images: images.map(|(old, _)| old) },
        State { tree: &new, facts: &new_facts, images: images.map(|(_, new)| new) },
        "minimal",
        server,
    )
}

fn of(update: &Update, service: &str) -> (Action, Vec<String>) {
    let found = update.services.iter().find(|change| change.service == service).unwrap();
    let said = found.causes.iter().map(|cause| {
        let before = if cause.before { "before " } else { "" };
        let place = cause.place.as_ref().map(|(path, line)| format!("{before}{path}:{line} "));
        format!("{}{}", place.unwrap_or_default(), cause.what)
    });
    (found.action, said.collect())
}

fn said(action: Action, causes: &[&str]) -> (Action, Vec<String>) {
    (action, causes.iter().map(|cause| (*cause).to_owned()).collect())
}

const PROD: &str = "common/docker-compose.prod.yml";

#[test]
fn the_same_tree_changes_nothing() {
    let update = between(&files(), None, &Server::default());
    assert!(!update.changes());
    assert_eq!(update.transfer.tree, 0);
    assert_eq!(update.services.len(), 3);
}

#[test]
fn a_changed_word_names_its_line() {
    let update = between(&changed(PROD, "A: one", "A: two"), None, &Server::default());
    let cause = "common/docker-compose.prod.yml:6 `environment.A` changed";
    assert_eq!(of(&update, "demo-app"), said(Action::Replaced, &[cause]));
    assert_eq!(of(&update, "demo-database"), said(Action::Untouched, &[]));
    assert_eq!(of(&update, "demo-proxy"), said(Action::Reloaded, &["it sends to the next container of demo-app"]));
    assert!(update.services.iter().all(|service| service.downtime == Some(0)));
}

#[test]
fn what_is_gone_is_named_where_it_stood() {
    let update = between(&changed(PROD, "    environment:\n      A: one\n", ""), None, &Server::default());
    let cause = "before common/docker-compose.prod.yml:6 `environment.A` is gone";
    assert_eq!(of(&update, "demo-app"), said(Action::Replaced, &[cause]));
}

#[test]
fn another_order_of_words_is_a_change() {
    let update = between(&changed(PROD, "[run, fast]", "[fast, run]"), None, &Server::default());
    let cause = "common/docker-compose.prod.yml:3 the order of its settings changed";
    assert_eq!(of(&update, "demo-app"), said(Action::Replaced, &[cause]));
}

#[test]
fn what_keeps_data_stops_for_as_long_as_the_last_time() {
    let after = changed(PROD, "postgres:17", "postgres:16");
    let known = Server::parse("demo-database\t7\n", None);
    for (server, downtime) in [(&Server::default(), None), (&known, Some(7))] {
        let update = between(&after, None, server);
        assert_eq!(of(&update, "demo-database").0, Action::Restarted);
        let database = update.services.iter().find(|change| change.service == "demo-database").unwrap();
        assert_eq!(database.downtime, downtime);
        assert_eq!(update.lasting, [Lasting::Data { service: "demo-database".to_owned() }]);
    }
}

#[test]
fn another_image_under_the_same_name_is_told_by_its_digest() {
    let old = Images::parse("demo-app\tapp:1\tsha256:aaaa\ndemo-database\tpostgres:17\tsha256:cccc\n");
    let new = Images::parse("demo-app\tapp:1\tsha256:bbbb\ndemo-database\tpostgres:17\tsha256:cccc\n");
    let update = between(&files(), Some((&old, &new)), &Server::default());
    let cause = "common/docker-compose.prod.yml:4 the image is bbbb instead of aaaa";
    assert_eq!(of(&update, "demo-app"), said(Action::Replaced, &[cause]));
    assert_eq!(of(&update, "demo-database").0, Action::Untouched);
    assert_eq!(update.transfer.images, Some(vec!["sha256:bbbb".to_owned()]));
}

#[test]
fn a_folder_named_by_its_content_names_the_file_in_it() {
    let mut after = changed("files.tsv", "aaaa", "bbbb");
    after.insert("files/conf/a.ini", "x=1\ny=2\n".to_owned());
    after.insert(PROD, COMPOSE.replace("aaaa", "bbbb"));
    let update = between(&after, None, &Server::default());
    assert_eq!(of(&update, "demo-app"), said(Action::Replaced, &["files/conf/a.ini:2 the file changed"]));
}

#[test]
fn a_changed_file_of_nginx_is_a_reload() {
    let update = between(&changed("nginx/nginx.conf", "tokens on", "tokens off"), None, &Server::default());
    assert_eq!(of(&update, "demo-proxy"), said(Action::Reloaded, &["nginx/nginx.conf:4 the file changed"]));
}

#[test]
fn a_file_of_no_service_is_listed_by_itself() {
    let mut after = files();
    after.insert("GUIDE.md", "# Guide\n".to_owned());
    let update = between(&after, None, &Server::default());
    assert_eq!(update.files, ["GUIDE.md"]);
    assert_eq!(of(&update, "demo-proxy"), said(Action::Reloaded, &["it tells which release it serves"]));
}

#[test]
fn services_come_and_go() {
    let update = between(&changed(PROD, "demo-app", "demo-next"), None, &Server::default());
    assert_eq!(of(&update, "demo-next").0, Action::Started);
    let cause = "before common/docker-compose.prod.yml:3 it is described no more";
    assert_eq!(of(&update, "demo-app"), said(Action::Removed, &[cause]));
}

#[test]
fn a_command_before_the_cut_over_cannot_be_undone() {
    let after = changed("scripts/settings.sh", "RELEASE_BEFORE=(\n", "RELEASE_BEFORE=(\n  [demo-app]=migrate\n");
    let command = Lasting::Command { service: "demo-app".to_owned(), command: "migrate".to_owned() };
    assert_eq!(between(&after, None, &Server::default()).lasting, [command]);
}

#[test]
fn the_oldest_releases_that_are_still_there_are_forgotten() {
    let table = "1\ta\tminimal\tt\n2\tb\tminimal\tt\n3\tc\tminimal\tt\n4\td\tminimal\tt\n5\tc\tminimal\tt\n";
    let present = ["a", "c", "d"].map(str::to_owned);
    let server = Server::parse("", Some((table, &present)));
    let update = between(&changed(PROD, "A: one", "A: two"), None, &server);
    assert_eq!(update.forgotten, Some(vec!["a".to_owned()]));
}
