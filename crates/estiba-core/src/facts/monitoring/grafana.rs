//! Grafana's provisioning (<https://grafana.com/docs/grafana/latest/administration/provisioning/>).

use sha2::{Digest, Sha256};

use super::{Monitor, Opened, list, text};
use crate::source::Spanned;
use crate::syntax::yaml::Node;

/// A data source that Grafana is given.
#[derive(Clone, Debug)]
pub struct DataSource {
    /// Its name.
    pub name: Spanned<String>,
    /// `uid`, or the one that Grafana makes of the name.
    pub uid: String,
}

pub(super) fn read(root: &Node, monitor: &mut Monitor) {
    for datasource in list(root, "datasources") {
        // The browser asks the others itself.
        if !matches!(datasource.get("access").and_then(Node::text), Some("direct" | "browser")) {
            monitor.urls.extend(datasource.get("url").and_then(text));
        }
        if let Some(name) = datasource.get("name").and_then(text) {
            let uid = datasource.get("uid").and_then(Node::text).filter(|uid| !uid.is_empty());
            let uid = uid.map_or_else(|| made_uid(&name.value), str::to_owned);
            monitor.datasources.push(DataSource { name, uid });
        }
    }
    for provider in list(root, "providers") {
        if let Some(path) = provider.get("options").and_then(|options| options.get("path")).and_then(text) {
            monitor.dashboards.push(path.clone());
            monitor.opens.push(Opened { path, what: "dashboards" });
        }
    }
}

/// `safeUIDFromName` in Grafana's `pkg/services/provisioning/datasources`.
fn made_uid(name: &str) -> String {
    let hash = Sha256::digest(name.as_bytes());
    hash.iter().take(8).fold("P".to_owned(), |uid, byte| format!("{uid}{byte:02X}"))
}

#[cfg(test)]
mod tests {
    use super::made_uid;

    #[test]
    fn a_uid_is_made_as_grafana_does() {
        // As it stands in dashboards that people exported.
        assert_eq!(made_uid("Prometheus"), "PBFA97CFB590B2093");
    }
}
