//! Alertmanager (<https://prometheus.io/docs/alerting/latest/configuration/>).

use super::{Monitor, Opened, files, list, text};
use crate::syntax::yaml::Node;

pub(super) fn read(root: &Node, monitor: &mut Monitor) {
    for path in list(root, "templates").iter().filter_map(text) {
        monitor.opens.push(Opened { path, what: "templates of notifications" });
    }
    files(root, &mut monitor.opens);
}
