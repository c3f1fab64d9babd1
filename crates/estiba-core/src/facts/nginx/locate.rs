//! Which nginx there are, what each is started with, and what stands at a path as it sees it.

use std::collections::BTreeMap;

use super::Place;
use crate::facts::compose::{ComposeFile, Holds, MountKind, Service};
use crate::facts::places::below;
use crate::facts::{Places, Settings, Stands, Texts};
use crate::source::{Span, last_part, normal};
use crate::syntax::nginx::Generation;

pub(super) struct World<'a> {
    pub(super) texts: &'a Texts,
    pub(super) compose: &'a [ComposeFile],
    pub(super) places: &'a Places,
}

/// An nginx and its first file.
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) generations: Vec<Generation>,
    pub(super) path: String,
    pub(super) stated: Span,
}

/// What stands at a path inside a container, or on the host for a program that runs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inside {
    /// A file of the tree.
    TreeFile(String),
    /// A folder of the tree.
    TreeFolder(String),
    /// Made by a step; [`Places::makers`] of the path names all of them.
    Made {
        /// The path on the server.
        path: String,
        /// The step.
        step: String,
        /// Its declaration.
        declared: Span,
    },
    /// A folder on the way to something.
    Above,
    /// Inside a volume, whose content no file tells.
    Volume,
    /// Part of the image: no mount covers the path.
    Image,
    /// A mount of the tree covers it, and it is not there.
    Missing {
        /// The path in the tree that it would have, when it is a path of the tree.
        path: Option<String>,
        /// The mount.
        mount: Option<Span>,
    },
}

/// Resolves a path as a service sees it; `None` for a program on the host.
#[must_use]
pub fn inside(
    texts: &Texts,
    places: &Places,
    project: Option<&ComposeFile>,
    service: Option<&Service>,
    path: &str,
) -> Inside {
    let path = normal(path);
    let Some(service) = service else { return from_host(places.resolve(texts, &path), None) };
    if service.secrets.iter().any(|(_, target)| *target == path) {
        return Inside::Above;
    }
    let covering = service.mounts.iter().filter_map(|mount| Some((mount, below(&path, &normal(&mount.target))?)));
    // A volume begins with what the image has there.
    let image = || match service.recipe().map(|recipe| recipe.holds(texts, &path)) {
        Some(Holds::Tree(path)) if texts.has_file(&path) => Inside::TreeFile(path),
        Some(Holds::Tree(path)) => Inside::TreeFolder(path),
        _ => Inside::Image,
    };
    let Some((mount, rest)) = covering.min_by_key(|(_, rest)| rest.len()) else { return image() };
    let (MountKind::Bind, Some(source)) = (mount.kind, &mount.source) else {
        return match image() {
            Inside::Image => Inside::Volume,
            known => known,
        };
    };
    if source.value.contains('$') || source.value.starts_with('~') {
        return Inside::Volume;
    }
    let join = |base: &str| if rest.is_empty() { base.to_owned() } else { format!("{base}/{rest}") };
    if source.value.starts_with('/') {
        return from_host(places.resolve(texts, &join(&source.value)), Some(mount.span));
    }
    let folder = project.map_or("", |project| project.folder(mount.span));
    let in_tree = normal(&join(&format!("/{folder}/{}", source.value))).trim_start_matches('/').to_owned();
    if texts.has_file(&in_tree) {
        Inside::TreeFile(in_tree)
    } else if texts.has_folder(&in_tree) {
        Inside::TreeFolder(in_tree)
    } else {
        Inside::Missing { path: Some(in_tree), mount: Some(mount.span) }
    }
}

fn from_host(stands: Stands, mount: Option<Span>) -> Inside {
    match stands {
        Stands::TreeFile(path) => Inside::TreeFile(path),
        Stands::TreeFolder(path) => Inside::TreeFolder(path),
        Stands::Made { path, step, declared } => Inside::Made { path, step, declared },
        Stands::Above => Inside::Above,
        Stands::NotInTree { path } => Inside::Missing { path: Some(path), mount },
        Stands::Nothing => Inside::Missing { path: None, mount },
    }
}

