use std::collections::{BTreeMap, BTreeSet};

use super::super::fix::rename;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::monitoring::{Monitor, Program};
use crate::source::{Level, Span, nearest};

#[doc = include_str!("receiver_undefined.md")]
pub(crate) static RULE: Rule = Rule {
    id: "receiver-undefined",
    level: Level::Error,
    summary: "a route of Alertmanager leads to a receiver that is not there, or that tells nobody",
    page: include_str!("receiver_undefined.md"),
    check,
};

/// How people name a receiver that is to tell nobody.
const NOBODY: [&str; 14] = [
    "null",
    "nobody",
    "none",
    "blackhole",
    "black-hole",
    "devnull",
    "dev-null",
    "void",
    "noop",
    "drop",
    "discard",
    "ignore",
    "silence",
    "nowhere",
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for monitor in world.facts.monitoring.iter().filter(|monitor| monitor.program == Program::Alertmanager) {
        let receivers = &monitor.routing.receivers;
        let names = || receivers.iter().map(|receiver| receiver.name.value.as_str());
        let known: BTreeSet<&str> = names().collect();
        let variable = |name: &str| name.contains(['$', '{', '<']);
        let any_variable = names().any(variable);
        for name in monitor.routing.routes.iter().filter_map(|route| route.receiver.as_ref()) {
            if known.contains(name.value.as_str()) {
                sink.found();
            } else if variable(&name.value) || any_variable {
                sink.undecided(name.span, "the name is a variable");
            } else {
                let path = &monitor.path;
                let help = match nearest(&name.value, names()) {
                    Some(near) => format!("did you mean `{near}`? Change {path}"),
                    None => format!("add it to `receivers`, or name one that is there: change {path}"),
                };
                let message = format!("the route leads to `{}`, and there is no such receiver", name.value);
                let draft = Draft::new(message, name.span, "Alertmanager does not start with this", help);
                sink.not_found(draft.fix(rename(world.facts, name.span, &name.value, names())));
            }
        }
        silent(monitor, sink);
    }
}

/// Receivers that tell nobody and are not named so.
fn silent(monitor: &Monitor, sink: &mut Sink<'_>) {
    let mut routes: BTreeMap<&str, Span> = BTreeMap::new();
    for route in monitor.routing.routes.iter().filter_map(|route| route.receiver.as_ref()) {
        routes.entry(route.value.as_str()).or_insert(route.span);
    }
    let others_tell = monitor.routing.receivers.iter().any(|receiver| receiver.tells);
    for receiver in monitor.routing.receivers.iter().filter(|receiver| !receiver.tells) {
        let name = &receiver.name;
        let Some(route) = routes.get(name.value.as_str()) else { continue };
        let lower = name.value.to_ascii_lowercase();
        if NOBODY.iter().any(|word| lower.contains(word)) {
            continue;
        }
        let message = format!("`{}` tells nobody: alerts that are routed to it are lost", name.value);
        let help = format!(
            "give it an integration (`webhook_configs`, `email_configs`, …), or name it `nobody` if that is meant: change {}",
            monitor.path
        );
        let draft = Draft::new(message, name.span, "no integration stands in this receiver", help);
        let draft = draft.level(Level::Warning).related(*route, "this route leads to it");
        // Where others tell somebody, what is left may be meant to be dropped.
        sink.find(if others_tell { draft.pedantic() } else { draft });
    }
}
