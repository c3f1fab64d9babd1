//! What a run reads of a tree, and why; and what it leaves alone although it looks like its business.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::facts::compose::Judged;
use crate::facts::monitoring::Program;
use crate::facts::nginx::{Inside, Place};

/// A file with its part in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its path in the tree.
    pub path: String,
    /// What it is: `compose`, `nginx`, `prometheus`, `alertmanager`, `grafana`, `rules`, `script`, `dockerfile`, `values`.
    pub kind: &'static str,
    /// Whether it is judged.
    pub judged: bool,
    /// Why, in one sentence without a full stop.
    pub why: String,
}

/// Every such file, in the order of paths.
#[must_use]
pub fn readings(facts: &Facts) -> Vec<Reading> {
    let mut all: BTreeMap<(String, &'static str), (bool, String)> = BTreeMap::new();
    let mut say = |path: &str, kind: &'static str, judged: bool, why: String| {
        all.entry((path.to_owned(), kind)).or_insert((judged, why));
    };
    for (path, judged) in &facts.compose_files {
        let own = facts.compose.iter().find(|project| project.files.contains(path));
        let (judges, why) = match (judged, own) {
            (Judged::No(why), _) => (false, (*why).to_owned()),
            (Judged::PartOf(other), _) => (true, format!("{other} includes or extends it")),
            (Judged::Alone, Some(project)) if project.files.len() > 1 => {
                let files: Vec<&str> = project.files.iter().map(crate::source::TreePath::as_str).collect();
                (true, format!("a project of {}", files.join(", ")))
            }
            (Judged::Alone, _) => (true, "a project of its own".to_owned()),
        };
        say(path.as_str(), "compose", judges, why);
    }
    for project in &facts.compose {
        for service in &project.services {
            if let Some(recipe) = service.recipe() {
                say(&recipe.path, "dockerfile", true, format!("it makes the image of `{}`", service.name.value));
            }
        }
    }
    for config in &facts.nginx {
        let who = match (&config.place, config.service(&facts.compose)) {
            (Place::Host, _) => "the nginx of the host".to_owned(),
            (_, Some(service)) => format!("the nginx of `{}`", service.name.value),
            _ => "an nginx".to_owned(),
        };
        for include in &config.includes {
            if let Inside::TreeFile(path) = &include.led_to {
                say(path, "nginx", true, format!("{who} reads it as {}", include.path));
            }
        }
    }
    for monitor in &facts.monitoring {
        let kind = match monitor.program {
            Program::Prometheus => "prometheus",
            Program::Alertmanager => "alertmanager",
            Program::Grafana => "grafana",
        };
        let reader = monitor.readers.first();
        let why = match reader.and_then(|reader| Some((reader.of(&facts.compose)?, &reader.path))) {
            Some((service, path)) => format!("`{}` reads it as {path}", service.name.value),
            None => "no service of the tree is known to read it: only what it says by itself is judged".to_owned(),
        };
        say(monitor.path.as_str(), kind, reader.is_some(), why);
    }
    for rules in &facts.rule_files {
        say(rules.path.as_str(), "rules", true, "rules of Prometheus".to_owned());
    }
    for contract in &facts.contracts {
        say(contract.script.as_str(), "script", true, "what it does is followed, and nothing is run".to_owned());
    }
    for (path, _, text) in facts.texts.iter() {
        let name = path.file_name();
        if name == ".env" {
            say(path.as_str(), "values", true, "values of the variables of the project beside it".to_owned());
        }
        let nginx = name.ends_with(".conf") || name.ends_with(".template") || name.ends_with(".j2");
        if nginx && !path.is_below("files") && looks_like_nginx(text) {
            let why = "no nginx of the tree is known to read it: it is not judged".to_owned();
            say(path.as_str(), "nginx", false, why);
        }
    }
    let readings = all.into_iter().map(|((path, kind), (judged, why))| Reading { path, kind, judged, why });
    readings.collect()
}

/// A server, an upstream or a location at the beginning of a line.
fn looks_like_nginx(text: &str) -> bool {
    let words = ["server {", "server{", "upstream ", "location ", "proxy_pass "];
    text.lines().any(|line| words.iter().any(|word| line.trim_start().starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::readings;
    use crate::facts::testing::facts;

    #[test]
    fn what_is_read_and_what_is_left_alone() {
        let compose = "services:\n  p:\n    image: nginx:1.30\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n";
        let facts = facts(&[
            ("docker-compose.yml", compose),
            ("a.conf", "server { listen 80; }\n"),
            ("b.conf", "server { listen 80; }\n"),
            ("tests/docker-compose.yml", compose),
        ]);
        let seen: Vec<(String, bool)> = readings(&facts).into_iter().map(|it| (it.path, it.judged)).collect();
        let wanted =
            [("a.conf", true), ("b.conf", false), ("docker-compose.yml", true), ("tests/docker-compose.yml", false)];
        assert_eq!(seen, wanted.map(|(path, judged)| (path.to_owned(), judged)));
    }
}
