use super::super::fix::rename;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::ComposeFile;
use crate::facts::compose::{MountKind, Service};
use crate::source::{Level, Span, Spanned, nearest};

#[doc = include_str!("undefined_compose_name.md")]
pub(crate) static RULE: Rule = Rule {
    id: "undefined-compose-name",
    level: Level::Error,
    summary: "a service names another service, a network, a volume or a secret that its project has not",
    page: include_str!("undefined_compose_name.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for project in &world.facts.compose {
        let services: Vec<&str> = project.services.iter().map(|service| service.name.value.as_str()).collect();
        let networks: Vec<&str> = project.networks.iter().map(|network| network.key.value.as_str()).collect();
        let volumes: Vec<&str> = project.volumes.iter().map(|volume| volume.value.as_str()).collect();
        let secrets: Vec<&str> = project.secrets.iter().map(|secret| secret.key.value.as_str()).collect();
        for service in &project.services {
            let judge = Judge { world, project, service };
            for name in &service.depends_on {
                judge.name(sink, name, "service", &services);
            }
            for network in service.networks.iter().flatten().filter(|network| network.name.value != "default") {
                judge.name(sink, &network.name, "network", &networks);
            }
            for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Volume) {
                if let Some(source) = &mount.source {
                    judge.name(sink, source, "volume", &volumes);
                }
            }
            for (name, _) in &service.secrets {
                judge.name(sink, name, "secret or config", &secrets);
            }
            if let Some(mode) = &service.network_mode
                && let Some(name) = mode.value.strip_prefix("service:")
            {
                judge.name(sink, &Spanned::new(name.to_owned(), mode.span), "service", &services);
            }
        }
    }
}

struct Judge<'a> {
    world: &'a World<'a>,
    project: &'a ComposeFile,
    service: &'a Service,
}

impl Judge<'_> {
    fn name(&self, sink: &mut Sink<'_>, name: &Spanned<String>, kind: &str, known: &[&str]) {
        let text = name.value.as_str();
        if known.contains(&text) {
            return sink.found();
        }
        // A drive of Windows, or a name that only the environment tells.
        if text.contains('\\') || text.len() == 1 && kind == "volume" || names_a_variable(text) {
            return;
        }
        let path = self.world.facts.path(name.span);
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? Change {path}"),
            None => format!("declare it in {}, or remove its name from {path}", self.project.path),
        };
        let message = format!("`{}` names the {kind} `{text}`, and the project has none", self.service.name.value);
        let declared: Option<Span> = (self.service.name.span != name.span).then_some(self.service.name.span);
        let draft = Draft::new(message, name.span, "Compose refuses the project", help).fix(rename(
            self.world.facts,
            name.span,
            text,
            known.iter().copied(),
        ));
        sink.not_found(match declared {
            Some(at) => draft.related(at, "named by this service"),
            None => draft,
        });
    }
}

/// Whether a variable without a value is left; a dollar that was written twice is none.
fn names_a_variable(text: &str) -> bool {
    let begins = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '{');
    text.match_indices('$').any(|(at, _)| begins(&text[at + 1..]))
}
