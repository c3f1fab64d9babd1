//! Which service reads a configuration: through the flag that names it, or the path that its image reads by itself.

use super::{Monitor, Program, Reader, flag, image_name, is_said};
use crate::facts::compose::{ComposeFile, Service};
use crate::facts::nginx::{Inside, inside};
use crate::facts::places::below;
use crate::facts::{Places, Texts};
use crate::source::{Diagnostic, last_part, normal};
use crate::syntax::yaml::{Limits, load};

pub(super) fn find(
    texts: &Texts,
    compose: &[ComposeFile],
    places: &Places,
    monitors: &mut [Monitor],
    broken: &mut Vec<Diagnostic>,
) {
    for (file, facts) in compose.iter().enumerate() {
        for (at, service) in facts.services.iter().enumerate() {
            for path in candidates(service, monitors) {
                let Inside::TreeFile(led_to) = inside(texts, places, Some(facts), Some(service), &path) else {
                    continue;
                };
                let reader = Reader { file, service: at, path };
                match monitors.iter_mut().find(|monitor| monitor.path.as_str() == led_to) {
                    Some(monitor) if monitor.readers.contains(&reader) => {}
                    Some(monitor) => monitor.readers.push(reader),
                    None => broken.extend(unreadable(texts, service, &led_to, broken)),
                }
            }
        }
    }
}

/// Why a file that a monitor is started with cannot be read at all: nothing in it need say whose it is.
fn unreadable(texts: &Texts, service: &Service, path: &str, broken: &[Diagnostic]) -> Option<Diagnostic> {
    let monitor = matches!(last_part(image_name(service)), "prometheus" | "alertmanager");
    let (file, text) = texts.get(path).filter(|_| monitor)?;
    load(file, text, Limits::default()).err().filter(|_| !is_said(broken, file)).map(|problem| *problem)
}

/// Paths inside a container at which its program looks for configurations.
fn candidates(service: &Service, monitors: &[Monitor]) -> Vec<String> {
    if let Some((path, _)) = flag(service, "config.file") {
        return vec![normal(path)];
    }
    match last_part(image_name(service)) {
        "prometheus" => vec!["/etc/prometheus/prometheus.yml".to_owned()],
        "alertmanager" => vec!["/etc/alertmanager/alertmanager.yml".to_owned()],
        "grafana" | "grafana-oss" | "grafana-enterprise" => {
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

#[cfg(test)]
mod tests {
    use crate::facts::testing::facts;

    #[test]
    fn a_file_that_a_monitor_is_started_with_is_read_whatever_it_says() {
        let compose = "services:\n  a:\n    image: prom/alertmanager\n    volumes: ['./a.yml:/etc/alertmanager/alertmanager.yml']\n";
        let facts = facts(&[("c.yml", compose), ("a.yml", ":\n  - name: a\n"), ("b.yml", ":\n  - name: a\n")]);
        let said = facts.broken.iter().filter_map(|problem| problem.primary.as_ref());
        assert_eq!(said.map(|at| facts.path(at.span)).collect::<Vec<_>>(), ["a.yml"]);
    }
}
