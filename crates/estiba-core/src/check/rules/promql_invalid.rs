use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use super::alert_selects_unknown_job::loads;
use super::dashboard_placeholder::folders;
use crate::facts::monitoring::{Program, Refused};
use crate::source::{Level, TreePath};

#[doc = include_str!("promql_invalid.md")]
pub(crate) static RULE: Rule = Rule {
    id: "promql-invalid",
    level: Level::Error,
    summary: "Prometheus refuses an expression",
    page: include_str!("promql_invalid.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    for rules in facts.rule_files.iter().filter(|rules| !rules.refused.is_empty()) {
        // A ruler of another program has a language of its own.
        let mut prometheuses = facts.monitoring.iter().filter(|monitor| monitor.program == Program::Prometheus);
        if prometheuses.any(|monitor| loads(world, monitor, rules)) {
            for refused in &rules.refused {
                report(refused, &rules.path, "Prometheus does not load the file, and with it none of its rules", sink);
            }
        }
    }
    // What answers at the address of a data source of this type may have more functions.
    let images = facts.compose.iter().flat_map(|file| &file.services).filter_map(|service| service.image.as_ref());
    let others = ["victoria", "thanos", "mimir", "cortex"];
    if images.into_iter().any(|image| others.iter().any(|other| image.value.contains(other))) {
        return;
    }
    let refusing = facts.dashboards.iter().filter(|dashboard| !dashboard.refused.is_empty());
    let given = if refusing.clone().next().is_some() { folders(world) } else { Vec::new() };
    for dashboard in refusing.filter(|dashboard| given.iter().any(|given| dashboard.path.is_below(&given.folder))) {
        for refused in &dashboard.refused {
            report(refused, &dashboard.path, "the panel shows an error", sink);
        }
    }
}

fn report(refused: &Refused, path: &TreePath, label: &str, sink: &mut Sink<'_>) {
    let help = format!("{}: change {path}", refused.help);
    let mut draft = Draft::new(refused.message.clone(), refused.span, label, help);
    if let Some(of) = &refused.of {
        draft = draft.related(of.span, "it stands in this one");
    }
    sink.find(draft);
}
