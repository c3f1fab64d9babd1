//! Which files official images hold where no mount covers them.

use crate::facts::Texts;
use crate::facts::compose::{Holds, Service, name_and_tag, without_registry};
use crate::facts::monitoring::image_name;

/// Paths that the images of these names hold; a path that ends with `/` is a whole folder.
const HELD: [(&str, &[&str]); 9] = [
    (
        // https://github.com/nginx/docker-nginx, stable/debian
        "nginx",
        &[
            "/etc/nginx/nginx.conf",
            "/etc/nginx/mime.types",
            "/etc/nginx/fastcgi.conf",
            "/etc/nginx/fastcgi_params",
            "/etc/nginx/scgi_params",
            "/etc/nginx/uwsgi_params",
            "/etc/nginx/conf.d/default.conf",
            "/etc/nginx/modules/",
            "/usr/share/nginx/html/",
            "/etc/ssl/certs/",
        ],
    ),
    ("nginxinc/nginx-unprivileged", &["/etc/nginx/", "/usr/share/nginx/html/", "/etc/ssl/certs/"]),
    ("prom/prometheus", &["/etc/prometheus/prometheus.yml", "/etc/ssl/certs/"]),
    ("prom/alertmanager", &["/etc/alertmanager/alertmanager.yml", "/etc/ssl/certs/"]),
    ("prom/blackbox-exporter", &["/etc/blackbox_exporter/config.yml", "/etc/ssl/certs/"]),
    ("prom/node-exporter", &[]),
    ("grafana/grafana", &["/etc/grafana/", "/usr/share/grafana/", "/etc/ssl/certs/"]),
    ("grafana/grafana-oss", &["/etc/grafana/", "/usr/share/grafana/", "/etc/ssl/certs/"]),
    ("grafana/grafana-enterprise", &["/etc/grafana/", "/usr/share/grafana/", "/etc/ssl/certs/"]),
];

/// Files of the package of Debian and Ubuntu, for an nginx on the host.
const HOST_NGINX: [&str; 8] = [
    "/etc/nginx/mime.types",
    "/etc/nginx/fastcgi.conf",
    "/etc/nginx/fastcgi_params",
    "/etc/nginx/proxy_params",
    "/etc/nginx/scgi_params",
    "/etc/nginx/uwsgi_params",
    "/etc/nginx/modules-enabled/",
    "/etc/ssl/certs/",
];

/// Whether the image of a service holds a path that no mount covers; `None` for an image that is not known. Without a
/// service the host is asked.
pub(super) fn holds(texts: &Texts, service: Option<&Service>, path: &str) -> Option<bool> {
    let recipe = service.and_then(Service::recipe).map(|recipe| recipe.holds(texts, path));
    if path.starts_with("/dev/") || path.starts_with("/proc/") {
        return Some(true);
    }
    if service.is_some() && path.starts_with("/run/secrets/") {
        // Compose mounts secrets there; no image has any.
        return Some(false);
    }
    let within = |known: &&str| path == known.trim_end_matches('/') || known.ends_with('/') && path.starts_with(*known);
    let Some(service) = service else { return Some(HOST_NGINX.iter().any(within)) };
    let name = image_name(service);
    let name = name.strip_prefix("quay.io/").unwrap_or_else(|| without_registry(name));
    let name = name.strip_prefix("prometheus/").map_or_else(|| name.to_owned(), |program| format!("prom/{program}"));
    let (_, held) = HELD.iter().find(|(known, _)| *known == name)?;
    let held = held.iter().any(within);
    match (&service.build, recipe) {
        (None, _) => Some(held),
        // What a Dockerfile that is not read puts there is not known.
        (Some(_), None) => held.then_some(true),
        (Some(_), Some(Holds::Perhaps)) if !held => None,
        (Some(_), Some(_)) => Some(held),
    }
}

/// Official images (<https://github.com/docker-library/official-images>), which have no HEALTHCHECK, and some of others whose
/// Dockerfiles have none.
const WITHOUT_HEALTHCHECK: [&str; 38] = [
    "alpine",
    "busybox",
    "caddy",
    "debian",
    "eclipse-temurin",
    "elasticsearch",
    "ghost",
    "golang",
    "grafana/grafana",
    "grafana/grafana-oss",
    "grafana/loki",
    "haproxy",
    "httpd",
    "influxdb",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "nats",
    "nextcloud",
    "nginx",
    "nginxinc/nginx-unprivileged",
    "node",
    "openjdk",
    "php",
    "postgis/postgis",
    "postgres",
    "prom/alertmanager",
    "prom/node-exporter",
    "prom/prometheus",
    "python",
    "rabbitmq",
    "redis",
    "ruby",
    "rust",
    "traefik",
    "ubuntu",
    "wordpress",
];

/// Whether the image that its program comes from is known to have no health check of its own.
pub(super) fn has_no_healthcheck(service: &Service) -> bool {
    WITHOUT_HEALTHCHECK.contains(&short_name(service))
}

/// The name of its program's image without the registry that is meant where none is named.
pub(super) fn short_name(service: &Service) -> &str {
    // An image that is made here stands on one that only its Dockerfile tells.
    if service.build.is_some() && service.recipe().is_none_or(|recipe| recipe.base.is_empty()) {
        return "";
    }
    without_registry(image_name(service))
}

/// The tag of its program's image.
pub(super) fn tag(service: &Service) -> Option<&str> {
    name_and_tag(service.program_image()).1
}

/// The version of an official nginx, as its tag tells it, and the tag; a tag without a patch is the last one.
pub(super) fn nginx_version(service: &Service) -> Option<((u32, u32, u32), &str)> {
    if !["nginx", "nginxinc/nginx-unprivileged", "openresty/openresty"].contains(&short_name(service)) {
        return None;
    }
    let tag = tag(service)?;
    let mut numbers = tag.split(['.', '-']).map(str::parse::<u32>);
    let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(((major, minor, numbers.next().and_then(Result::ok).unwrap_or(u32::MAX)), tag))
}
