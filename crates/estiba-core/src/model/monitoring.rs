//! The monitoring stack's names and images.

use super::{Monitoring, ProxyKind, Secret, Upstream, defaults};
use crate::describe::{self, Word};

/// The port each admin page listens on inside its container.
const PAGES: [(&str, u16); 3] = [("alertmanager", 9093), ("grafana", 3000), ("prometheus", 9090)];

pub(super) fn resolve(project: &Word, typed: &describe::Monitoring) -> Monitoring {
    let chosen = |key: &str| typed.images.iter().find(|(name, _)| name == key).map(|(_, image)| image.clone());
    let images =
        defaults::MONITORING_IMAGES.map(|(key, image)| (key, chosen(key).unwrap_or_else(|| Word::literal(image))));
    let id = |key: &'static str| (key, project.dashed(&Word::literal(short_name(key))));
    Monitoring {
        grafana: typed.grafana.value.clone(),
        prometheus: typed.prometheus.value.clone(),
        alertmanager: typed.alertmanager.value.clone(),
        user: typed.user.clone().unwrap_or_else(|| Word::literal(defaults::LOGIN)),
        webhook_secret: typed.alerts.as_ref().map(|alerts| alerts.webhook_secret.value.clone()),
        retention_time: typed.retention_time.clone().unwrap_or_else(|| Word::literal(defaults::RETENTION_TIME)),
        retention_size: typed.retention_size.clone().unwrap_or_else(|| Word::literal(defaults::RETENTION_SIZE)),
        ids: images.iter().map(|(key, _)| id(key)).collect(),
        images: images.into_iter().collect(),
    }
}

/// Short names that a project's own services may not take while monitoring is described.
pub(super) fn short_name(key: &'static str) -> &'static str {
    match key {
        "node_exporter" => "node-exporter",
        "blackbox_exporter" => "blackbox-exporter",
        "nginx_exporter" => "nginx-exporter",
        other => other,
    }
}

pub(super) fn short_names() -> impl Iterator<Item = &'static str> {
    defaults::MONITORING_IMAGES.iter().map(|(key, _)| short_name(key))
}

/// Upstreams of the admin pages; loopback ports are given later.
pub(super) fn upstreams(monitoring: &Monitoring) -> Vec<Upstream> {
    let page = |(key, port): (&str, u16)| {
        let id = monitoring.ids.get(key)?.clone();
        Some(Upstream { name: id.clone(), service: id, port, loopback: None, monitoring: true })
    };
    PAGES.into_iter().filter_map(page).collect()
}

/// The services of the stack for a kind of proxy: the exporter of nginx reaches only the container's.
pub(super) fn runs(key: &str, proxy: ProxyKind) -> bool {
    key != "nginx_exporter" || proxy == ProxyKind::Container
}

/// What the stack's templates need besides the user's own secrets.
pub(super) fn secrets() -> [Secret; 1] {
    [Secret { name: Word::literal("grafana_admin_password"), generate: Some(32), url: false, monitoring: true }]
}
