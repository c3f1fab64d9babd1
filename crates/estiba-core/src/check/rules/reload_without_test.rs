use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::Place;
use crate::facts::shell::{ShellCommand, ShellScript};
use crate::source::{Level, last_part};

#[doc = include_str!("reload_without_test.md")]
pub(crate) static RULE: Rule = Rule {
    id: "reload-without-test",
    level: Level::Warning,
    summary: "a script tells nginx to read its configuration again, and nobody tests it",
    page: include_str!("reload_without_test.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let services = world
        .facts
        .nginx
        .iter()
        .filter(|config| matches!(config.place, Place::Container { .. }))
        .filter_map(|config| config.service(&world.facts.compose));
    let names: BTreeSet<&str> = services
        .flat_map(|service| [&service.name].into_iter().chain(&service.names))
        .map(|name| name.value.as_str())
        .collect();
    for script in world.shell() {
        if script.reads_others || tests(script) {
            continue;
        }
        for command in &script.commands {
            let Some(told) = told(command, &names) else { continue };
            let (message, label, help) = match told {
                Told::Signal => (
                    "nginx is sent HUP, and nobody tests its configuration before",
                    "with a mistake in it nginx goes on with the old one, and says so in its log only",
                    "write `nginx -t &&` before it, or `nginx -s reload`, which tests itself",
                ),
                Told::Restart => (
                    "nginx is started again, and nobody tests its configuration before",
                    "with a mistake in it every site is down",
                    "write `nginx -t &&` before it, or `nginx -s reload`, which goes on with the old one",
                ),
            };
            let draft = Draft::new(message, command.span, label, format!("{help}: change {}", script.path));
            // Where nothing was changed nothing can be wrong.
            sink.find(if told == Told::Restart { draft.pedantic() } else { draft });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Signal,
    Restart,
}

/// Whether a command of the script is `nginx -t`, also inside a container.
fn tests(script: &ShellScript<'_>) -> bool {
    script.commands.iter().any(|command| {
        let mut words = command.words.iter().filter_map(|word| word.text());
        words.by_ref().any(|word| last_part(word).contains("nginx"))
            && words.any(|word| matches!(word, "-t" | "-T" | "-tq" | "-qt" | "configtest"))
    })
}

fn told(command: &ShellCommand<'_>, names: &BTreeSet<&str>) -> Option<Told> {
    let words: Vec<&str> = command.words.iter().skip(1).filter_map(|word| word.text()).collect();
    match command.word(0) {
        "docker" | "docker-compose" | "podman" if words.iter().any(|word| names.contains(word)) => {
            let verb = words.iter().find(|word| matches!(**word, "kill" | "restart" | "exec" | "run"))?;
            let hup =
                |word: &&&str| matches!(word.trim_start_matches("--signal=").trim_start_matches("SIG"), "HUP" | "1");
            match *verb {
                "kill" => words.iter().find(hup).map(|_| Told::Signal),
                "restart" => Some(Told::Restart),
                _ => None,
            }
        }
        "systemctl"
            if words.contains(&"restart") && words.iter().any(|word| matches!(*word, "nginx" | "nginx.service")) =>
        {
            Some(Told::Restart)
        }
        "service" if words == ["nginx", "restart"] => Some(Told::Restart),
        _ => None,
    }
}
