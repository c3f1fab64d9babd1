//! What is said about a place: data only. How it looks is the business of the program that shows it.

use super::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The work stops.
    Error,
    /// The work goes on; a person should look.
    Warning,
    /// Something was done that is worth knowing.
    Note,
}

impl Level {
    /// As programs know it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to see there.
    pub text: String,
}

/// One message with its places and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub level: Level,
    /// One sentence without a full stop.
    pub message: String,
    /// Where; `None` when a whole file or the project is meant.
    pub primary: Option<Label>,
    /// Other places that belong to it.
    pub related: Vec<Label>,
    /// How to fix it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A message without a place.
    pub fn new(level: Level, message: impl Into<String>) -> Self {
        Self { level, message: message.into(), primary: None, related: Vec::new(), help: None }
    }

    /// An error at a place.
    pub fn error(message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::new(Level::Error, message).at(span, label)
    }

    /// A note at a place.
    pub fn note(message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::new(Level::Note, message).at(span, label)
    }

    /// Sets the primary place.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: label.into() });
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Label { span, text: label.into() });
        self
    }

    /// Says how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
