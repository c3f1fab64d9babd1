//! Compose files (<https://docs.docker.com/reference/compose-file/>), merged to projects. Which of them belong together
//! is told by what names them, by their names and by themselves; a file is judged as a project only where it is one.

mod env;
mod image;
mod interpolate;
mod merge;
mod mounts;
mod named;
mod ports;
mod projects;
mod raw;
mod read;
mod recipe;
mod words;

pub(crate) use image::{name_and_tag, without_registry};
pub use mounts::{Mount, MountKind};
pub use ports::Port;
pub use projects::set_aside;
pub use raw::Judged;
pub use recipe::{Holds, Recipe};
pub use words::{ServiceWord, service_words};

use super::{Contract, Texts, lines};
use crate::source::{Diagnostic, FileId, Level, Span, Spanned, TreePath};
use crate::syntax::yaml::{Limits, Node, load};
use raw::RawFile;

/// A project: the Compose files that run together, merged as Compose merges them.
#[derive(Clone, Debug)]
pub struct ComposeFile {
    /// The path of its first file, whose folder is the project's.
    pub path: TreePath,
    /// The text of its first file.
    pub file: FileId,
    /// All of its files, the first one first.
    pub files: Vec<TreePath>,
    /// Text → the folder that relative paths in it start from.
    folders: Vec<(FileId, String)>,
    /// Texts that another one includes: of such files a person often starts some.
    pub included: Vec<FileId>,
    /// Whether a server runs it; otherwise it is for a laptop.
    pub server: bool,
    /// Where a script of a server names it.
    pub run_by: Option<Span>,
    /// Whether `docker stack deploy` runs it.
    pub swarm: bool,
    /// Variables without a value.
    pub unset: Vec<Unset>,
    /// Whether the file with the values of variables stands in the tree.
    pub environment: Environment,
    /// The project's name.
    pub name: Option<Spanned<String>>,
    /// Its services in order.
    pub services: Vec<Service>,
    /// Top-level networks.
    pub networks: Vec<Network>,
    /// Top-level volumes.
    pub volumes: Vec<Spanned<String>>,
    /// Top-level secrets and configs with the file behind each.
    pub secrets: Vec<FileResource>,
}

/// Where the values of a project's variables stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// In `.env` beside it.
    Own,
    /// In a file that people copy.
    Example,
    /// Nowhere in the tree.
    Absent,
}

/// A variable that nothing in the tree gives a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    /// Its name.
    pub name: String,
    /// The text that asks for it.
    pub span: Span,
    /// Whether the text says what holds then, or that Compose must stop.
    pub answered: bool,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its key.
    pub name: Spanned<String>,
    /// `image`.
    pub image: Option<Spanned<String>>,
    /// `build`: the key's place and the context.
    pub build: Option<Build>,
    /// `pull_policy`.
    pub pull_policy: Option<Spanned<String>>,
    /// `restart`.
    pub restart: Option<Spanned<String>>,
    /// Further names that Docker's DNS answers on every network of the service: `container_name`, `hostname`.
    pub names: Vec<Spanned<String>>,
    /// `network_mode`.
    pub network_mode: Option<Spanned<String>>,
    /// `networks`; `None` when the key is absent, which means the default network.
    pub networks: Option<Vec<Joined>>,
    /// `ports`.
    pub ports: Vec<Port>,
    /// `expose`, as numbers.
    pub expose: Vec<u16>,
    /// `volumes`.
    pub mounts: Vec<Mount>,
    /// `secrets` and `configs` by name, with the path inside the container.
    pub secrets: Vec<(Spanned<String>, String)>,
    /// Hosts of `extra_hosts`.
    pub extra_hosts: Vec<String>,
    /// `links`: the service, and the name by which this service alone reaches it.
    pub links: Vec<(String, String)>,
    /// `command` and `entrypoint` as words.
    pub command: Vec<Spanned<String>>,
    /// `depends_on`.
    pub depends_on: Vec<Spanned<String>>,
    /// Those of `depends_on` that must be healthy first; the place is the condition's.
    pub waits_for_healthy: Vec<Spanned<String>>,
    /// `healthcheck`.
    pub healthcheck: Option<Healthcheck>,
    /// Whether `logging` says where its lines go.
    pub logging: bool,
    /// Names and values of `environment`.
    pub environment: Vec<(String, Option<String>)>,
    /// Absolute paths in variables whose names end in `_FILE`: by custom a file that holds the value.
    pub environment_files: Vec<Spanned<String>>,
    /// Absolute paths of files in variables whose names end in `_PATH`.
    pub environment_paths: Vec<Spanned<String>>,
    /// Variables whose names say that their value is a secret; the place is the value's.
    pub environment_secrets: Vec<(String, Spanned<String>)>,
    /// `labels` as text pairs.
    pub labels: Vec<(String, String)>,
    /// `env_file`, with whether it must exist.
    pub env_files: Vec<(Spanned<String>, bool)>,
    /// Whether it runs only where its profile is named.
    pub profiles: Vec<String>,
    /// `deploy.replicas: 0`, or `scale: 0`.
    pub never: bool,
}

