//! From the text of `estiba.yml` to a [`Description`]: what was typed, checked where it stands, nothing added.
//!
//! [`fields`] is the one table of what may be written. Validation, the JSON Schema and the commented starter file are
//! three readings of it.

mod compose_file;
mod description;
mod fields;
mod kinds;
mod read;
mod schema;
mod shape;
mod starter;
mod validate;

pub use description::{
    Alerts, Description, Language, Mode, Monitoring, Origin, Proxy, ProxyKind, Secret, Server, Service, Tls, WebEntry,
    WebTarget,
};
pub use kinds::Word;
pub(crate) use read::no_such_service;
pub use read::{FILE_NAME, read};
pub use schema::schema;
pub use starter::starter;
pub(crate) use validate::shown;

/// A login, if it is one.
pub(crate) fn login(text: &str) -> Option<Word> {
    kinds::LOGIN.parse(text)
}

/// The image reference, if it is one with a tag or digest.
pub(crate) fn image(text: &str) -> Option<Word> {
    kinds::IMAGE.parse(text)
}

/// Whether a service may have a key in Compose.
pub(crate) fn is_compose_key(word: &str) -> bool {
    validate::COMPOSE_SERVICE_KEYS.contains(&word)
}

/// Whether a text is a public name as `web:` takes it.
pub(crate) fn is_domain_name(text: &str) -> bool {
    kinds::DOMAIN.parse(text).is_some()
}

/// Whether a text can be a project's name.
#[must_use]
pub fn is_project_name(text: &str) -> bool {
    kinds::PROJECT.parse(text).is_some()
}
