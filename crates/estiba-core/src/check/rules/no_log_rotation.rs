use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Texts;
use crate::facts::compose::Service;
use crate::source::Level;

#[doc = include_str!("no_log_rotation.md")]
pub(crate) static RULE: Rule = Rule {
    id: "no-log-rotation",
    level: Level::Warning,
    summary: "the logs of a container grow until the disk is full",
    page: include_str!("no_log_rotation.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut daemon = None;
    for (_, project) in world.servers().filter(|(_, project)| !project.swarm) {
        let grows = |service: &&Service| {
            let stays = service
                .restart
                .as_ref()
                .is_some_and(|policy| matches!(policy.value.as_str(), "always" | "unless-stopped"));
            stays && !service.logging && !service.never
        };
        let mut services = project.services.iter().filter(grows);
        let Some(first) = services.next() else { continue };
        if *daemon.get_or_insert_with(|| daemon_rotates(&world.facts.texts)) {
            continue;
        }
        let others = services.count();
        let message = match others {
            0 => format!("the log of `{}` is never cut", first.name.value),
            others => format!("the logs of `{}` and of {others} more services are never cut", first.name.value),
        };
        let path = world.facts.path(first.name.span);
        let help = format!("write `logging` with `max-size` and `max-file`: change {path}, or Docker's daemon.json");
        let label = "Docker writes its lines into one file without an end";
        sink.find(Draft::new(message, first.name.span, label, help).pedantic());
    }
}

/// Whether a file of the tree tells Docker as a whole to cut logs: its `daemon.json`, or a script that writes it.
fn daemon_rotates(texts: &Texts) -> bool {
    texts.iter().any(|(path, _, text)| {
        let tells = path.file_name() == "daemon.json" || text.contains("daemon.json");
        tells && (text.contains("max-size") || text.contains("\"local\"") || text.contains("journald"))
    })
}
