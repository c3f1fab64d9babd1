//! Alertmanager (<https://prometheus.io/docs/alerting/latest/configuration/>).

use super::{Monitor, Opened, files, list, text};
use crate::syntax::yaml::Node;

pub(super) fn read(root: &Node, monitor: &mut Monitor) {
    for path in list(root, "templates").iter().filter_map(text) {
        monitor.opens.push(Opened { path, what: "templates of notifications" });
    }
    for receiver in list(root, "receivers") {
        for hook in list(receiver, "webhook_configs") {
            monitor.urls.extend(hook.get("url").and_then(text));
        }
    }
    files(root, &mut monitor.opens);
}
