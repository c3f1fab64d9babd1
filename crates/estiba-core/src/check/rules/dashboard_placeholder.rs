use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::ComposeFile;
use crate::facts::monitoring::{Dashboard, Reader};
use crate::facts::nginx::{Inside, inside};
use crate::source::{Level, normal};

#[doc = include_str!("dashboard_placeholder.md")]
pub(crate) static RULE: Rule = Rule {
    id: "dashboard-placeholder",
    level: Level::Error,
    summary: "a provisioned dashboard asks for a data source, and nobody answers",
    page: include_str!("dashboard_placeholder.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for dashboard in provisioned(world, |dashboard| !dashboard.inputs.is_empty()) {
        for (name, span) in &dashboard.inputs {
            let message = format!("the dashboard asks for `{name}`, and nobody answers when it is provisioned");
            let help = format!(
                "write the `uid` of a provisioned data source in its place, or make it a variable of the dashboard: change {}",
                dashboard.path
            );
            sink.find(Draft::new(message, *span, "Grafana knows no data source of this name", help));
        }
    }
}

/// The dashboards of this kind that some Grafana is given.
pub(in crate::check) fn provisioned<'w>(world: &World<'w>, kind: impl Fn(&Dashboard) -> bool) -> Vec<&'w Dashboard> {
    let mut dashboards: Vec<_> = world.facts.dashboards.iter().filter(|dashboard| kind(dashboard)).collect();
    if !dashboards.is_empty() {
        let folders = folders(world);
        dashboards.retain(|dashboard| folders.iter().any(|given| dashboard.path.is_below(&given.folder)));
    }
    dashboards
}

/// A folder of the tree whose dashboards some Grafana is given.
pub(super) struct Given<'w> {
    pub(super) folder: String,
    pub(super) reader: &'w Reader,
}

pub(super) fn folders<'w>(world: &World<'w>) -> Vec<Given<'w>> {
    let facts = world.facts;
    let mut folders = Vec::new();
    for monitor in &facts.monitoring {
        for reader in &monitor.readers {
            let project: Option<&ComposeFile> = facts.compose.get(reader.file);
            for folder in &monitor.dashboards {
                let path = normal(&folder.value);
                let found = inside(&facts.texts, &facts.places, project, reader.of(&facts.compose), &path);
                if let Inside::TreeFolder(folder) = found {
                    folders.push(Given { folder, reader });
                }
            }
        }
    }
    folders
}
