use super::super::images::{short_name, tag};
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::{Healthcheck, Service};
use crate::source::{Level, Span, last_part};

#[doc = include_str!("healthcheck_tool_absent.md")]
pub(crate) static RULE: Rule = Rule {
    id: "healthcheck-tool-absent",
    level: Level::Warning,
    summary: "a health check starts a program that its image does not have",
    page: include_str!("healthcheck_tool_absent.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for project in &world.facts.compose {
        for service in &project.services {
            let Some(check) = service.healthcheck.as_ref().filter(|check| !check.disabled) else { continue };
            for (program, span) in programs(check) {
                let Some(has) = has(service, program) else { continue };
                if has {
                    sink.found();
                    continue;
                }
                let name = &service.name.value;
                let image = service.program_image();
                let message =
                    format!("the health check of `{name}` starts `{program}`, and the image {image} has none");
                let help = format!(
                    "ask with a program that the image has, or put it there: change {}",
                    world.facts.path(span)
                );
                let draft = Draft::new(message, span, format!("`{name}` is never healthy"), help);
                let at =
                    service.image.as_ref().map(|image| image.span).or(service.build.as_ref().map(|build| build.key));
                sink.not_found(draft.related(at.unwrap_or(service.name.span), "its image"));
                break;
            }
        }
    }
}

const TOOLS: [&str; 2] = ["curl", "wget"];

/// The programs of `TOOLS` that a test cannot do without: of alternatives (`||`) only the first is asked here, and only
/// where no other tool is one.
fn programs(check: &Healthcheck) -> Vec<(&'static str, Span)> {
    let mut words = check.test.iter();
    let Some(first) = words.next() else { return Vec::new() };
    let known = |word: &str| TOOLS.into_iter().find(|tool| last_part(word) == *tool);
    let script = match first.value.as_str() {
        "CMD" => {
            let program = words.next();
            return program.and_then(|word| Some((known(&word.value)?, word.span))).into_iter().collect();
        }
        "CMD-SHELL" => words.next(),
        _ => Some(first),
    };
    let Some(script) = script else { return Vec::new() };
    let commands: Vec<&str> = script
        .value
        .split(['|', '&', ';', '\n', '('])
        .filter_map(|part| part.split_whitespace().find(|word| *word != "!"))
        .collect();
    let found: Vec<&'static str> = commands.iter().filter_map(|word| known(word)).collect();
    let asked_for = commands.iter().any(|word| matches!(*word, "command" | "which" | "if" | "[" | "test" | "type"));
    match found[..] {
        [tool] if !asked_for => vec![(tool, script.span)],
        _ => Vec::new(),
    }
}

/// Whether the image of a service has a tool; nothing where that is not known.
fn has(service: &Service, tool: &str) -> Option<bool> {
    let there = in_image(short_name(service), tag(service).unwrap_or("latest"), tool)?;
    match (&service.build, service.recipe()) {
        (None, _) => Some(there),
        (Some(_), None) => None,
        (Some(_), Some(_)) => Some(there).filter(|there| *there || !may_install(service, tool)),
    }
}

/// Whether a command of the Dockerfile names the tool, or one that may bring it.
fn may_install(service: &Service, tool: &str) -> bool {
    let names = |word: &str| service.recipe().is_some_and(|recipe| recipe.names(word));
    [tool, "xargs", ".sh", "$", "git", "busybox", "requirements-system", "packages"].into_iter().any(names)
}

/// What the makers' Dockerfiles install: those on Alpine have `wget` of busybox, those on a slim Debian neither.
fn in_image(name: &str, tag: &str, tool: &str) -> Option<bool> {
    let alpine = tag.contains("alpine");
    match name {
        "node" | "python" | "ruby" | "golang" | "rust" => match (alpine, tag.contains("slim"), tool) {
            (true, _, "wget") => Some(true),
            (true, _, _) => Some(false),
            (_, true, _) => Some(false),
            _ => Some(true),
        },
        "postgres" | "redis" | "memcached" if alpine => Some(tool == "wget"),
        "postgres" | "redis" | "memcached" | "debian" | "ubuntu" => Some(false),
        "eclipse-temurin" | "amazoncorretto" | "openjdk" if alpine => Some(tool == "wget"),
        "alpine" | "caddy" => Some(tool == "wget"),
        "prom/prometheus" | "prom/alertmanager" | "prom/node-exporter" | "prom/blackbox-exporter"
            if !tag.contains("distroless") =>
        {
            Some(tool == "wget")
        }
        "quay.io/keycloak/keycloak" | "grafana/loki" => (tool == "curl").then_some(false),
        name if name.starts_with("gcr.io/distroless/") => Some(false),
        _ => None,
    }
}
