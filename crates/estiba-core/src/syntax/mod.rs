//! Parsers that keep every byte's place. They know a format's grammar, not what a file is for.

pub mod bash;
pub(crate) mod compose;
pub mod json;
pub mod nginx;
pub mod promql;
pub mod yaml;

/// A text in double quotes, as JSON writes it, and YAML and TOML read it: but for U+007F, which JSON leaves bare and TOML refuses
/// (<https://toml.io/en/v1.0.0#string>).
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
