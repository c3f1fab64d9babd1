//! What a description leaves open. Applied once, here, last.

/// nginx, at least 1.27.4: `resolve` in open-source upstreams came with 1.27.3, and its start without the name was
/// tried on 1.30.6 (<https://nginx.org/en/CHANGES>).
pub(super) const NGINX_IMAGE: &str = "nginx:1.30.6";
/// Images of the monitoring stack by key of `monitoring.images`.
pub(super) const MONITORING_IMAGES: [(&str, &str); 6] = [
    ("prometheus", "prom/prometheus:v3.5.3"),
    ("alertmanager", "prom/alertmanager:v0.33.0"),
    ("grafana", "grafana/grafana:12.3.0"),
    ("node_exporter", "prom/node-exporter:v1.10.2"),
    ("blackbox_exporter", "prom/blackbox-exporter:v0.28.0"),
    ("nginx_exporter", "nginx/nginx-prometheus-exporter:1.5.1"),
];
/// <https://letsencrypt.org/docs/acme-protocol-updates/>
pub(super) const LETSENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// <https://letsencrypt.org/docs/staging-environment/>
pub(super) const LETSENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";
pub(super) const USER: &str = "deploy";
pub(super) const ARCH: &str = "amd64";
pub(super) const LOGIN: &str = "admin";
pub(super) const RETENTION_TIME: &str = "15d";
pub(super) const RETENTION_SIZE: &str = "2GB";
pub(super) const MAX_BODY: &str = "20m";
pub(super) const TIMEOUT_SECONDS: u32 = 60;
pub(super) const METRICS_PATH: &str = "/metrics";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::Word;

    #[test]
    fn every_default_is_a_word() {
        let images = MONITORING_IMAGES.iter().map(|(_, image)| *image);
        let others = [NGINX_IMAGE, LETSENCRYPT, LETSENCRYPT_STAGING, USER, ARCH, LOGIN, RETENTION_TIME, RETENTION_SIZE];
        for literal in images.chain(others).chain([MAX_BODY, METRICS_PATH]) {
            assert!(Word::join(&[literal]).is_some(), "{literal}");
        }
    }
}
