//! The resolved project: names as they stand in the tree, every default applied, every reference between services
//! followed. [`build`] is the only place where a description becomes one, [`of_project`] reads it first.

mod assemble;
mod defaults;
mod extends;
mod forms;
mod healthy;
mod interpolate;
mod loopback;
mod monitoring;
mod mounts;
mod order;
mod project_files;
mod references;
mod service;
mod sites;
mod stop_first;
mod value;

use std::collections::BTreeMap;

pub use assemble::{build, of_project};
pub use value::Value;

use crate::describe::Word;
pub use crate::describe::{Language, Mode, ProxyKind};
use crate::source::{Diagnostic, TreePath};
use crate::tree::TreeFile;

/// One project on one server.
#[derive(Clone, Debug)]
pub struct Model {
    /// The project's name.
    pub project: Word,
    /// The language of what people read.
    pub language: Language,
    /// The first state of the server.
    pub mode: Mode,
    /// The server.
    pub server: Server,
    /// nginx.
    pub proxy: Proxy,
    /// Certificates.
    pub tls: Tls,
    /// The user's services, each after what it needs.
    pub services: Vec<Service>,
    /// Named volumes.
    pub volumes: Vec<Resource>,
    /// The user's own networks.
    pub networks: Vec<Resource>,
    /// Secrets, those of templates included.
    pub secrets: Vec<Secret>,
    /// Public hosts, in alphabetical order.
    pub sites: Vec<Site>,
    /// What nginx passes requests to.
    pub upstreams: Vec<Upstream>,
    /// Prometheus, Grafana and Alertmanager.
    pub monitoring: Option<Monitoring>,
    /// The user's own files.
    pub files: Vec<(TreePath, TreeFile)>,
    /// Path (a folder ends in `/`) → hash of what is mounted by content.
    pub mounted: BTreeMap<String, String>,
    /// What a person should know about the reading: notes only.
    pub notes: Vec<Diagnostic>,
}

/// `server`, resolved.
#[derive(Clone, Debug)]
pub struct Server {
    /// The host for ssh.
    pub host: Word,
    /// The user for ssh.
    pub user: Word,
    /// The folder on the server.
    pub path: Word,
    /// The processor in Docker's words.
    pub arch: Word,
}

/// `proxy`, resolved.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where nginx runs.
    pub runs: ProxyKind,
    /// The name of its service.
    pub service: Word,
    /// Its image.
    pub image: Word,
}

/// `tls`, resolved.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The account's address.
    pub email: Word,
    /// The authority's directory address.
    pub ca: Word,
}

/// A service of the user.
#[derive(Clone, Debug)]
pub struct Service {
    /// The short name: an alias on the private network.
    pub name: Word,
    /// The name in the tree.
    pub id: Word,
    /// The image that production runs.
    pub image: Word,
    /// Whether local-prod builds it.
    pub built: bool,
    /// Its mapping in the production file.
    pub production: Value,
    /// Its mapping in the local file.
    pub local: Value,
    /// Whether it ends by itself and counts as done with exit code 0.
    pub one_shot: bool,
    /// Whether a second container must not run beside the first: an update stops it before it starts the next.
    pub stop_first: bool,
    /// Whether it starts only by a profile.
    pub profiled: bool,
    /// Its first public port inside the container.
    pub web_port: Option<u16>,
    /// What its backup needs, when it is a database that we know.
    pub database: Option<Database>,
    /// What an update runs in the new image first, word by word.
    pub before: Vec<String>,
    /// Where Prometheus finds its metrics.
    pub metrics: Option<(u16, Word)>,
    /// The secrets it reads.
    pub secrets: Vec<String>,
}

/// A database that its own tools back up.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its family.
    pub kind: DatabaseKind,
    /// The superuser.
    pub user: Word,
    /// The named volume that holds its data.
    pub volume: Option<Word>,
}

/// Families of databases with a dump tool in their own image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// `pg_dumpall`
    Postgres,
    /// `mysqldump` or `mariadb-dump`
    MySql,
}

/// A volume or a network: its key, and its mapping in the Compose files.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The key.
    pub key: Word,
    /// The name that Docker knows.
    pub name: Word,
    /// The mapping.
    pub definition: Value,
}

/// A secret.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name: a file of the closed folder.
    pub name: Word,
    /// How many characters to generate; asked when absent.
    pub generate: Option<u32>,
    /// Whether it must be an address.
    pub url: bool,
    /// Whether only monitoring needs it.
    pub monitoring: bool,
}

/// One public host.
#[derive(Clone, Debug)]
pub struct Site {
    /// The domain.
    pub host: Word,
    /// Names that redirect here.
    pub redirect_from: Vec<Word>,
    /// What answers below it, the longest path first.
    pub locations: Vec<Location>,
    /// The user's own lines for the `server` block.
    pub nginx: Vec<String>,
    /// The largest request body of the host.
    pub max_body: Word,
}

/// One path of a host.
#[derive(Clone, Debug)]
pub struct Location {
    /// The path; `/` or without a slash at the end.
    pub path: Word,
    /// What answers.
    pub target: Target,
}

/// What answers at a path.
#[derive(Clone, Debug)]
pub enum Target {
    /// A service.
    Proxy {
        /// The upstream's name.
        upstream: Word,
        /// Whether the path is removed.
        strip: bool,
        /// Seconds to wait.
        timeout: u32,
    },
    /// A folder of the tree.
    Static(Word),
    /// Another address.
    Redirect(Word),
}

/// What nginx passes requests to.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Its name: the service's, exactly.
    pub name: Word,
    /// The service.
    pub service: Word,
    /// The port inside the container.
    pub port: u16,
    /// The first of the two loopback ports of the host, for `proxy.runs: host`.
    pub loopback: Option<u16>,
    /// Whether only monitoring needs it.
    pub monitoring: bool,
}

/// `monitoring`, resolved.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// Grafana's domain.
    pub grafana: Word,
    /// Prometheus' domain.
    pub prometheus: Word,
    /// Alertmanager's domain.
    pub alertmanager: Word,
    /// The login's name.
    pub user: Word,
    /// The secret with the webhook's address.
    pub webhook_secret: Option<Word>,
    /// Oldest data.
    pub retention_time: Word,
    /// Most disk.
    pub retention_size: Word,
    /// Image by key of `monitoring.images`.
    pub images: BTreeMap<&'static str, Word>,
    /// Service name in the tree by the same key.
    pub ids: BTreeMap<&'static str, Word>,
}
