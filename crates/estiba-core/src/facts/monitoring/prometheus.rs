//! Prometheus (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>).

use super::{AskedPath, Monitor, Opened, Target, files, list, text, untold};
use crate::source::Spanned;
use crate::syntax::yaml::Node;

pub(super) fn read(root: &Node, monitor: &mut Monitor) {
    for job in list(root, "scrape_configs") {
        let name = job.get("job_name").and_then(Node::text);
        addresses(job, name, &mut monitor.scrapes);
        monitor.jobs.extend(job.get("job_name").and_then(text));
        let relabels =
            ["relabel_configs", "metric_relabel_configs"].iter().flat_map(|key| list(job, key)).any(|step| {
                step.get("target_label").and_then(Node::text) == Some("job")
                    || step.get("action").and_then(Node::text) == Some("labelmap")
            });
        let honours = job.get("honor_labels").and_then(Node::boolean) == Some(true);
        let labelled = list(job, "static_configs")
            .iter()
            .any(|group| group.get("labels").is_some_and(|labels| labels.get("job").is_some()));
        monitor.other_jobs |= relabels || honours || labelled;
    }
    monitor.other_jobs |=
        ["scrape_config_files", "remote_read", "otlp", "storage"].iter().any(|key| root.get(key).is_some());
    if let Some((key, _)) = root.entry("scrape_config_files") {
        monitor.scrapes.push(untold(key, None, "further jobs stand in other files"));
    }
    let external = root.get("global").and_then(|global| global.get("external_labels")).and_then(Node::map);
    monitor.external_labels =
        external.unwrap_or_default().iter().filter_map(|(key, _)| key.text()).map(str::to_owned).collect();
    monitor.relabels_alerts =
        root.get("alerting").is_some_and(|alerting| alerting.get("alert_relabel_configs").is_some());
    for alertmanager in root.get("alerting").map(|alerting| list(alerting, "alertmanagers")).unwrap_or_default() {
        addresses(alertmanager, None, &mut monitor.alertmanagers);
    }
    for path in list(root, "rule_files").iter().filter_map(text) {
        monitor.opens.push(Opened { path, what: super::RULES });
    }
    files(root, &mut monitor.opens);
}

/// What one job, or one entry of `alertmanagers`, asks.
fn addresses(job: &Node, name: Option<&str>, targets: &mut Vec<Target>) {
    let path = asked_path(job);
    let relabelled = list(job, "relabel_configs").iter().rfind(|step| sets_address(step));
    if let Some(step) = relabelled {
        // The labels of the targets are parameters then, as with the blackbox exporter.
        let replacement = step.get("replacement").and_then(text).filter(|text| !text.value.contains('$'));
        targets.push(match replacement {
            Some(address) => Target { address, job: name.map(str::to_owned), undecidable: None, path: path.clone() },
            None => untold(step, name, "the address is made of labels"),
        });
        return;
    }
    for group in list(job, "static_configs") {
        for address in list(group, "targets").iter().filter_map(text) {
            targets.push(Target { address, job: name.map(str::to_owned), undecidable: None, path: path.clone() });
        }
    }
    for (key, value) in job.map().unwrap_or_default() {
        let discovery = key.text().is_some_and(|key| key.ends_with("_sd_configs"));
        if key.text() == Some("dns_sd_configs") && names_of_hosts(value) {
            for item in value.list().unwrap_or_default() {
                let port = item.get("port").and_then(Node::text).unwrap_or("80");
                for host in list(item, "names").iter().filter_map(text) {
                    let address = Spanned::new(format!("{}:{port}", host.value), host.span);
                    targets.push(Target {
                        address,
                        job: name.map(str::to_owned),
                        undecidable: None,
                        path: path.clone(),
                    });
                }
            }
        } else if discovery {
            targets.push(untold(key, name, "the addresses are discovered while Prometheus runs"));
        }
    }
}

/// What a job, or an entry of `alertmanagers`, asks for.
fn asked_path(job: &Node) -> AskedPath {
    const LABELS: [&str; 2] = ["__metrics_path__", "__alerts_path__"];
    let relabelled = list(job, "relabel_configs")
        .iter()
        .any(|step| step.get("target_label").and_then(Node::text).is_some_and(|label| LABELS.contains(&label)));
    let labelled = list(job, "static_configs")
        .iter()
        .any(|group| group.get("labels").is_some_and(|labels| LABELS.iter().any(|label| labels.get(label).is_some())));
    if relabelled || labelled {
        return AskedPath::Unknown;
    }
    let written = ["metrics_path", "path_prefix"].iter().find_map(|key| job.get(key)).and_then(text);
    match written.filter(|path| !path.value.is_empty()) {
        Some(path) if path.value.contains(['$', '{']) => AskedPath::Unknown,
        Some(path) => AskedPath::Written(path),
        None => AskedPath::Usual,
    }
}

/// Whether names are looked up for addresses; `SRV`, the default, also gives ports.
fn names_of_hosts(configs: &Node) -> bool {
    let hosts = |item: &Node| matches!(item.get("type").and_then(Node::text), Some("A" | "AAAA"));
    configs.list().is_some_and(|items| items.iter().all(hosts))
}

fn sets_address(step: &Node) -> bool {
    let action = step.get("action").and_then(Node::text).unwrap_or("replace");
    action.eq_ignore_ascii_case("replace") && step.get("target_label").and_then(Node::text) == Some("__address__")
}
