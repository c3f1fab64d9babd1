//! The formats we write, known by a file's name.

use crate::source::last_part;

/// A format with its own way to quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// Shell scripts.
    Bash,
    /// YAML whose reader interpolates `$`: Compose files.
    Compose,
    /// Other YAML.
    Yaml,
    /// nginx.
    Nginx,
    /// JSON.
    Json,
    /// Markdown.
    Markdown,
    /// Tab-separated lines.
    Tsv,
    /// Anything else: words only.
    Plain,
}

impl Format {
    /// The format of a file.
    pub(crate) fn of(path: &str) -> Self {
        let name = last_part(path);
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("sh") => Self::Bash,
            Some("yml" | "yaml") if name.starts_with("docker-compose") => Self::Compose,
            Some("yml" | "yaml") => Self::Yaml,
            Some("conf") => Self::Nginx,
            Some("json") => Self::Json,
            Some("md") => Self::Markdown,
            Some("tsv") => Self::Tsv,
            _ => Self::Plain,
        }
    }

    /// Its name, for messages and as the engine's escape mode.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Compose => "compose",
            Self::Yaml => "yaml",
            Self::Nginx => "nginx",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Tsv => "tsv",
            Self::Plain => "plain",
        }
    }

    /// The letter that marks a token written for it, see [`super::printing`].
    pub(crate) fn mark(self) -> char {
        match self {
            Self::Bash => 'b',
            Self::Compose => 'c',
            Self::Yaml => 'y',
            Self::Nginx => 'n',
            Self::Json => 'j',
            Self::Markdown => 'm',
            Self::Tsv => 't',
            Self::Plain => 'p',
        }
    }

    pub(crate) fn from_name(name: &str) -> Self {
        let all = [Self::Bash, Self::Compose, Self::Yaml, Self::Nginx, Self::Json, Self::Markdown, Self::Tsv];
        all.into_iter().find(|format| format.name() == name).unwrap_or(Self::Plain)
    }
}
