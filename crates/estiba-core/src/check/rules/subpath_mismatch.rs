use super::super::passes::{Pass, is_below, passes};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::Service;
use crate::facts::monitoring::image_name;
use crate::source::{Level, last_part};

#[doc = include_str!("subpath_mismatch.md")]
pub(crate) static RULE: Rule = Rule {
    id: "subpath-mismatch",
    level: Level::Warning,
    summary: "Grafana is told another path than the one below which nginx shows it",
    page: include_str!("subpath_mismatch.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        for pass in passes(world, config) {
            let grafana =
                matches!(last_part(image_name(pass.service)), "grafana" | "grafana-oss" | "grafana-enterprise");
            if !grafana || pass.from.is_empty() {
                continue;
            }
            let (Some(root), Some(serves)) = (root(pass.service), serves(pass.service)) else { continue };
            let Some((message, label, change)) = wrong(&pass, &root, serves) else {
                sink.found();
                continue;
            };
            let help = format!("{change}: change {}", world.facts.path(pass.service.name.span));
            let draft = Draft::new(message, pass.span, label, help).related(pass.location, "shown here");
            sink.find(draft.related(pass.service.name.span, "this is Grafana"));
        }
    }
}

/// What does not fit together, what comes of it, and what to write.
fn wrong(pass: &Pass<'_>, root: &str, serves: bool) -> Option<(String, &'static str, String)> {
    let from = pass.from;
    if root.is_empty() || !is_below(from, root) {
        // Grafana has pages of many names (`/api/live`), and none of its own.
        if !pass.to.is_empty() && (pass.to != from || !from.contains("grafana")) {
            return None;
        }
        let shown = if root.is_empty() { "/" } else { root };
        return Some((
            format!("nginx shows Grafana below `{from}`, and `root_url` says `{shown}`"),
            "its pages ask for their files at another place, and stay empty",
            format!("write `GF_SERVER_ROOT_URL` with `{from}/` at its end"),
        ));
    }
    let below = &from[root.len()..];
    if pass.to == from && !serves {
        return Some((
            format!("nginx passes `{from}` on as it is, and Grafana does not serve it"),
            "Grafana knows no page of this path, and redirects without end",
            "write `GF_SERVER_SERVE_FROM_SUB_PATH: \"true\"`".to_owned(),
        ));
    }
    (pass.to == below && serves).then(|| {
        (
            format!("nginx takes `{root}` away, and Grafana serves below it"),
            "Grafana redirects to a path that nginx takes away again, without end",
            "leave `GF_SERVER_SERVE_FROM_SUB_PATH` out, or the path behind nginx' `proxy_pass`".to_owned(),
        )
    })
}

/// A setting of Grafana. A variable of the environment is stronger than its files.
fn setting<'s>(service: &'s Service, name: &str) -> Option<Option<&'s str>> {
    if let Some((_, value)) = service.environment.iter().find(|(known, _)| known == name) {
        return value.as_deref().map(Some);
    }
    let files = service.mounts.iter().any(|mount| {
        let target = mount.target.trim_end_matches('/');
        target == "/etc/grafana" || target.ends_with(".ini")
    });
    let elsewhere = files || !service.env_files.is_empty() || service.build.is_some() || !service.command.is_empty();
    (!elsewhere && service.secrets.iter().all(|(_, path)| !path.ends_with(".ini"))).then_some(None)
}

/// The path of `root_url`, without a `/` at its end.
fn root(service: &Service) -> Option<String> {
    let Some(url) = setting(service, "GF_SERVER_ROOT_URL")? else { return Some(String::new()) };
    let rest = url.split_once("://").map(|(_, rest)| rest)?;
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    (!path.contains(['$', '%', '{'])).then(|| path.trim_end_matches('/').to_owned())
}

fn serves(service: &Service) -> Option<bool> {
    match setting(service, "GF_SERVER_SERVE_FROM_SUB_PATH")? {
        None => Some(false),
        Some(value) if value.contains('$') => None,
        Some(value) => Some(matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "t" | "yes" | "on")),
    }
}