impl World<'_> {
    pub(super) fn service(&self, place: &Place) -> Option<&Service> {
        match place {
            Place::Container { file, service } => self.compose.get(*file)?.services.get(*service),
            Place::Host => None,
        }
    }

    pub(super) fn inside(&self, place: &Place, path: &str) -> Inside {
        match place {
            Place::Host => inside(self.texts, self.places, None, None, path),
            Place::Container { file, service } => {
                let compose = self.compose.get(*file);
                inside(self.texts, self.places, compose, compose.and_then(|file| file.services.get(*service)), path)
            }
        }
    }
}

pub(crate) fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// nginx of containers, then the host's.
pub(super) fn entries(world: &World<'_>, settings: &Settings) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (file, compose) in world.compose.iter().enumerate() {
        for (service, facts) in compose.services.iter().enumerate() {
            let image = facts.program_image();
            let program = facts.command.iter().position(|word| is_nginx_program(&word.value));
            if program.is_none() && !is_nginx_image(image) {
                continue;
            }
            let place = Place::Container { file, service };
            // The `-c` of a shell before it is not nginx's.
            let words = facts.command.get(program.unwrap_or(facts.command.len())..).unwrap_or_default();
            let flag = words.iter().position(|word| word.value == "-c");
            let given = flag.and_then(|at| words.get(at + 1));
            let path = given.map_or(IMAGE_CONF, |word| word.value.as_str());
            let mount = facts.mounts.iter().find(|mount| below(path, &mount.target).is_some());
            let stated = given.map(|word| word.span).or_else(|| mount.map(|mount| mount.span));
            let stated = stated.unwrap_or(facts.name.span);
            // An nginx whose first file is the image's own, and that mounts nothing of the tree, says nothing here.
            if world.inside(&place, path) == super::Inside::Image && !mounts_sites(facts) && !has_copies(facts) {
                continue;
            }
            entries.push(Entry { place, generations: generations(image), path: path.to_owned(), stated });
        }
    }
    let on_host = settings.word("PROXY_RUNS") == Some("host");
    if let (true, Some(path)) = (on_host, settings.word("PROXY_CONF"))
        && let Some((file, text)) = world.texts.get(crate::facts::settings::SETTINGS)
    {
        let at = text.find("PROXY_CONF=").unwrap_or(0);
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        let stated = Span::new(file, at, end);
        entries.push(Entry {
            place: Place::Host,
            generations: Generation::ALL.to_vec(),
            path: path.to_owned(),
            stated,
        });
    }
    entries
}

/// The configuration that nginx reads when it is told none.
pub(super) const IMAGE_CONF: &str = "/etc/nginx/nginx.conf";

/// What the image's own configuration includes into `http`.
pub(super) const IMAGE_SITES: &str = "/etc/nginx/conf.d/*.conf";

/// Where the start of the image makes files of templates
/// (<https://github.com/docker-library/docs/tree/master/nginx#using-environment-variables-in-nginx-configuration-new-in-119>).
pub(super) struct Templates {
    pub(super) folder: String,
    pub(super) suffix: String,
    pub(super) output: String,
    /// What the variables become; nothing where the environment is not known to its end.
    pub(super) values: BTreeMap<String, Option<String>>,
}

impl Templates {
    pub(super) fn of(service: &Service) -> Self {
        let values: BTreeMap<String, Option<String>> = service.environment.iter().cloned().collect();
        let given = |name: &str, default: &str| {
            values.get(name).cloned().flatten().unwrap_or_else(|| default.to_owned()).trim_end_matches('/').to_owned()
        };
        Self {
            folder: given("NGINX_ENVSUBST_TEMPLATE_DIR", "/etc/nginx/templates"),
            suffix: given("NGINX_ENVSUBST_TEMPLATE_SUFFIX", ".template"),
            output: given("NGINX_ENVSUBST_OUTPUT_DIR", "/etc/nginx/conf.d"),
            values,
        }
    }
}

fn is_nginx_program(word: &str) -> bool {
    word == "nginx" || word.ends_with("/nginx") || word == "nginx-debug"
}

