use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use super::alert_selects_unknown_job::is_loaded;
use crate::facts::monitoring::{Program, RULES};
use crate::source::{Level, Span};

#[doc = include_str!("rules_not_loaded.md")]
pub(crate) static RULE: Rule = Rule {
    id: "rules-not-loaded",
    level: Level::Warning,
    summary: "alerts stand beside a configuration of Prometheus that does not load them",
    page: include_str!("rules_not_loaded.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    for monitor in facts.monitoring.iter().filter(|monitor| monitor.program == Program::Prometheus) {
        // One that names rules and finds none is the finding of `container-path-not-mounted`.
        if monitor.readers.is_empty() || monitor.opens.iter().any(|opened| opened.what == RULES) {
            continue;
        }
        let folder = monitor.path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        for rules in facts.rule_files.iter().filter(|rules| rules.alerts) {
            let beside = rules.path.as_str().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
            if !beside || is_loaded(world, rules) {
                continue;
            }
            let message = format!("{} loads no rules, and {} has alerts", monitor.path, rules.path);
            let help = format!("name the file in `rule_files`, and mount it: change {}", monitor.path);
            let span = Span::new(monitor.file, 0, 0);
            let draft = Draft::new(message, span, "no `rule_files` in this file", help);
            sink.find(draft.related(Span::new(rules.file, 0, 0), "these never fire"));
        }
    }
}