/// `build`.
#[derive(Clone, Debug)]
pub struct Build {
    /// The key.
    pub key: Span,
    /// The context.
    pub context: Option<Spanned<String>>,
    /// `dockerfile`.
    pub dockerfile: Option<Spanned<String>>,
    /// `target`.
    pub target: Option<Spanned<String>>,
    /// Whether the Dockerfile stands in the Compose file.
    pub inline: bool,
    /// What its Dockerfile makes, where the tree has it.
    pub recipe: Option<Recipe>,
}

/// `healthcheck`.
#[derive(Clone, Debug)]
pub struct Healthcheck {
    /// The key.
    pub key: Span,
    /// The words of `test`; one text where it is written as one. Empty where it only gives times to the image's own.
    pub test: Vec<Spanned<String>>,
    /// `disable: true`, or the test `NONE`.
    pub disabled: bool,
}

/// A network that a service joins.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The key of the top-level network.
    pub name: Spanned<String>,
    /// Names on this network only.
    pub aliases: Vec<String>,
}

/// A top-level network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its key.
    pub key: Spanned<String>,
    /// The name that Docker knows, when it is given.
    pub name: Option<String>,
    /// `external: true`.
    pub external: Option<Span>,
    /// `internal: true`.
    pub internal: bool,
}

/// A top-level secret or config.
#[derive(Clone, Debug)]
pub struct FileResource {
    /// Its key.
    pub key: Spanned<String>,
    /// The file on the host.
    pub file: Option<Spanned<String>>,
    /// Of `secrets`, not of `configs`.
    pub secret: bool,
}

impl ComposeFile {
    /// The service of a name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.value == name)
    }

    /// The folder that a relative path at a place starts from.
    #[must_use]
    pub fn folder(&self, span: Span) -> &str {
        let found = self.folders.iter().find(|(file, _)| *file == span.file);
        found.map_or_else(|| self.path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder), |(_, folder)| folder)
    }
}

impl Service {
    /// The image that its program comes from: its own, or the one that its Dockerfile stands on.
    #[must_use]
    pub fn program_image(&self) -> &str {
        let recipe =
            self.build.as_ref().and_then(|build| build.recipe.as_ref()).filter(|recipe| !recipe.base.is_empty());
        match recipe {
            Some(recipe) => &recipe.base,
            None => self.image.as_ref().map_or("", |image| image.value.as_str()),
        }
    }

    /// Whether it states that its container listens on a port.
    #[must_use]
    pub fn states_port(&self, port: u16) -> bool {
        self.expose.contains(&port) || self.ports.iter().any(|entry| entry.is_target(port))
    }

    /// What its Dockerfile makes.
    #[must_use]
    pub fn recipe(&self) -> Option<&Recipe> {
        self.build.as_ref()?.recipe.as_ref()
    }
}

/// Every Compose file: YAML with a mapping `services` whose entries look like services; and how each is judged.
pub(super) fn read_all(
    texts: &Texts,
    contracts: &[Contract],
    broken: &mut Vec<Diagnostic>,
) -> (Vec<ComposeFile>, Vec<(TreePath, Judged)>) {
    let limits = Limits { compose: true, ..Limits::default() };
    let mut files: Vec<RawFile> = Vec::new();
    for (path, file, text) in texts.iter() {
        let yaml = path.as_str().ends_with(".yml") || path.as_str().ends_with(".yaml");
        // A cheap look before the parser: other YAML of a tree has no line that begins so. A file that Compose takes by its
        // name is one also where its first words are broken.
        if !yaml || path.is_below("files") || !lines(text).any(begins_a_project) && !is_named_so(path.file_name()) {
            continue;
        }
        match load(file, text, limits) {
            Ok(document) if !is_project(&document.root) => {}
            Ok(document) => {
                let (root, marks) = (document.root, document.marks);
                files.push(RawFile { path: path.clone(), file, root, marks, judged: Judged::Alone });
            }
            Err(problem) => {
                if projects::set_aside(path.as_str()).is_none() {
                    let mut problem = *problem;
                    problem.level = Level::Error;
                    broken.push(problem);
                }
            }
        }
    }
    let declared = contracts.iter().any(Contract::is_step);
    let said = {
        let paths: Vec<&TreePath> = files.iter().map(|file| &file.path).collect();
        named::read(texts, contracts, &paths, !declared)
    };
    let groups = projects::of(&mut files, &said, declared);
    let projects = groups.iter().filter_map(|group| merge::project(texts, &files, group)).collect();
    (projects, files.into_iter().map(|file| (file.path, file.judged)).collect())
}

fn is_named_so(name: &str) -> bool {
    name.strip_prefix("docker-")
        .unwrap_or(name)
        .strip_prefix("compose")
        .is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

fn begins_a_project(line: &str) -> bool {
    line.starts_with("services:") || line.starts_with("include:")
}

/// A mapping of services, or one that includes other Compose files (those of GitLab and others name templates instead).
fn is_project(root: &Node) -> bool {
    let path = |entry: &Node| entry.get("path").unwrap_or(entry).text().is_some_and(|path| path.contains("compose"));
    let includes = root.get("include").and_then(Node::list).unwrap_or_default();
    root.get("services").is_some_and(|services| services.map().is_some())
        || root.get("services").is_none() && !includes.is_empty() && includes.iter().all(path)
}
