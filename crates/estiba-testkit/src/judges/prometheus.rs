//! `promtool check config` and `check rules`, at the paths inside Prometheus' container.

use std::fs;
use std::path::{Path, PathBuf};

use super::jail::Jail;
use super::{JudgeError, Settings};

pub(super) const CONFIG: &str = "common/monitoring/prometheus/prometheus.yml";

/// The configuration, every rule file of the tree, and that the configuration reads each of them.
///
/// Of the files that a configuration names, promtool 2.53 looks for rule files, TLS files and `credentials_file`; not for
/// the `password_file` of basic auth.
pub fn prometheus(tree: &Path) -> Result<(), JudgeError> {
    let settings = Settings::of_tree(tree)?;
    let jail = monitoring_jail("promtool", tree, &settings)?;
    let config = format!("/srv/estiba/live-monitoring/{CONFIG}");
    let said = jail.run(&["/usr/bin/promtool", "check", "config", &config])?;

    let rules = rule_files(&tree.join("common/monitoring/prometheus"))?;
    for file in &rules {
        let path = format!("/srv/estiba/live-monitoring/common/monitoring/prometheus/{}", file.display());
        jail.run(&["/usr/bin/promtool", "check", "rules", "--lint-fatal", &path])?;
    }
    // A glob of `rule_files` that matches nothing is no error to promtool.
    let expected = format!("{} rule files found", rules.len());
    if !rules.is_empty() && !said.contains(&expected) {
        let output = format!("the tree has {} rule files, but promtool says:\n{said}", rules.len());
        return Err(JudgeError::Rejected { command: format!("promtool check config {config}"), output });
    }
    Ok(())
}

/// What promtool says of each expression: nothing where it takes it.
pub fn promtool_expressions(expressions: &[String]) -> Result<Vec<Option<String>>, JudgeError> {
    let jail = Jail::new("promtool")?;
    let rules = expressions.iter().enumerate().map(|(number, expression)| {
        // JSON's texts are YAML's.
        format!("      - record: r{number}\n        expr: {}\n", serde_json::Value::from(expression.as_str()))
    });
    jail.write("/rules.yml", &format!("groups:\n  - name: g\n    rules:\n{}", rules.collect::<String>()))?;
    let said = match jail.run(&["/usr/bin/promtool", "check", "rules", "/rules.yml"]) {
        Ok(_) => String::new(),
        Err(JudgeError::Rejected { output, .. }) if output.contains("could not parse expression") => output,
        Err(other) => return Err(other),
    };
    let mut verdicts = vec![None; expressions.len()];
    for (at, _) in said.match_indices("\"r") {
        let (number, rest) = said[at + 2..].split_once('"').unwrap_or_default();
        if let (Ok(number), Some(message)) = (number.parse::<usize>(), rest.strip_prefix(": ")) {
            let line = message.lines().next().unwrap_or_default();
            if let Some(verdict) = verdicts.get_mut(number) {
                *verdict = Some(line.to_owned());
            }
        }
    }
    Ok(verdicts)
}

/// The tree at `/srv/estiba/live-monitoring` and every declared secret under `/run/secrets`, as in the containers.
pub(super) fn monitoring_jail(name: &'static str, tree: &Path, settings: &Settings) -> Result<Jail, JudgeError> {
    let jail = Jail::new(name)?;
    jail.place_release(tree, "/srv/estiba", "live-monitoring")?;
    for secret in settings.secrets.iter().flatten() {
        jail.write(&format!("/run/secrets/{secret}"), "https://example.org/placeholder")?;
    }
    Ok(jail)
}

/// Files with a top-level `groups:`, relative to the folder.
fn rule_files(folder: &Path) -> Result<Vec<PathBuf>, JudgeError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| JudgeError::File { path, source }
    };
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).map_err(failed(&next))? {
            let path = entry.map_err(failed(&next))?.path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
            if yaml && fs::read_to_string(&path).map_err(failed(&path))?.lines().any(|line| line.starts_with("groups:"))
            {
                found.push(path.strip_prefix(folder).unwrap_or(&path).to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
