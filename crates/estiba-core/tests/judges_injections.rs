//! The payloads of `support/injection.rs`, read by the programs that will read them: bash, Compose, nginx. Few
//! runs, many payloads in each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test panics and counts aloud")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the judges are outside programs")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use estiba_core::source::Sources;
use estiba_core::tree::Tree;
use estiba_testkit::judges::{Settings, alertmanager, nginx_all, prometheus};
use support::injection::{CANARY, Writing, description, files, locale, payloads, short, toml_string};
use support::{generate, resolve, tests_folder};
use tempfile::TempDir;

fn write(tree: &Tree, folder: &Path) {
    for (path, file) in tree.iter() {
        let path = folder.join(path.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.content).unwrap();
    }
}

/// What a bash script prints, run in `folder` with nothing of our environment; it must succeed and say nothing else.
#[track_caller]
fn bash(folder: &Path, script: &str, args: &[&Path]) -> Vec<String> {
    let mut command = Command::new("bash");
    command.args(["--norc", "-euo", "pipefail", "-c", script, "test"]).args(args).current_dir(folder);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    let output = command.output().expect("bash");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{}: {said}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// No payload was run, wherever that would have been.
fn assert_no_canary(folder: &Path) {
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        assert_ne!(next.file_name().and_then(|name| name.to_str()), Some(CANARY), "a payload was run");
        if next.is_dir() {
            waiting.extend(fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
}

/// Keys and values of `TEXT`, in no order.
const PRINT_TEXTS: &str = r#"source "$1"; for key in "${!TEXT[@]}"; do printf '%s\0%s\0' "$key" "${TEXT[$key]}"; done"#;

fn pairs(printed: &[String]) -> BTreeMap<String, String> {
    printed.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

#[test]
fn bash_reads_back_every_payload_of_a_locale() {
    let folder = TempDir::new().unwrap();
    let payloads: Vec<String> = payloads().into_iter().filter(|payload| !payload.contains('\0')).collect();
    let lines: String =
        payloads.iter().enumerate().map(|(at, text)| format!("payload_{at} = {}\n", toml_string(text))).collect();
    let own = locale(&[]).replace("[scripts]\n", &format!("[scripts]\n{lines}"));
    let mut project = files(&description(&BTreeMap::new()));
    project.0.insert("templates/locales/en.toml".into(), own.into());
    write(&generate(&project).tree(), folder.path());
    let found = pairs(&bash(folder.path(), PRINT_TEXTS, &[&folder.path().join("scripts/messages.sh")]));
    for (at, payload) in payloads.iter().enumerate() {
        assert_eq!(found.get(&format!("payload_{at}")).map(|it| short(it)), Some(short(payload)));
        assert_eq!(found.get(&format!("payload_{at}")), Some(payload));
    }
    assert_no_canary(folder.path());
    println!("bash, texts: {} payloads", payloads.len());
}

#[test]
fn bash_says_every_text_of_both_languages() {
    let mut count = 0;
    for language in ["en", "es"] {
        let folder = TempDir::new().unwrap();
        let set = BTreeMap::from([("language", (language, Writing::Plain))]);
        write(&generate(&files(&description(&set))).tree(), folder.path());
        let messages = folder.path().join("scripts/messages.sh");
        let path = tests_folder().join(format!("../templates/locales/{language}.toml"));
        let table: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        let texts: BTreeMap<String, String> = ["scripts", "operations"]
            .iter()
            .flat_map(|name| table[*name].as_table().unwrap())
            .map(|(key, text)| (key.clone(), text.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(pairs(&bash(folder.path(), PRINT_TEXTS, &[&messages])), texts, "{language}");

        // As `text` of report.sh does, with as many values as the sentence has places.
        let script = r#"source "$1"; shift
            for key in "${!TEXT[@]}"; do
                places="${TEXT[$key]//[^%]/}"; printf '%s\0' "$key"
                if [[ -n "$places" ]]; then printf "${TEXT[$key]}" "${@:1:$(grep -o '%s' <<<"${TEXT[$key]}" | wc -l)}"
                else printf "${TEXT[$key]}"; fi
                printf '\0'
            done"#;
        let values = ["a'b", "$(touch ESTIBA_CANARY)", "%s", "-n", "\\n", "six", "seven", "eight", "nine"];
        let args: Vec<&Path> = std::iter::once(messages.as_path()).chain(values.iter().map(Path::new)).collect();
        let said = pairs(&bash(folder.path(), script, &args));
        for (key, text) in &texts {
            let mut expected = String::new();
            let mut rest = text.as_str();
            let mut next = values.iter();
            while let Some((before, after)) = rest.split_once("%s") {
                expected.push_str(before);
                expected.push_str(next.next().unwrap());
                rest = after;
            }
            expected.push_str(rest);
            let expected = expected.replace("%%", "%");
            // printf reads `\n` in a format.
            assert_eq!(said[key], expected, "{language}: {key}");
            count += 1;
        }
        assert_no_canary(folder.path());
    }
    println!("bash, sentences: {count}");
}

/// A tree for each payload: every field that accepts it holds it.
fn trees_that_hold_payloads() -> Vec<Tree> {
    let hold = |payload: &String| {
        let mut fine: Vec<&str> = support::injection::fields().iter().map(|field| field.name).collect();
        fine.retain(|name| !["comment", "bind", "monitoring.webhook"].contains(name));
        loop {
            let set = fine.iter().map(|name| (*name, (payload.as_str(), Writing::Quoted))).collect();
            let project = files(&description(&set));
            let mut sources = Sources::default();
            match resolve(&mut sources, &project) {
                Ok(_) => break generate(&project).tree(),
                Err(problems) => {
                    let lines: Vec<usize> =
                        problems.iter().filter_map(|it| support::place(&sources, it)).map(|(_, line)| line).collect();
                    let all = support::injection::fields();
                    fine.retain(|name| !all.iter().any(|it| it.name == *name && lines.contains(&it.line)));
                }
            }
        }
    };
    payloads().iter().filter(|payload| payload.len() < 1_000).map(hold).collect()
}

#[test]
fn bash_sources_the_settings_of_every_accepted_description() {
    let folder = TempDir::new().unwrap();
    let trees = trees_that_hold_payloads();
    for (at, tree) in trees.iter().enumerate() {
        let text = &tree.get("scripts/settings.sh").unwrap().content;
        fs::write(folder.path().join(format!("{at}.settings")), text).unwrap();
    }
    let script = r#"for file in "$1"/*.settings; do
        (source "$file"; printf '%s %s\0' "$DEFAULT_MODE" "${#SERVICES[@]}")
    done"#;
    let printed = bash(folder.path(), script, &[folder.path()]);
    assert_eq!(printed, vec!["hybrid 3".to_owned(); trees.len()]);
    assert_no_canary(folder.path());
    println!("bash, settings: {} descriptions", trees.len());
}

/// What Prometheus and Alertmanager read is theirs whatever the description holds; trees that differ in nothing of it are
/// asked about once.
#[test]
fn promtool_and_amtool_accept_every_accepted_description() {
    let mut judged = BTreeMap::new();
    let trees = trees_that_hold_payloads();
    for tree in &trees {
        let theirs: Vec<_> = tree
            .iter()
            .filter(|(path, _)| path.as_str().starts_with("common/monitoring/"))
            .map(|(path, file)| (path.as_str(), file.content.clone()))
            .collect();
        judged.entry(theirs).or_insert(tree);
    }
    for tree in judged.values() {
        let folder = TempDir::new().unwrap();
        write(tree, folder.path());
        prometheus(folder.path()).unwrap();
        alertmanager(folder.path()).unwrap();
        assert_no_canary(folder.path());
    }
    println!("promtool and amtool: {} descriptions, {} configurations", trees.len(), judged.len());
}

/// The program that `./test` installs for the judges.
fn compose() -> PathBuf {
    let cache = std::env::var_os("ESTIBA_DEV_CACHE").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/estiba-dev"));
    cache.join("compose/docker-compose")
}

#[test]
fn compose_reads_back_every_payload() {
    let folder = TempDir::new().unwrap();
    let payloads: Vec<String> = payloads().into_iter().filter(|payload| !payload.contains('\0')).collect();
    // TOML's numbered escapes are YAML's too.
    let quoted = |text: &str| toml_string(&text.replace('$', "$$"));
    let numbered = |each: &dyn Fn(usize, &str) -> String| -> String {
        payloads.iter().enumerate().map(|(at, text)| each(at, text)).collect()
    };
    let mut text = String::from(
        "project: zprj\nserver: { host: a.example }\ntls: { email: a@a.example }\nservices:\n  app:\n    image: app:1\n",
    );
    text += &format!("    environment:\n{}", numbered(&|at, it| format!("      P{at}: {}\n", quoted(it))));
    text += &format!("    labels:\n{}", numbered(&|at, it| format!("      l{at}: {}\n", quoted(it))));
    text += &format!("    command:\n{}", numbered(&|_, it| format!("      - {}\n", quoted(it))));
    text += &format!(
        "    healthcheck:\n      test:\n        - CMD\n{}",
        numbered(&|_, it| format!("        - {}\n", quoted(it)))
    );
    text += &format!(
        "  listed:\n    image: app:1\n    environment:\n{}",
        numbered(&|at, it| format!("      - {}\n", quoted(&format!("P{at}={it}"))))
    );
    text += &format!(
        "  named:\n    image: app:1\n    environment:\n{}",
        numbered(&|at, _| format!("      P{at}: ${{V{at}}}\n"))
    );
    text += &format!("variables:\n{}", numbered(&|at, it| format!("  V{at}: {}\n", toml_string(it))));
    write(&generate(&files(&text)).tree(), folder.path());

    let mut command = Command::new(compose());
    command.args(["-f", "common/docker-compose.prod.yml", "config", "--format", "json"]).current_dir(folder.path());
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
    let output = command.output().expect("Compose, which `./test` installs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    let config: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // What Compose prints may be given to Compose again, so each dollar is doubled.
    let value = |found: &serde_json::Value| found.as_str().map(|text| text.replace("$$", "$"));
    let service = |name: &str| &config["services"][format!("zprj-{name}")];
    let mut count = 0;
    for (at, payload) in payloads.iter().enumerate() {
        for (what, found) in [
            ("environment", &service("app")["environment"][format!("P{at}")]),
            ("labels", &service("app")["labels"][format!("l{at}")]),
            ("command", &service("app")["command"][at]),
            ("healthcheck", &service("app")["healthcheck"]["test"][at + 1]),
            ("listed environment", &service("listed")["environment"][format!("P{at}")]),
            ("variables", &service("named")["environment"][format!("P{at}")]),
        ] {
            assert_eq!(value(found).map(|it| short(&it)), Some(short(payload)), "{what}");
            assert_eq!(value(found).as_ref(), Some(payload), "{what}");
            count += 1;
        }
    }
    let ours = ["app", "listed", "named", "proxy"].map(|name| format!("zprj-{name}"));
    let names: Vec<&String> = config["services"].as_object().unwrap().keys().collect();
    assert!(names.iter().all(|name| ours.contains(name)), "{names:?}");
    println!("Compose: {count} values");
}

/// What stands in nginx' quotes is one word to nginx itself.
#[test]
fn nginx_accepts_a_tree_full_of_payloads() {
    let carried: Vec<String> =
        payloads().into_iter().filter(|payload| !payload.contains(['\0', '$']) && payload.len() < 4_000).collect();
    let keys: Vec<String> = (0..carried.len()).map(|at| format!("p{at}")).collect();
    let texts: Vec<(&str, &str)> = keys.iter().zip(&carried).map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let lines: String =
        keys.iter().map(|key| format!("location = /{key} {{ return 200 <%= t.{key} %>; }}\n")).collect();
    let set = BTreeMap::from([("web.nginx", ("include snippets/payloads.conf;", Writing::Quoted))]);
    let mut project = files(&description(&set));
    project.0.insert("templates/locales/en.toml".into(), locale(&texts).into());
    project.0.insert("templates/nginx/snippets/payloads.conf.template".into(), lines.into());
    let folder = TempDir::new().unwrap();
    write(&generate(&project).tree(), folder.path());
    let settings = Settings::of_tree(folder.path()).unwrap();
    for verdict in nginx_all(folder.path(), &settings) {
        assert!(verdict.result.is_ok(), "{}: {}", verdict.judge, verdict.result.unwrap_err());
    }
    assert_no_canary(folder.path());
    println!("nginx: {} payloads", carried.len());
}
