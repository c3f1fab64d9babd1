//! What was typed. Defaults are not applied here: an absent key is `None`.

use super::kinds::Word;
use crate::source::{Span, Spanned};
use crate::syntax::yaml::Node;

/// The language of what people read in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
}

/// What a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Services, nginx and TLS.
    Minimal,
    /// Minimal and monitoring.
    Hybrid,
}

/// Where nginx runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// As a service of the project.
    Container,
    /// The distribution's, on the host.
    Host,
}

/// The whole description.
#[derive(Clone, Debug)]
pub struct Description {
    /// The project's name.
    pub project: Spanned<Word>,
    /// `language`.
    pub language: Option<Language>,
    /// `mode`.
    pub mode: Option<Spanned<Mode>>,
    /// `server`.
    pub server: Server,
    /// `proxy`.
    pub proxy: Proxy,
    /// `tls`.
    pub tls: Tls,
    /// The services, in the order of the file.
    pub services: Vec<Service>,
    /// What is reachable from outside.
    pub web: Vec<WebEntry>,
    /// Named volumes with what Compose says of them.
    pub volumes: Vec<(Spanned<Word>, Node)>,
    /// Networks of the project's own.
    pub networks: Vec<(Spanned<Word>, Node)>,
    /// Secrets.
    pub secrets: Vec<Secret>,
    /// Values for `${NAME}`.
    pub variables: Vec<(Spanned<Word>, String)>,
    /// `monitoring`.
    pub monitoring: Option<Monitoring>,
    /// Which files it was read from.
    pub origin: Origin,
}

/// Where the description came from, as its comments in the tree may tell.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The Compose file, when `compose:` names one: its folder is what its paths are relative to.
    pub compose: Option<crate::source::TreePath>,
}

/// `server`.
#[derive(Clone, Debug)]
pub struct Server {
    /// The host for ssh.
    pub host: Word,
    /// The user for ssh.
    pub user: Option<Word>,
    /// The folder on the server.
    pub path: Option<Word>,
    /// The processor.
    pub arch: Option<Word>,
}

/// `proxy`.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    /// Where nginx runs.
    pub runs: Option<ProxyKind>,
    /// Its image.
    pub image: Option<Spanned<Word>>,
}

/// `tls`.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The account's address.
    pub email: Word,
    /// The authority's short name or directory address.
    pub ca: Option<Word>,
}

/// One service in Compose's words.
#[derive(Clone, Debug)]
pub struct Service {
    /// The short name.
    pub name: Spanned<Word>,
    /// The mapping, our own keys (`web`, `metrics`, `release`) taken out.
    pub compose: Vec<(Node, Node)>,
    /// Where Prometheus finds its metrics: port and path.
    pub metrics: Option<(u16, Option<Word>)>,
    /// What an update runs in the new image first, word by word; no word holds a line break.
    pub before: Vec<String>,
}

/// One public place.
#[derive(Clone, Debug)]
pub struct WebEntry {
    /// The name it stands under: a service's, or any for a static site or a redirect.
    pub name: Spanned<Word>,
    /// The whole entry, for messages.
    pub span: Span,
    /// The domain.
    pub host: Spanned<Word>,
    /// The path below it.
    pub path: Option<Spanned<Word>>,
    /// What answers.
    pub target: WebTarget,
    /// Names that redirect here.
    pub redirect_from: Vec<Spanned<Word>>,
    /// Largest request body.
    pub max_body: Option<Spanned<Word>>,
    /// Seconds to wait for the service.
    pub timeout: Option<u32>,
    /// Complete nginx directives.
    pub nginx: Option<Spanned<String>>,
}

/// What answers at a public place.
#[derive(Clone, Debug)]
pub enum WebTarget {
    /// A service.
    Service {
        /// The port inside its container.
        port: u16,
        /// Whether the path is removed.
        strip: bool,
    },
    /// A folder of `files/`.
    Static(Spanned<Word>),
    /// Another address.
    Redirect(Word),
}

/// One secret.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name.
    pub name: Spanned<Word>,
    /// How many characters to generate.
    pub generate: Option<u32>,
    /// Whether it must be an address.
    pub url: bool,
}

/// `monitoring`.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// Grafana's domain.
    pub grafana: Spanned<Word>,
    /// Prometheus' domain.
    pub prometheus: Spanned<Word>,
    /// Alertmanager's domain.
    pub alertmanager: Spanned<Word>,
    /// The login's name.
    pub user: Option<Word>,
    /// Where alerts go.
    pub alerts: Option<Alerts>,
    /// Oldest data.
    pub retention_time: Option<Word>,
    /// Most disk.
    pub retention_size: Option<Word>,
    /// Images by key of `monitoring.images`.
    pub images: Vec<(String, Word)>,
}

/// `monitoring.alerts`.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// The secret with the webhook's address.
    pub webhook_secret: Spanned<Word>,
}
