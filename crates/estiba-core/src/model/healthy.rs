//! `depends_on: { x: { condition: service_healthy } }` of a service that nothing says the health of: Compose finds out
//! when it starts it, and stops.

use std::collections::BTreeMap;

use crate::describe::{Description, Service};
use crate::source::{Diagnostic, Files, Span, TreePath};
use crate::syntax::yaml::Node;

/// Images whose makers put a HEALTHCHECK into them (their Dockerfiles say so); the official images have none.
const KNOWN: [&str; 6] = [
    "gcr.io/cadvisor/cadvisor",
    "ghcr.io/immich-app/",
    "jellyfin/jellyfin",
    "louislam/uptime-kuma",
    "pihole/pihole",
    "vaultwarden/server",
];

/// Reports every dependency that could never be met.
pub(super) fn check(description: &Description, base: &str, files: &dyn Files, problems: &mut Vec<Diagnostic>) {
    let mut waiting: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for service in &description.services {
        for (key, dependency) in get(service, "depends_on").and_then(Node::map).unwrap_or_default() {
            let condition = dependency.get("condition");
            if let (Some(name), Some(condition)) = (key.text(), condition)
                && condition.text() == Some("service_healthy")
            {
                waiting.entry(name).or_default().push(condition.span);
            }
        }
    }
    for service in &description.services {
        let Some(places) = waiting.get(service.name.value.as_str()) else { continue };
        if says_its_health(service, base, files) {
            continue;
        }
        for place in places {
            let message = format!("nothing says when `{}` is healthy", service.name.value);
            let problem = Diagnostic::error(message, *place, "Compose would stop here")
                .related(service.name.span, "it has no `healthcheck`")
                .help(format!("add `healthcheck:` to `{}`, or wait for `service_started`", service.name.value));
            problems.push(problem);
        }
    }
}

fn says_its_health(service: &Service, base: &str, files: &dyn Files) -> bool {
    if let Some(check) = get(service, "healthcheck").filter(|node| !node.is_null()) {
        let disabled = check.get("disable").and_then(Node::boolean) == Some(true);
        let none = check.get("test").and_then(|test| test.text().or_else(|| test.list()?.first()?.text()));
        // Without a test of its own it is the image's, with other times.
        if disabled || none == Some("NONE") {
            return false;
        }
        if none.is_some() {
            return true;
        }
    }
    match (get(service, "build"), get(service, "image").and_then(Node::text)) {
        (Some(build), _) => built_with_one(build, base, files),
        (None, Some(image)) => {
            let name = image.strip_prefix("docker.io/").unwrap_or(image);
            KNOWN.iter().any(|known| name.starts_with(known))
        }
        (None, None) => false,
    }
}

/// Whether a build's Dockerfile has a HEALTHCHECK. What cannot be read here may have one.
fn built_with_one(build: &Node, base: &str, files: &dyn Files) -> bool {
    if let Some(inline) = build.get("dockerfile_inline").and_then(Node::text) {
        return has_healthcheck(inline);
    }
    let context = build.text().or_else(|| build.get("context")?.text()).unwrap_or(".");
    let file = build.get("dockerfile").and_then(Node::text).unwrap_or("Dockerfile");
    let Ok(path) = TreePath::parse(&format!("{base}{context}/{file}")) else { return true };
    let elsewhere = context.contains("://") || context.starts_with("git@") || build.get("target").is_some();
    match files.read(&path).map(String::from_utf8) {
        Ok(Ok(text)) if !elsewhere => has_healthcheck(&text),
        _ => true,
    }
}

/// <https://docs.docker.com/reference/dockerfile/#healthcheck>: the last one counts, and a stage may take that of the
/// stage it begins with, so stages are not told apart.
fn has_healthcheck(dockerfile: &str) -> bool {
    let mut checks = dockerfile.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.next()?.eq_ignore_ascii_case("HEALTHCHECK").then(|| words.next())
    });
    checks.next_back().is_some_and(|word| word.is_none_or(|word| !word.eq_ignore_ascii_case("none")))
}

fn get<'a>(service: &'a Service, key: &str) -> Option<&'a Node> {
    service.compose.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, node)| node)
}
