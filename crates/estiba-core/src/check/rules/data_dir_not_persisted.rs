use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::compose::{Mount, Service, name_and_tag, without_registry};
use crate::facts::monitoring::image_name;
use crate::source::Level;

#[doc = include_str!("data_dir_not_persisted.md")]
pub(crate) static RULE: Rule = Rule {
    id: "data-dir-not-persisted",
    level: Level::Error,
    summary: "a database does not keep its data where its volume is",
    page: include_str!("data_dir_not_persisted.md"),
    check,
};

/// Where images keep their data, unless a variable of these names says otherwise.
const KEPT: [(&str, &str, &[&str]); 7] = [
    ("mysql", "/var/lib/mysql", &["MYSQL_DATADIR"]),
    ("mariadb", "/var/lib/mysql", &["MARIADB_DATADIR", "MYSQL_DATADIR"]),
    ("percona", "/var/lib/mysql", &[]),
    ("mongo", "/data/db", &[]),
    ("couchdb", "/opt/couchdb/data", &[]),
    ("neo4j", "/data", &[]),
    ("elasticsearch", "/usr/share/elasticsearch/data", &["path.data"]),
];

const POSTGRES: [&str; 4] = ["postgres", "postgis/postgis", "pgvector/pgvector", "timescale/timescaledb"];

/// Where PostgreSQL's images keep their data up to 17, and the folder above it that the later ones ask for
/// (<https://hub.docker.com/_/postgres>, PGDATA).
const OLD: &str = "/var/lib/postgresql/data";
const NEW: &str = "/var/lib/postgresql";

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for project in &world.facts.compose {
        for service in project.services.iter().filter(|service| service.build.is_none() && !service.never) {
            let name = without_registry(image_name(service));
            if POSTGRES.contains(&name) {
                postgres(world, sink, service);
            } else if let Some((_, folder, variables)) = KEPT.iter().find(|(known, ..)| *known == name)
                && !service.environment.iter().any(|(variable, _)| variables.contains(&variable.as_str()))
                && !service.command.iter().any(|word| word.value.contains("datadir") || word.value.contains("--dbpath"))
            {
                kept(world, sink, service, folder);
            }
        }
    }
}

fn postgres(world: &World<'_>, sink: &mut Sink<'_>, service: &Service) {
    let Some(image) = &service.image else { return };
    if service.environment.iter().any(|(variable, _)| variable == "PGDATA") || sets_elsewhere(service) {
        return;
    }
    let tag = name_and_tag(&image.value).1.unwrap_or_default();
    if tag.contains('$') {
        return sink.undecided(image.span, "the version is a variable");
    }
    // A tag without a number is the latest.
    let digits = tag.trim_start_matches("pg");
    let major: Option<u32> = digits.split(|c: char| !c.is_ascii_digit()).next().and_then(|number| number.parse().ok());
    let late = major.is_none_or(|major| major >= 18);
    let at = |folder: &str| service.mounts.iter().find(|mount| mount.target.trim_end_matches('/') == folder);
    let version = major.map_or("the latest".to_owned(), |major| major.to_string());
    match (late, at(OLD), at(NEW)) {
        (true, Some(mount), _) => {
            let message = format!("PostgreSQL {version} refuses a volume at `{OLD}`");
            let label = "the image stops when it finds this mount";
            let help = format!(
                "mount it at `{NEW}`, after the data was moved, or name the version that wrote it, such as `postgres:17`: change {}",
                world.facts.path(mount.span)
            );
            sink.find(Draft::new(message, mount.span, label, help).related(image.span, format!("this is {version}")));
        }
        (false, None, Some(mount)) => {
            let message =
                format!("PostgreSQL {version} keeps its data at `{OLD}`, below the volume that is given to it");
            let label = "Docker lays a nameless volume over the folder below";
            let help = format!("mount it at `{OLD}`: change {}", world.facts.path(mount.span));
            sink.find(Draft::new(message, mount.span, label, help).related(image.span, format!("this is {version}")));
        }
        (_, None, None) => nothing(world, sink, service, if late { NEW } else { OLD }),
        _ => sink.found(),
    }
}

fn kept(world: &World<'_>, sink: &mut Sink<'_>, service: &Service, folder: &str) {
    let covers = |mount: &&Mount| {
        let target = mount.target.trim_end_matches('/');
        folder == target || folder.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
    };
    if service.mounts.iter().any(|mount| covers(&mount)) || sets_elsewhere(service) {
        sink.found();
    } else {
        nothing(world, sink, service, folder);
    }
}

/// A configuration that is mounted may name another folder.
fn sets_elsewhere(service: &Service) -> bool {
    service.mounts.iter().any(|mount| mount.target.ends_with(".conf") || mount.target.ends_with(".cnf"))
        && service.mounts.len() > 1
        && !service.mounts.iter().any(|mount| mount.target.starts_with("/var/lib/postgresql"))
}

/// No volume where the data is: it goes with the container. A volume beside it was meant for it.
fn nothing(world: &World<'_>, sink: &mut Sink<'_>, service: &Service, folder: &str) {
    let name = &service.name.value;
    let beside = service.mounts.iter().find(|mount| {
        let named = mount.source.as_ref().is_some_and(|source| {
            let source = source.value.as_str();
            !source.contains(".sql") && !source.contains("init") && !source.contains("conf")
        });
        let data = ["/var/lib/", "/data", "/db"].iter().any(|start| mount.target.starts_with(start));
        named && data
    });
    match beside {
        Some(mount) => {
            let message = format!("`{name}` keeps its data at `{folder}`, and its volume is at `{}`", mount.target);
            let help = format!("mount it at `{folder}`: change {}", world.facts.path(mount.span));
            sink.find(Draft::new(message, mount.span, "nothing that matters is written here", help));
        }
        None => {
            let at = service.image.as_ref().map_or(service.name.span, |image| image.span);
            let message = format!("`{name}` keeps its data at `{folder}`, where no volume is");
            let help = format!("mount a named volume there: change {}", world.facts.path(at));
            let draft = Draft::new(message, at, "the data goes when the container is made anew", help);
            // It may hold nothing that anybody wants to keep.
            sink.find(draft.level(Level::Warning).pedantic());
        }
    }
}
