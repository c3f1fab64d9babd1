use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::monitoring::{Monitor, Program, RuleFile};
use crate::facts::nginx::{Inside, glob, inside};
use crate::facts::normal;
use crate::source::{Level, nearest};

#[doc = include_str!("alert_selects_unknown_job.md")]
pub(crate) static RULE: Rule = Rule {
    id: "alert-selects-unknown-job",
    level: Level::Warning,
    summary: "a rule asks for a job that Prometheus does not have",
    page: include_str!("alert_selects_unknown_job.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for rules in &world.facts.rule_files {
        let readers: Vec<&Monitor> = world
            .facts
            .monitoring
            .iter()
            .filter(|monitor| monitor.program == Program::Prometheus && loads(world, monitor, rules))
            .collect();
        // Series of other jobs may come from elsewhere.
        if readers.is_empty() || rules.sets_job || readers.iter().any(|monitor| monitor.other_jobs) {
            continue;
        }
        let jobs: Vec<&str> = readers.iter().flat_map(|monitor| &monitor.jobs).map(|job| job.value.as_str()).collect();
        for selector in &rules.jobs {
            if selector.names.iter().any(|name| jobs.contains(&name.as_str())) {
                sink.found();
                continue;
            }
            let names = selector.names.join("` or `");
            let message = format!("no job of Prometheus is `{names}`");
            let near = selector.names.iter().find_map(|name| nearest(name, jobs.iter().copied()));
            let path = &rules.path;
            let help = match near {
                Some(near) => format!("did you mean `{near}`? Change {path}"),
                None => format!("name a `job_name` of {}: change {path}", readers[0].path),
            };
            let label = "this selects nothing, so the rule never fires";
            let mut draft = Draft::new(message, selector.span, label, help);
            if let Some(rule) = &selector.rule {
                draft = draft.related(rule.span, "the rule");
            }
            if let Some(near) = near {
                let job = readers.iter().flat_map(|monitor| &monitor.jobs).find(|job| job.value == near);
                draft = job.map_or(draft.clone(), |job| draft.related(job.span, "this job has a name like it"));
            }
            sink.not_found(draft);
        }
    }
}

/// Whether a Prometheus loads a file of rules: through its `rule_files`, as the service that reads it sees them.
pub(super) fn loads(world: &World<'_>, monitor: &Monitor, rules: &RuleFile) -> bool {
    let facts = world.facts;
    monitor.opens.iter().filter(|opened| opened.what == "rules").any(|opened| {
        monitor.readers.iter().any(|reader| {
            let Some(project) = facts.compose.get(reader.file) else { return false };
            let folder = reader.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let written = opened.path.value.as_str();
            let path = if written.starts_with('/') { normal(written) } else { normal(&format!("{folder}/{written}")) };
            let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
            let at = |path: &str| inside(&facts.texts, &facts.places, Some(project), reader.of(&facts.compose), path);
            match at(above) {
                _ if !name.contains(['*', '?']) => at(&path) == Inside::TreeFile(rules.path.as_str().to_owned()),
                Inside::TreeFolder(folder) => {
                    let (own, file) = rules.path.as_str().rsplit_once('/').unwrap_or(("", rules.path.as_str()));
                    own == folder && glob(name, file)
                }
                _ => false,
            }
        })
    })
}