fn mounts_sites(service: &Service) -> bool {
    service.mounts.iter().any(|mount| mount.kind == MountKind::Bind && mount.target.starts_with("/etc/nginx"))
}

/// Whether its Dockerfile may put something of the tree where nginx reads.
fn has_copies(service: &Service) -> bool {
    service.recipe().is_some_and(|recipe| recipe.copies_below("/etc/nginx"))
}

fn is_nginx_image(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or_default();
    let name = last_part(name);
    matches!(name.split(':').next(), Some("nginx" | "nginx-unprivileged" | "openresty"))
}

/// From the tag, such as `1.30.6` or `1.27-alpine`; a tag without a version can be any of them.
fn generations(image: &str) -> Vec<Generation> {
    let tag = image.split('@').next().unwrap_or_default().rsplit_once(':').map_or("", |(_, tag)| tag);
    let mut numbers = tag.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => {
            let (below, above) = Generation::around(major, minor);
            if below == above { vec![below] } else { vec![below, above] }
        }
        _ => Generation::ALL.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::generations;
    use crate::facts::nginx::Config;
    use crate::facts::testing::facts;
    use crate::syntax::nginx::Generation::{self, V1_22, V1_26, V1_30};

    const SITE: &str = "server { listen 80; }\n";

    /// The nginx of one service.
    fn config(service: &str, more: &[(&str, &str)]) -> Option<Config> {
        let compose = format!("services:\n  p:\n{service}");
        let mut files = vec![("c.yml", compose.as_str()), ("conf.d/a.conf", SITE)];
        files.extend(more);
        let facts = facts(&files);
        assert!(facts.broken.is_empty(), "{:?}", facts.broken);
        facts.nginx.into_iter().next()
    }

    fn names(config: &Config) -> Vec<&str> {
        config.directives.iter().map(|directive| directive.name.text.as_str()).collect()
    }

    #[test]
    fn the_generation_is_told_by_the_tag() {
        assert_eq!(generations("nginx:1.30.6"), [V1_30]);
        assert_eq!(generations("registry.example:5000/nginx:1.22-alpine3.20"), [V1_22]);
        assert_eq!(generations("nginx:1.28@sha256:00"), [V1_26, V1_30]);
        for image in ["nginx", "nginx:alpine3.20", "nginx:1", "nginx:latest", "registry.example:5000/nginx"] {
            assert_eq!(generations(image), Generation::ALL, "{image}");
        }
    }

    #[test]
    fn the_images_own_configuration_includes_the_mounted_sites() {
        let config = config("    image: nginx:1.30\n    volumes: ['./conf.d:/etc/nginx/conf.d:ro']\n", &[]).unwrap();
        assert_eq!(names(&config), ["server", "listen"]);
        assert_eq!(config.blocks[config.directives[0].block].context, Some(crate::syntax::nginx::Context::Http));
    }

    #[test]
    fn the_option_of_a_shell_is_not_nginxs() {
        let sites = "    image: nginx:1.30\n    volumes: ['./conf.d:/etc/nginx/conf.d:ro']\n";
        let loops = "    command: \"/bin/sh -c 'while :; do sleep 6h; nginx -s reload; done & nginx -g \\\"daemon off;\\\"'\"\n";
        assert_eq!(names(&config(&format!("{sites}{loops}"), &[]).unwrap()), ["server", "listen"]);
        let given = "    image: other\n    command: [sh, -c, x, nginx, -c, /w/my.conf]\n    volumes: ['./w:/w']\n";
        assert_eq!(names(&config(given, &[("w/my.conf", "events {}\n")]).unwrap()), ["events"]);
    }

    #[test]
    fn an_nginx_that_reads_nothing_of_the_tree_says_nothing() {
        assert!(config("    image: nginx:1.30\n", &[]).is_none());
        assert!(
            config("    image: nginx/nginx-prometheus-exporter:1\n    volumes: ['./conf.d:/etc/nginx/conf.d']\n", &[])
                .is_none()
        );
    }
}
