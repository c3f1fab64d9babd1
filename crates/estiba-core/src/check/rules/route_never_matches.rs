use std::collections::BTreeSet;

use super::super::fix::rename;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Facts;
use crate::facts::monitoring::{Alert, Matcher, Program};
use crate::source::{Level, Span, nearest};

#[doc = include_str!("route_never_matches.md")]
pub(crate) static RULE: Rule = Rule {
    id: "route-never-matches",
    level: Level::Warning,
    summary: "a route of Alertmanager waits for a label that no alert bears",
    page: include_str!("route_never_matches.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    let alerts: Vec<&Alert> = facts.rule_files.iter().flat_map(|rules| &rules.told).collect();
    let relabelled = facts.monitoring.iter().any(|monitor| monitor.relabels_alerts);
    if alerts.is_empty() || relabelled || !is_whole(facts) {
        return;
    }
    for monitor in facts.monitoring.iter().filter(|monitor| monitor.program == Program::Alertmanager) {
        for route in &monitor.routing.routes {
            for matcher in &route.matchers {
                judge(facts, sink, monitor.path.as_str(), matcher, &alerts);
            }
        }
    }
}

/// Whether the tree has every file of rules that its Prometheus loads: one that it does not have may hold further alerts.
fn is_whole(facts: &Facts) -> bool {
    let prometheus = || facts.monitoring.iter().filter(|monitor| monitor.program == Program::Prometheus);
    prometheus().next().is_some()
        && prometheus().flat_map(|monitor| &monitor.opens).filter(|opened| opened.what == "rules").all(|opened| {
            let name = opened.path.value.rsplit('/').next().unwrap_or_default();
            let known = |path: &str| crate::facts::nginx::glob(name, path.rsplit('/').next().unwrap_or(path));
            facts.rule_files.iter().any(|rules| known(rules.path.as_str()))
        })
}

fn judge(facts: &Facts, sink: &mut Sink<'_>, path: &str, matcher: &Matcher, alerts: &[&Alert]) {
    let label = matcher.label.as_str();
    let given = facts.monitoring.iter().any(|monitor| monitor.external_labels.iter().any(|known| known == label));
    let Some(values) = values(label, alerts).filter(|_| !given) else { return };
    if matcher.values.iter().any(|value| values.iter().any(|(known, _)| known == value)) {
        return sink.found();
    }
    let known = || values.iter().map(|(value, _)| *value);
    let near = matcher.values.iter().find_map(|value| Some((value, nearest(value, known())?)));
    let wanted = matcher.values.join("` or `");
    let message = format!("no alert has `{label}` as `{wanted}`, so this route takes none");
    let words = "every alert passes by";
    match near {
        Some((value, near)) => {
            let draft = Draft::new(message, matcher.span, words, format!("did you mean `{near}`? Change {path}"));
            let draft = draft.fix(rename(facts, matcher.span, value, known()));
            let like = values.iter().find(|(known, _)| *known == near);
            sink.find(match like {
                Some((_, span)) => draft.related(*span, "alerts have a value like it"),
                None => draft,
            });
        }
        // A route may wait for alerts that are still to be written.
        None => {
            let help =
                format!("alerts have `{}`: name one of these, or remove the route: change {path}", list(&values));
            sink.find(Draft::new(message, matcher.span, words, help).pedantic());
        }
    }
}

/// The values that a label has in all alerts, each with one place, where their rules alone decide.
fn values<'f>(label: &str, alerts: &[&'f Alert]) -> Option<BTreeSet<(&'f str, Span)>> {
    let mut values: Vec<(&str, Span)> = Vec::new();
    for alert in alerts {
        let value = if label == "alertname" {
            &alert.name
        } else {
            alert.labels.iter().find(|(known, _)| known == label)?.1.as_ref()?
        };
        values.push((value.value.as_str(), value.span));
    }
    let mut seen = BTreeSet::new();
    values.retain(|(value, _)| seen.insert(*value));
    Some(values.into_iter().collect())
}

fn list(values: &BTreeSet<(&str, Span)>) -> String {
    let shown: Vec<&str> = values.iter().map(|(value, _)| *value).take(5).collect();
    shown.join("`, `")
}
