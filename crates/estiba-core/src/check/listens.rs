//! On which ports the program of a container listens, as far as Compose files tell.

use crate::facts::compose::Service;
use crate::facts::monitoring::image_name;
use crate::source::Span;

/// What is wrong with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongPort {
    /// The port that is right.
    pub(super) right: u16,
    /// Where the tree says so.
    pub(super) stated: Span,
    /// What is said there.
    pub(super) why: String,
}

/// Images by what their makers document: name without registry, port.
const KNOWN: [(&str, u16); 15] = [
    ("prom/prometheus", 9090),
    ("prometheus/prometheus", 9090),
    ("prom/alertmanager", 9093),
    ("prometheus/alertmanager", 9093),
    ("prom/node-exporter", 9100),
    ("prometheus/node-exporter", 9100),
    ("prom/blackbox-exporter", 9115),
    ("prometheus/blackbox-exporter", 9115),
    ("prom/pushgateway", 9091),
    ("nginx/nginx-prometheus-exporter", 9113),
    ("grafana/grafana", 3000),
    ("grafana/grafana-oss", 3000),
    ("cadvisor/cadvisor", 8080),
    ("prometheuscommunity/postgres-exporter", 9187),
    ("oliver006/redis_exporter", 9121),
];

/// The port on which the program of a well-known image listens, unless its options may say otherwise in a way that is
/// not read here.
pub(super) fn default_port(service: &Service) -> Option<(u16, Span)> {
    for word in &service.command {
        if let Some((_, value)) = word.value.split_once("listen-address") {
            // The flag and its value may be two words: then the value is not here.
            let port = value.rsplit_once(':').and_then(|(_, port)| port.parse().ok())?;
            return Some((port, word.span));
        }
    }
    let moved = |name: &str| name.contains("PORT") || name.contains("LISTEN") || name.contains("ADDRESS");
    if service.environment.iter().any(|(name, _)| moved(name)) || service.command.iter().any(port_flag) {
        return None;
    }
    let image = service.image.as_ref()?;
    let name = image_name(service);
    let known = KNOWN.iter().find(|(known, _)| name == *known || name.ends_with(&format!("/{known}")))?;
    Some((known.1, image.span))
}

fn port_flag(word: &crate::source::Spanned<String>) -> bool {
    word.value.starts_with('-') && word.value.contains("port=")
}

/// Whether a port of a service is wrong: one that only the host has, or another than a well-known program's.
/// `services` are all that a project says about it.
pub(super) fn wrong_port(services: &[&Service], port: u16) -> Option<WrongPort> {
    if services.iter().any(|service| service.states_port(port)) {
        return None;
    }
    if let Some((right, stated)) = services.iter().find_map(|service| default_port(service)) {
        let why = format!("this one listens on {right}");
        return (right != port).then_some(WrongPort { right, stated, why });
    }
    let mapping = services.iter().flat_map(|service| &service.ports).find(|mapping| mapping.is_published(port))?;
    let right = mapping.target.0;
    let why = format!("{port} is the host's port; in the container it is {right}");
    Some(WrongPort { right, stated: mapping.span, why })
}
