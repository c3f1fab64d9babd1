use std::collections::HashSet;

use super::super::images::short_name;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::ComposeFile;
use crate::facts::compose::{MountKind, Service};
use crate::facts::monitoring::flag;
use crate::facts::nginx::{Config, Inside, Place, inside};
use crate::source::{Level, Span};

#[doc = include_str!("mounted_where_nobody_reads.md")]
pub(crate) static RULE: Rule = Rule {
    id: "mounted-where-nobody-reads",
    level: Level::Warning,
    summary: "a configuration is mounted at a path that its program does not read",
    page: include_str!("mounted_where_nobody_reads.md"),
    check,
};

/// Programs by the path of the configuration that they read when they are told none, and what every such file says.
const READ: [(&str, &str, [&str; 2]); 2] = [
    ("prom/prometheus", "/etc/prometheus/prometheus.yml", ["scrape_configs:", "scrape_configs:"]),
    ("prom/alertmanager", "/etc/alertmanager/alertmanager.yml", ["route:", "receivers:"]),
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        nginx(world, sink, config);
    }
    for project in &world.facts.compose {
        for service in project.services.iter().filter(|service| service.build.is_none()) {
            let name = short_name(service);
            let name =
                name.strip_prefix("quay.io/prometheus/").map_or(name.to_owned(), |program| format!("prom/{program}"));
            if let Some((_, path, says)) = READ.iter().find(|(known, _, _)| *known == name) {
                monitor(world, sink, (project, service), path, *says);
            }
        }
    }
}

/// Files of sites that nginx includes from nowhere.
fn nginx(world: &World<'_>, sink: &mut Sink<'_>, config: &Config) {
    let (Place::Container { file, .. }, Some(service)) = (&config.place, config.service(&world.facts.compose)) else {
        return;
    };
    let Some(project) = world.facts.compose.get(*file) else { return };
    if !config.is_whole() {
        return;
    }
    let mut read: Option<HashSet<&str>> = None;
    for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind) {
        let target = mount.target.as_str();
        let name = target.strip_prefix("/etc/nginx/").unwrap_or_default();
        if !name.ends_with(".conf") || name.starts_with("templates/") || config.prefix != "/etc/nginx" {
            continue;
        }
        let led_to = inside(&world.facts.texts, &world.facts.places, Some(project), Some(service), target);
        let Inside::TreeFile(source) = led_to else { continue };
        let read = read.get_or_insert_with(|| {
            let included = config.includes.iter().map(|include| include.path.as_str());
            let named = config.directives.iter().flat_map(|directive| &directive.args).map(|word| word.text.as_str());
            included.chain(named).collect()
        });
        // Scripts and other programs of the image may read what nginx does not.
        let named = service.command.iter().any(|word| word.value.contains(target));
        if read.contains(target) || read.contains(name) || named {
            sink.found();
            continue;
        }
        let message = format!("{source} is mounted at `{target}`, and this nginx includes nothing from there");
        let help = format!(
            "mount it where nginx includes from, such as `/etc/nginx/conf.d/`: change {}",
            world.facts.path(mount.span)
        );
        let draft = Draft::new(message, mount.span, "nginx starts, and knows nothing of it", help);
        sink.not_found(if config.stated == mount.span {
            draft
        } else {
            draft.related(config.stated, "what it reads is told here")
        });
    }
}

/// A configuration beside the path at which the program looks: it starts with the example of its image.
fn monitor(
    world: &World<'_>,
    sink: &mut Sink<'_>,
    (project, service): (&ComposeFile, &Service),
    path: &str,
    says: [&str; 2],
) {
    let facts = world.facts;
    let led_to = |path: &str| inside(&facts.texts, &facts.places, Some(project), Some(service), path);
    // A shell may start the program, with a file that it has made of the mounted one.
    let by_shell = service.command.iter().any(|word| !word.value.starts_with('-'));
    if by_shell || flag(service, "config.file").is_some() || led_to(path) != Inside::Image {
        return;
    }
    let meant = service.mounts.iter().find_map(|mount| {
        let Inside::TreeFile(source) = led_to(&mount.target) else { return None };
        let (_, text) = facts.texts.get(&source)?;
        let begins = |word: &&str| text.lines().any(|line| line.starts_with(*word));
        says.iter().all(begins).then_some((mount.span, mount.target.as_str(), source))
    });
    let Some((span, target, source)): Option<(Span, &str, String)> = meant else { return };
    let message = format!("{source} is mounted at `{target}`, and `{}` reads `{path}`", service.name.value);
    let help = format!("mount it at `{path}`, or name it with `--config.file`: change {}", facts.path(span));
    let draft = Draft::new(message, span, "it starts with the example of its image instead", help);
    sink.not_found(draft.related(service.name.span, "no option of this service names another path"));
}
