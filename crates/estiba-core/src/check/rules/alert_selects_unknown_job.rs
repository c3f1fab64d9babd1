use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::monitoring::{Monitor, Program, RULES, Reader, RuleFile, led_to};
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

/// Whether any Prometheus of the tree loads a file of rules.
pub(super) fn is_loaded(world: &World<'_>, rules: &RuleFile) -> bool {
    world.facts.monitoring.iter().any(|monitor| loads(world, monitor, rules))
}

/// Whether a Prometheus loads a file of rules: through its `rule_files`, as the service that reads it sees them.
fn loads(world: &World<'_>, monitor: &Monitor, rules: &RuleFile) -> bool {
    let facts = world.facts;
    let leads = |reader: &Reader, written: &str| {
        led_to(&facts.texts, &facts.compose, &facts.places, reader, written).contains(&rules.path.as_str().to_owned())
    };
    let mut opened = monitor.opens.iter().filter(|opened| opened.what == RULES);
    opened.any(|opened| monitor.readers.iter().any(|reader| leads(reader, &opened.path.value)))
}
