use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use super::dashboard_placeholder::folders;
use crate::facts::monitoring::{DataSource, Monitor, Program, Reader};
use crate::facts::nginx::{Inside, inside};
use crate::source::{Level, nearest};

#[doc = include_str!("dashboard_datasource_unknown.md")]
pub(crate) static RULE: Rule = Rule {
    id: "dashboard-datasource-unknown",
    level: Level::Error,
    summary: "a provisioned dashboard asks a data source that Grafana is not given",
    page: include_str!("dashboard_datasource_unknown.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    if facts.dashboards.iter().all(|dashboard| dashboard.asks.is_empty()) {
        return;
    }
    for given in folders(world) {
        let Some(sources) = sources(world, given.reader) else { continue };
        let service = given.reader.of(&facts.compose);
        let kept = service.is_some_and(|it| it.mounts.iter().any(|mount| mount.target == "/var/lib/grafana"));
        let keys: BTreeSet<&str> =
            sources.iter().flat_map(|source| [source.uid.as_str(), &source.name.value]).collect();
        for dashboard in facts.dashboards.iter().filter(|dashboard| dashboard.path.is_below(&given.folder)) {
            for asked in &dashboard.asks {
                let key = asked.key.value.as_str();
                if keys.contains(key) {
                    sink.found();
                    continue;
                }
                let what = if asked.by_uid { "uid" } else { "name" };
                let message = format!("Grafana is given no data source whose {what} is `{key}`");
                let near = nearest(key, keys.iter().copied());
                let only = match sources.as_slice() {
                    [only] => Some(*only),
                    _ => None,
                };
                let source = near
                    .and_then(|near| sources.iter().find(|it| it.uid == near || it.name.value == near).copied())
                    .or(only)
                    .or(sources.first().copied());
                let Some(source) = source else { continue };
                let path = facts.path(source.name.span);
                let help = format!(
                    "write `uid: {key}` at the data source that is meant in {path}, or its uid, such as `{}`, in {}",
                    source.uid, dashboard.path
                );
                let draft = Draft::new(message, asked.key.span, "its panels show an error instead of data", help);
                let draft = draft.related(source.name.span, format!("the uid of this one is `{}`", source.uid));
                // What Grafana keeps may hold sources that people added by hand.
                sink.not_found(if kept && near.is_none() { draft.pedantic() } else { draft });
            }
        }
    }
}

/// The data sources of the Grafana that reads a file; `None` where it may have others.
fn sources<'w>(world: &World<'w>, reader: &Reader) -> Option<Vec<&'w DataSource>> {
    let facts = world.facts;
    let same = |other: &Reader| other.file == reader.file && other.service == reader.service;
    let own: Vec<&Monitor> = facts
        .monitoring
        .iter()
        .filter(|monitor| monitor.program == Program::Grafana && monitor.readers.iter().any(same))
        .collect();
    let sources: Vec<&DataSource> = own.iter().flat_map(|monitor| &monitor.datasources).collect();
    let variable = sources.iter().any(|source| source.uid.contains('$') || source.name.value.contains('$'));
    if sources.is_empty() || variable {
        return None;
    }
    // A file of the folder that could not be read, or that the server brings, may hold others.
    let folder = own.iter().find(|monitor| !monitor.datasources.is_empty()).and_then(|monitor| {
        let path = &monitor.readers.iter().find(|other| same(other))?.path;
        path.rsplit_once('/').map(|(folder, _)| folder)
    })?;
    let at = inside(&facts.texts, &facts.places, facts.compose.get(reader.file), reader.of(&facts.compose), folder);
    match at {
        Inside::TreeFolder(folder) => {
            let mut files =
                facts.texts.files_in(&folder).filter(|path| path.ends_with(".yml") || path.ends_with(".yaml"));
            let read = |path: &str| own.iter().any(|monitor| monitor.path.as_str() == path);
            files.all(read).then_some(sources)
        }
        // Mounted one by one.
        Inside::Above | Inside::Image => Some(sources),
        _ => None,
    }
}
