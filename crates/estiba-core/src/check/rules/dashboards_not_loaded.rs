use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::monitoring::image_name;
use crate::facts::nginx::{Inside, inside};
use crate::source::Level;

#[doc = include_str!("dashboards_not_loaded.md")]
pub(crate) static RULE: Rule = Rule {
    id: "dashboards-not-loaded",
    level: Level::Error,
    summary: "Grafana is given dashboards where it looks for providers, and loads none",
    page: include_str!("dashboards_not_loaded.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let facts = world.facts;
    for project in &facts.compose {
        for service in project.services.iter().filter(|service| image_name(service).contains("grafana/grafana")) {
            let given = service.environment.iter().find(|(name, _)| name == "GF_PATHS_PROVISIONING");
            let root = given.and_then(|(_, value)| value.as_deref()).unwrap_or("/etc/grafana/provisioning");
            let path = format!("{root}/dashboards");
            let found = inside(&facts.texts, &facts.places, Some(project), Some(service), &path);
            let Inside::TreeFolder(folder) = found else { continue };
            let ends = |ending: &str| facts.texts.files_in(&folder).any(|file| file.ends_with(ending));
            if !ends(".json") || ends(".yml") || ends(".yaml") {
                continue;
            }
            // A provider may be mounted by itself.
            let singly =
                |target: &str| target.starts_with(&path) && (target.ends_with(".yml") || target.ends_with(".yaml"));
            if service.mounts.iter().any(|mount| singly(&mount.target)) {
                continue;
            }
            let mount = service.mounts.iter().find(|mount| path.starts_with(mount.target.trim_end_matches('/')));
            let span = mount.map_or(service.name.span, |mount| mount.span);
            let message =
                format!("Grafana reads only *.yml in {path}, and {folder} has none: its dashboards are not loaded");
            let help =
                format!("put a provider there whose `options.path` is the folder of the dashboards: {folder}/all.yml");
            sink.not_found(Draft::new(message, span, "dashboards alone are not looked at here", help));
        }
    }
}
