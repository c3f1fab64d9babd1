//! What a rehearsal of a generated tree does, decided without doing it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod support;

use estiba_core::facts::Facts;
use estiba_core::rehearsal::{Act, Does, Expect, Page, Refusal, Rehearsal, Wish, plan};
use estiba_core::tree::Tree;
use support::{described, generate};

const VENUS: &str = "project: venus
language: en
mode: hybrid
server: { host: vps.venus.example, user: deploy, path: /opt/venus, arch: amd64 }
proxy: { runs: container }
tls: { email: ops@venus.example, ca: letsencrypt }
services:
  shop:
    image: venus-shop:prod
    web: { host: venus.example, path: /api, strip: true, port: 8080 }
secrets: { webhook: { format: url } }
monitoring:
  hosts: { grafana: g.venus.example, prometheus: p.venus.example, alertmanager: a.venus.example }
  auth: { user: admin }
  alerts: { webhook: { secret: webhook } }
";

fn tree() -> Tree {
    generate(&described(VENUS)).tree()
}

fn planned(wish: &Wish) -> Result<Rehearsal, Refusal> {
    plan(&Facts::of(&tree()), wish)
}

fn rehearsal(wish: &Wish) -> Rehearsal {
    planned(wish).unwrap()
}

fn ids(acts: &[Act]) -> Vec<&str> {
    acts.iter().map(|act| act.id.as_str()).collect()
}

fn up_to(step: &str) -> Wish {
    Wish { step: Some(step.to_owned()), ..Wish::default() }
}

#[test]
fn it_goes_from_a_bare_server_to_a_bare_server() {
    let acts = rehearsal(&Wish::default()).acts;
    assert_eq!(
        ids(&acts),
        [
            "server-image",
            "bare-server",
            "build-images",
            "deploy-hybrid",
            "pages",
            "ports",
            "second-run",
            "reboot",
            "to-minimal",
            "to-hybrid",
            "backup-vps",
            "status-vps",
            "restore-vps",
            "reset-vps"
        ]
    );
}

#[test]
fn the_second_run_is_every_step_of_the_guide() {
    let acts = rehearsal(&Wish::default()).acts;
    let runs = acts.iter().find_map(|act| match &act.does {
        Does::SecondRun(runs) => Some(runs),
        _ => None,
    });
    let names: Vec<&str> = runs.unwrap().iter().map(|run| run.script.rsplit('/').next().unwrap()).collect();
    assert_eq!(names[..3], ["deploy-hybrid.sh", "setup-vps.sh", "setup-secrets.sh"]);
    assert_eq!(names.len(), 10, "{names:?}");
}

#[test]
fn it_ends_with_the_act_that_was_wished() {
    assert_eq!(ids(&rehearsal(&up_to("ports")).acts).last(), Some(&"ports"));
}

#[test]
fn a_step_of_the_installation_is_reached_step_by_step() {
    let acts = rehearsal(&up_to("load-images")).acts;
    let last = ["deploy-hybrid", "receive-release", "setup-vps", "setup-secrets", "load-images"];
    assert_eq!(ids(&acts)[3..], last);
    let Does::Deploy(run) = &acts[3].does else { panic!("{:?}", acts[3]) };
    assert!(run.arguments.is_empty(), "it only sends: {run:?}");
}

#[test]
fn a_step_that_nobody_knows_gets_the_one_that_was_meant() {
    let Refusal::Wish(message, how) = planned(&up_to("lod-images")).unwrap_err() else { panic!() };
    assert_eq!(message, "a rehearsal has no step `lod-images`");
    assert_eq!(how, "did you mean `load-images`?");
}

#[test]
fn the_other_mode_is_deployed_by_its_own_script() {
    let minimal = rehearsal(&Wish { mode: Some("minimal".to_owned()), ..Wish::default() });
    assert_eq!(minimal.acts[3].id, "deploy-minimal");
    assert!(!ids(&minimal.acts).contains(&"to-minimal"));
    assert!(minimal.images.iter().all(|image| !image.contains("prometheus")), "{:?}", minimal.images);
}

#[test]
fn what_no_act_runs_is_told_with_a_reason() {
    let left = rehearsal(&Wish::default()).left_out;
    let scripts: Vec<&str> = left.iter().filter_map(|left| left.command.rsplit('/').next()).collect();
    assert_eq!(
        scripts,
        [
            "drift-vps.sh",
            "pause-site.sh venus.example",
            "rollback-vps.sh",
            "setup-local-secrets.sh",
            "try-locally.sh",
            "try-locally.sh stop"
        ]
    );
}

#[test]
fn every_place_of_every_host_is_asked() {
    let pages: Vec<String> = rehearsal(&Wish::default())
        .pages
        .iter()
        .map(|page| format!("{page}: {}", page.expect))
        .filter(|page| !page.contains("//a.") && !page.contains("//p."))
        .collect();
    assert_eq!(
        pages,
        [
            "http://venus.example/: a redirect",
            "https://g.venus.example/: 401",
            "https://g.venus.example/api/health: 401",
            "https://g.venus.example/api/health with the login: 200",
            "https://venus.example/api/: no error of the server",
        ]
    );
}

#[test]
fn without_monitors_their_pages_answer_nobody() {
    let pages = rehearsal(&Wish::default()).pages_minimal;
    let admin: Vec<&Page> = pages.iter().filter(|page| page.host != "venus.example").collect();
    assert_eq!(admin.len(), 3);
    assert!(admin.iter().all(|page| page.expect == Expect::Closed), "{admin:?}");
}

#[test]
fn every_name_of_the_tree_leads_to_the_server() {
    let found = rehearsal(&Wish::default());
    let names = ["a.venus.example", "g.venus.example", "p.venus.example", "venus.example", "vps.venus.example"];
    assert_eq!(found.names, names);
    assert_eq!(found.authority, ("acme-v02.api.letsencrypt.org".to_owned(), "/directory".to_owned()));
    assert_eq!(found.urls, ["webhook"]);
    assert_eq!(found.server.name, "vps");
}

#[test]
fn an_answer_is_right_or_it_is_not() {
    assert!(Expect::Alive.holds(Some(404)) && !Expect::Alive.holds(Some(502)) && !Expect::Alive.holds(None));
    assert!(Expect::Status(401).holds(Some(401)) && !Expect::Status(401).holds(Some(200)));
    assert!(Expect::Redirect.holds(Some(301)) && !Expect::Redirect.holds(Some(200)));
    assert!(Expect::Closed.holds(None) && !Expect::Closed.holds(Some(404)));
}

#[test]
fn a_page_is_typed_with_or_without_its_status() {
    let page = Page::parse("https://venus.example/api/health?a=b=200").unwrap();
    assert_eq!((page.path.as_str(), page.expect), ("/api/health?a=b", Expect::Status(200)));
    assert_eq!(Page::parse("https://venus.example/a=b").unwrap().expect, Expect::Alive);
    for wrong in ["http://venus.example/", "https://venus.example", "https:///x", "https://a b/", "https://a/=999"] {
        assert!(Page::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_tree_without_a_guide_is_refused() {
    let tree: Tree = {
        let full = tree();
        let mut without = Tree::default();
        for (path, file) in full.iter().filter(|(path, _)| path.as_str() != "GUIDE.md") {
            without.insert(path.clone(), file.clone());
        }
        without
    };
    let Refusal::Tree(problems) = plan(&Facts::of(&tree), &Wish::default()).unwrap_err() else { panic!() };
    assert_eq!(problems[0].message, "the tree has no GUIDE.md");
}
