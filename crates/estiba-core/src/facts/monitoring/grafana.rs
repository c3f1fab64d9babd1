//! Grafana's provisioning (<https://grafana.com/docs/grafana/latest/administration/provisioning/>).

use super::{Monitor, Opened, list, text};
use crate::syntax::yaml::Node;

pub(super) fn read(root: &Node, monitor: &mut Monitor) {
    for datasource in list(root, "datasources") {
        // The browser asks the others itself.
        if !matches!(datasource.get("access").and_then(Node::text), Some("direct" | "browser")) {
            monitor.urls.extend(datasource.get("url").and_then(text));
        }
    }
    for provider in list(root, "providers") {
        if let Some(path) = provider.get("options").and_then(|options| options.get("path")).and_then(text) {
            monitor.dashboards.push(path.clone());
            monitor.opens.push(Opened { path, what: "dashboards" });
        }
    }
}
