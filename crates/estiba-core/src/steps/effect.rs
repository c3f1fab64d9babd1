//! What a script does to the world, as far as its text tells.

use std::sync::Arc;

use super::Text;
use crate::source::{FileId, Span};

/// One thing that a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What.
    pub kind: EffectKind,
    /// The command, in the file where it stands.
    pub span: Span,
    /// The calls that lead there, the outermost first; empty for a command of the script itself.
    pub via: Vec<Span>,
    /// It may not happen in a run that succeeds.
    pub conditional: bool,
}

/// The kinds of effects that rules and plans ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the arguments of the commands that the variants name")]
pub enum EffectKind {
    /// `docker compose up`; without services it is all of them.
    ComposeUp {
        files: Vec<Text>,
        services: Vec<Text>,
    },
    /// Any other subcommand of `docker compose`.
    ComposeOther {
        subcommand: Text,
        files: Vec<Text>,
        services: Vec<Text>,
    },
    ImageLoad {
        archive: Text,
    },
    ImageTag {
        from: Text,
        to: Text,
    },
    ImagePull {
        reference: Text,
    },
    NetworkCreate {
        name: Text,
    },
    VolumeCreate {
        name: Text,
    },
    /// `docker run` and `docker create`.
    ContainerRun {
        arguments: Vec<Text>,
    },
    ContainerSignal {
        container: Text,
        signal: Text,
    },
    /// `nginx -t`, in a container or not.
    NginxTest,
    NginxReload,
    NginxStart,
    /// A certificate of a CA.
    CertificateRequest {
        host: Text,
    },
    /// Those that are due.
    CertificateRenewal,
    /// A certificate that nobody but this server vouches for.
    SelfSigned {
        path: Text,
        host: Option<Text>,
    },
    /// Logins for nginx.
    UserFile {
        path: Text,
    },
    Write {
        path: Text,
    },
    MakeDirectory {
        path: Text,
    },
    Link {
        path: Text,
        target: Text,
    },
    Delete(Deleted),
    Copy {
        from: Text,
        to: Text,
    },
    Move {
        from: Text,
        to: Text,
    },
    Systemctl {
        verb: Text,
        unit: Text,
    },
    PackageInstall {
        packages: Vec<Text>,
    },
    FirewallChange,
    /// Another script of the tree; it is not entered.
    RunsScript {
        path: String,
    },
    ReadsTreeFile {
        path: String,
    },
    /// A person is asked.
    Confirm,
    /// A person has to type a word.
    ConfirmTyped,
}

/// What is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// A file or a folder.
    Path(Text),
    /// `container`, `image`, `network`, `volume` or `system`, and its name.
    Docker(&'static str, Text),
}

/// Why an effect is not fully known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The command.
    pub span: Span,
    /// One sentence without a full stop.
    pub reason: String,
}

/// A path of the tree that a script names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The word that names it.
    pub span: Span,
    /// The path in the tree.
    pub path: String,
    /// How.
    pub how: Naming,
    /// The tree has it, as a file or a folder.
    pub exists: bool,
}

/// How a script names a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Naming {
    /// `source`
    Sourced,
    /// Run as a command.
    Run,
    /// Asked for with `-f`, `-d`, …: it may be absent.
    Tested,
    /// An argument, a redirect or part of a text.
    Named,
}

/// All about one script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptEffects {
    /// Its path in the tree.
    pub path: String,
    /// Its text.
    pub file: FileId,
    /// In the order in which they happen.
    pub effects: Vec<Effect>,
    /// What could not be told.
    pub unknown: Vec<Unknown>,
    /// Paths of the tree, also those named by what it sources: each once, in their order.
    pub references: Vec<Arc<Reference>>,
    /// The files that it sources, itself first.
    pub sources: Vec<String>,
}
