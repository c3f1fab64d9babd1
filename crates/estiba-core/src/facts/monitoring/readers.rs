//! Which service reads a configuration: through the flag that names it, or the path that its image reads by itself.

use super::{Monitor, Program, Reader, flag, image_name};
use crate::facts::compose::{ComposeFile, Service};
use crate::facts::nginx::{Inside, inside};
use crate::facts::places::{below, normal};
use crate::facts::{Places, Texts};

pub(super) fn find(texts: &Texts, compose: &[ComposeFile], places: &Places, monitors: &mut [Monitor]) {
    if monitors.is_empty() {
        return;
    }
    for (file, facts) in compose.iter().enumerate() {
        for (at, service) in facts.services.iter().enumerate() {
            for path in candidates(service, monitors) {
                let Inside::TreeFile(led_to) = inside(texts, places, Some(facts), Some(service), &path) else {
                    continue;
                };
                let reader = Reader { file, service: at, path };
                let read = monitors.iter_mut().find(|monitor| monitor.path.as_str() == led_to);
                if let Some(monitor) = read.filter(|monitor| !monitor.readers.contains(&reader)) {
                    monitor.readers.push(reader);
                }
            }
        }
    }
}

/// Paths inside a container at which its program looks for configurations.
fn candidates(service: &Service, monitors: &[Monitor]) -> Vec<String> {
    if let Some((path, _)) = flag(service, "config.file") {
        return vec![normal(path)];
    }
    match image_name(service).rsplit('/').next() {
        Some("prometheus") => vec!["/etc/prometheus/prometheus.yml".to_owned()],
        Some("alertmanager") => vec!["/etc/alertmanager/alertmanager.yml".to_owned()],
        Some("grafana" | "grafana-oss" | "grafana-enterprise") => {
            let given = service.environment.iter().find(|(name, _)| name == "GF_PATHS_PROVISIONING");
            let folder = given.and_then(|(_, value)| value.as_deref()).unwrap_or("/etc/grafana/provisioning");
            let kinds = ["datasources", "dashboards"].map(|kind| normal(&format!("{folder}/{kind}")));
            let by_name = monitors.iter().filter(|monitor| monitor.program == Program::Grafana).flat_map(|monitor| {
                kinds.iter().map(|kind| format!("{kind}/{}", monitor.path.file_name())).collect::<Vec<_>>()
            });
            // A file that is mounted by itself may bear another name inside.
            let singly = service
                .mounts
                .iter()
                .map(|mount| normal(&mount.target))
                .filter(|target| kinds.iter().any(|kind| below(target, kind).is_some_and(|rest| !rest.is_empty())));
            by_name.chain(singly).collect()
        }
        _ => Vec::new(),
    }
}
