use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use super::alert_selects_unknown_job::is_loaded;
use super::dashboard_placeholder::provisioned;
use crate::facts::monitoring::Refused;
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
    for rules in world.facts.rule_files.iter().filter(|rules| !rules.refused.is_empty()) {
        // A ruler of another program has a language of its own.
        if is_loaded(world, rules) {
            for refused in &rules.refused {
                report(refused, &rules.path, "Prometheus does not load the file, and with it none of its rules", sink);
            }
        }
    }
    let refusing = provisioned(world, |dashboard| !dashboard.refused.is_empty());
    if refusing.is_empty() || another_answers(world) {
        return;
    }
    for dashboard in refusing {
        for refused in &dashboard.refused {
            report(refused, &dashboard.path, "the panel shows an error", sink);
        }
    }
}

/// Whether there is a program that answers as a Prometheus and has more functions.
fn another_answers(world: &World<'_>) -> bool {
    let others = ["victoria", "thanos", "mimir", "cortex"];
    let mut images =
        world.facts.compose.iter().flat_map(|file| &file.services).filter_map(|service| service.image.as_ref());
    images.any(|image| others.iter().any(|other| image.value.contains(other)))
}

fn report(refused: &Refused, path: &TreePath, label: &str, sink: &mut Sink<'_>) {
    let help = format!("{}: change {path}", refused.help);
    let mut draft = Draft::new(refused.message.clone(), refused.span, label, help);
    if let Some(of) = &refused.of {
        draft = draft.related(of.span, "it stands in this one");
    }
    sink.find(draft);
}
