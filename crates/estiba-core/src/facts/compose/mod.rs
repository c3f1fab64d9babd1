//! Compose files (<https://docs.docker.com/reference/compose-file/>), each read by itself. Which of them belong together
//! is told by the scripts that name them.

mod interpolate;
mod mounts;
mod ports;
mod read;

pub use mounts::{Mount, MountKind};
pub use ports::Port;

use super::Texts;
use crate::source::{Diagnostic, FileId, Level, Span, Spanned, TreePath};
use crate::syntax::yaml::{Limits, load};

/// A Compose file.
#[derive(Clone, Debug)]
pub struct ComposeFile {
    /// Its path in the tree.
    pub path: TreePath,
    /// Its text.
    pub file: FileId,
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
    /// Names and values of `environment`.
    pub environment: Vec<(String, Option<String>)>,
    /// Absolute paths in variables whose names end in `_FILE`: by custom a file that holds the value.
    pub environment_files: Vec<Spanned<String>>,
    /// `labels` as text pairs.
    pub labels: Vec<(String, String)>,
}

/// `build`.
#[derive(Clone, Debug)]
pub struct Build {
    /// The key.
    pub key: Span,
    /// The context.
    pub context: Option<Spanned<String>>,
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
}

/// A top-level secret or config.
#[derive(Clone, Debug)]
pub struct FileResource {
    /// Its key.
    pub key: Spanned<String>,
    /// The file on the host.
    pub file: Option<Spanned<String>>,
}

impl ComposeFile {
    /// The service of a name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name.value == name)
    }
}

/// Every Compose file: YAML with a mapping `services` whose entries look like services.
pub(super) fn read_all(texts: &Texts, broken: &mut Vec<Diagnostic>) -> Vec<ComposeFile> {
    let mut files = Vec::new();
    for (path, file, text) in texts.iter() {
        let yaml = path.as_str().ends_with(".yml") || path.as_str().ends_with(".yaml");
        // A cheap look before the parser: other YAML of a tree has no line that begins so.
        if !yaml || path.is_below("files") || !text.lines().any(|line| line.starts_with("services:")) {
            continue;
        }
        match load(file, text, Limits::default()) {
            Ok(document) => files.push(read::file(path, file, &document.root)),
            Err(problem) => {
                let mut problem = *problem;
                problem.level = Level::Error;
                broken.push(problem);
            }
        }
    }
    files
}
