use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::Service;
use crate::source::{Level, Spanned};
use crate::steps::{EffectKind, Text};

#[doc = include_str!("signal_marks_stopped.md")]
pub(crate) static RULE: Rule = Rule {
    id: "signal-marks-stopped",
    level: Level::Error,
    summary: "a container that `docker kill` asked to reload stays down after the next reboot",
    page: include_str!("signal_marks_stopped.md"),
    check,
};

/// Signals that ask a program to go on in another way. Who sends another one wants it to stop.
const GOES_ON: [&str; 4] = ["HUP", "USR1", "USR2", "WINCH"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for script in world.scripts() {
        for effect in &script.effects {
            let EffectKind::ContainerSignal { container, signal } = &effect.kind else { continue };
            let Some(signal) = signal.known().map(|signal| signal.trim_start_matches("SIG")) else { continue };
            let Some(restart) = stays_down(world, container).filter(|_| GOES_ON.contains(&signal)) else { continue };
            let message =
                format!("after `docker kill` with {signal} this container stays down when the server reboots");
            let help = format!(
                "send the signal from the host, `kill -{signal}` to the container's `.State.Pid`, or run the program's own reload in it: change {}",
                world.facts.path(effect.span)
            );
            let draft = Draft::new(message, effect.span, "Docker marks it as stopped by hand", help);
            sink.find(draft.related(restart.span, "and so starts it no more with this"));
        }
    }
}

/// The `restart: unless-stopped` of the container that a script names; where only a run knows which one it is, that of the
/// first service, if all that restart do it so.
fn stays_down<'w>(world: &'w World<'w>, container: &Text) -> Option<&'w Spanned<String>> {
    let mut services = world.servers().flat_map(|(_, project)| &project.services);
    let unless = |service: &'w Service| service.restart.as_ref().filter(|restart| restart.value == "unless-stopped");
    match container.known() {
        Some(name) => services.find(|service| bears(service, name)).and_then(unless),
        None => {
            let restarting: Vec<&Service> = services
                .filter(|service| service.restart.as_ref().is_some_and(|restart| restart.value != "no"))
                .collect();
            restarting.iter().all(|service| unless(service).is_some()).then(|| unless(restarting.first()?)).flatten()
        }
    }
}

/// `container_name`, the service's own name, or what Compose makes of it: `project-service-1`.
fn bears(service: &Service, name: &str) -> bool {
    let own = service.name.value.as_str();
    let made = name.rsplit_once(['-', '_']).is_some_and(|(before, number)| {
        number.bytes().all(|byte| byte.is_ascii_digit())
            && before.strip_suffix(own).is_some_and(|project| project.ends_with(['-', '_']))
    });
    name == own || made || service.names.iter().any(|known| known.value == name)
}
