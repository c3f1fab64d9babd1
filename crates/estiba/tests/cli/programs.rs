//! `estiba check` for programs: SARIF and annotations; and the files by which others start it.

use std::fs;
use std::path::Path;

use crate::check::PULLED;
use crate::support::{ESTIBA, Project, Ran};

const NGINX: &str = "server {\n  listen 80;\n  location /ñ { proxy_pass http://ap; }\n}\n";
const COMPOSE: &str = "services:\n  proxy:\n    image: nginx:1.27\n    volumes: ['./a b.conf:/etc/nginx/conf.d/a.conf']\n  app:\n    image: ghcr.io/acme/app:1\n";

fn project() -> Project {
    Project::empty().with("infra/docker-compose.yml", COMPOSE).with("infra/a b.conf", NGINX)
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn sarif(arguments: &[&str]) -> serde_json::Value {
    let mut all = vec!["check", "infra", "--format", "sarif"];
    all.extend(arguments);
    project().run(&all).exits(1).json()
}

#[test]
fn sarif_is_valid_by_the_schema_of_oasis() {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    let schema = serde_json::from_str(include_str!("../schemas/sarif-2.1.0.json")).unwrap();
    compiler.add_resource("sarif.json", schema).unwrap();
    let compiled = compiler.compile("sarif.json", &mut schemas).unwrap();
    for arguments in [&[][..], &["--rules-url", "https://rules.example/en"], &["--pedantic"]] {
        let document = sarif(arguments);
        if let Err(error) = schemas.validate(&document, compiled) {
            panic!("{arguments:?}: {error:#}");
        }
    }
}

#[test]
fn sarif_names_files_from_where_the_check_was_started() {
    let result = &sarif(&[])["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "infra/a%20b.conf");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
}

#[test]
fn sarif_counts_columns_in_the_unit_that_it_declares() {
    let run = &sarif(&[])["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
    let line: Vec<char> = NGINX.lines().nth(2).unwrap().chars().collect();
    let column = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap() - 1;
    let words: String = line[column("startColumn")..column("endColumn")].iter().collect();
    assert_eq!(words, "http://ap");
}

#[test]
fn sarif_shows_the_other_end_and_knows_a_finding_again() {
    let result = sarif(&[])["runs"][0]["results"][0].clone();
    let other = &result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(other, "infra/docker-compose.yml");
    assert_eq!(result["partialFingerprints"]["estibaFinding/v1"].as_str().unwrap().len(), 16);
}

#[test]
fn sarif_tells_every_rule_with_its_page() {
    let run = &sarif(&["--rules-url", "https://rules.example/en/"])["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let index = usize::try_from(run["results"][0]["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], "upstream-host-unknown");
    assert_eq!(rules[index]["helpUri"], "https://rules.example/en/upstream-host-unknown.html");
    assert!(rules.iter().all(|rule| rule["help"]["markdown"].as_str().unwrap().starts_with("# ")));
}

#[test]
fn github_gets_an_annotation_for_each_finding() {
    let ran = project().run(&["check", "infra", "--format", "github"]).exits(1);
    ran.prints("::error file=infra/a b.conf,line=3,endLine=3,col=28,endColumn=36,title=upstream-host-unknown::nginx passes requests to `ap`, and no service bears that name%0Adid you mean `app`?");
}

/// The script of the action's last step, as a runner starts it.
fn action(project: &Project, path: &str, arguments: &str) -> Ran {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    let (_, script) = text.rsplit_once("run: |\n").unwrap();
    let script: Vec<&str> = script.lines().map(str::trim_start).collect();
    let bin = project.path("runner/estiba/bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(ESTIBA, bin.join("estiba")).unwrap();
    let mut bash = std::process::Command::new("bash");
    bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &script.join("\n")]);
    bash.current_dir(project.path(".")).env("RUNNER_TEMP", project.path("runner"));
    Ran::of(bash.env("CHECK_PATH", path).env("CHECK_ARGUMENTS", arguments))
}

#[test]
fn the_action_fails_where_the_check_does() {
    action(&project(), "infra", "").exits(1).prints("::error file=infra/a b.conf");
    let clean = Project::empty().with("docker-compose.yml", PULLED);
    action(&clean, ".", "--ignore pull-squatting --strict").exits(0).prints("0 errors");
}

#[test]
fn the_hook_runs_on_what_a_check_reads() {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let entry = text.lines().find_map(|line| line.trim().strip_prefix("entry: estiba ")).unwrap();
    project().run(&[entry, "infra"]).exits(1);
}

#[test]
fn a_shell_completes_commands_and_flags() {
    for shell in ["bash", "zsh", "fish"] {
        Project::empty().run(&["completions", shell]).exits(0).prints("write-baseline");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let project = Project::empty();
    project.run(&["man", "pages"]).exits(0).prints_nothing();
    assert!(project.text("pages/estiba.1").contains(".TH estiba 1"));
    assert!(project.text("pages/estiba-check.1").contains("write\\-baseline"));
}

#[test]
fn the_rules_become_a_site_without_a_dead_link() {
    let project = Project::empty();
    project.run(&["rules", "--html", "site"]).exits(0).prints("site/index.html");
    let mut ids = Vec::new();
    for (folder, language) in [("site", "en"), ("site/es", "es")] {
        let folder = project.path(folder);
        let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let mut names = Vec::new();
        for page in paths {
            let text = fs::read_to_string(&page).unwrap();
            assert!(text.contains(&format!("<html lang=\"{language}\">")), "{}", page.display());
            for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let known = link.starts_with("https://") || folder.join(link).is_file();
                assert!(known, "{}: {link}", page.display());
            }
            names.push(page.file_name().unwrap().to_owned());
        }
        names.sort();
        ids.push(names);
    }
    assert!(ids[0].len() > 50 && ids[0] == ids[1], "{} pages, {} in Spanish", ids[0].len(), ids[1].len());
    assert!(project.text("site/index.html").contains("<a href=\"upstream-host-unknown.html\">"));
}

#[test]
fn the_site_is_in_spanish_too() {
    let project = Project::empty();
    project.run(&["rules", "--html", "site"]).exits(0);
    let index = project.text("site/es/index.html");
    for words in
        ["<h1>Reglas de", ">aviso</span>", "<p>nginx pasa peticiones a un nombre que no lleva ningún servicio.</p>"]
    {
        assert!(index.contains(words), "{words}");
    }
    let page = project.text("site/es/upstream-host-unknown.html");
    for words in [
        "<h2>Qué encuentra</h2>",
        "<h2>Cuándo calla</h2>",
        "<h3 lang=\"en\">A misspelt name</h3>",
        "proxy_pass http://ap:3000; # error",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("<a href=\"../upstream-host-unknown.html\" lang=\"en\""));
    assert!(
        project
            .text("site/upstream-host-unknown.html")
            .contains("<a href=\"es/upstream-host-unknown.html\" lang=\"es\"")
    );
}

#[test]
fn a_rule_is_explained_in_english_and_in_spanish() {
    let project = Project::empty();
    project.run(&["explain", "pull-squatting"]).exits(0).prints("## Why it matters").prints("## Fires");
    let spanish = project.run(&["explain", "pull-squatting", "--language", "es"]).exits(0);
    spanish.prints("# pull-squatting\n").prints("## Por qué importa").prints("## Cuándo señala algo").prints("# error");
    project.run(&["explain", "pull-squatting", "--language", "fr"]).exits(2);
}
