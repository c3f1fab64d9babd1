use std::collections::BTreeMap;

use super::super::fix::rename;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Facts;
use crate::facts::monitoring::{Alert, Matcher, Program, RULES};
use crate::source::{Level, Span, last_part, nearest};

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
    let labels = labels(facts, &alerts);
    for monitor in facts.monitoring.iter().filter(|monitor| monitor.program == Program::Alertmanager) {
        for route in &monitor.routing.routes {
            for matcher in &route.matchers {
                judge(facts, sink, monitor.path.as_str(), matcher, &labels);
            }
        }
    }
}

/// Whether the tree has every file of rules that its Prometheus loads: one that it does not have may hold further alerts.
fn is_whole(facts: &Facts) -> bool {
    let prometheus = || facts.monitoring.iter().filter(|monitor| monitor.program == Program::Prometheus);
    prometheus().next().is_some()
        && prometheus().flat_map(|monitor| &monitor.opens).filter(|opened| opened.what == RULES).all(|opened| {
            let name = last_part(&opened.path.value);
            let known = |path: &str| crate::facts::nginx::glob(name, last_part(path));
            facts.rule_files.iter().any(|rules| known(rules.path.as_str()))
        })
}

/// A label with the values that alerts give it, each with one place.
#[derive(Default)]
struct Given<'f> {
    alerts: usize,
    unknown: bool,
    values: BTreeMap<&'f str, Span>,
}

/// Labels about which the rules alone decide: every alert has them, by its name or by its rule.
fn labels<'f>(facts: &'f Facts, alerts: &[&'f Alert]) -> BTreeMap<&'f str, Given<'f>> {
    let mut labels: BTreeMap<&str, Given<'_>> = BTreeMap::new();
    for alert in alerts {
        let own = alert.labels.iter().map(|(label, value)| (label.as_str(), value.as_ref()));
        for (label, value) in own.chain([("alertname", Some(&alert.name))]) {
            let given = labels.entry(label).or_default();
            given.alerts += 1;
            match value {
                Some(value) => {
                    given.values.entry(value.value.as_str()).or_insert(value.span);
                }
                None => given.unknown = true,
            }
        }
    }
    for label in facts.monitoring.iter().flat_map(|monitor| &monitor.external_labels) {
        labels.remove(label.as_str());
    }
    labels.retain(|_, given| given.alerts == alerts.len() && !given.unknown);
    labels
}

/// So many values have no slips that could be told from others.
const MOST_VALUES: usize = 200;

fn judge(facts: &Facts, sink: &mut Sink<'_>, path: &str, matcher: &Matcher, labels: &BTreeMap<&str, Given<'_>>) {
    let label = matcher.label.as_str();
    let Some(values) = labels.get(label).map(|given| &given.values) else { return };
    if matcher.values.iter().any(|value| values.contains_key(value.as_str())) {
        return sink.found();
    }
    let known = || values.keys().copied().filter(|_| values.len() <= MOST_VALUES);
    let near = matcher.values.iter().find_map(|value| Some((value, nearest(value, known())?)));
    let wanted = matcher.values.join("` or `");
    let message = format!("no alert has `{label}` as `{wanted}`, so this route takes none");
    let words = "every alert passes by";
    match near {
        Some((value, near)) => {
            let draft = Draft::new(message, matcher.span, words, format!("did you mean `{near}`? Change {path}"));
            let draft = draft.fix(rename(facts, matcher.span, value, known()));
            sink.find(match values.get(near) {
                Some(span) => draft.related(*span, "alerts have a value like it"),
                None => draft,
            });
        }
        // A route may wait for alerts that are still to be written.
        None => {
            let help = format!("alerts have `{}`: name one of these, or remove the route: change {path}", list(values));
            sink.find(Draft::new(message, matcher.span, words, help).pedantic());
        }
    }
}

fn list(values: &BTreeMap<&str, Span>) -> String {
    let shown: Vec<&str> = values.keys().copied().take(5).collect();
    shown.join("`, `")
}
