//! Text for people, from `templates/locales/<language>.toml`.

use minijinja::value::Value;

use super::printing::{Prose, mapping};
use super::templates::Templates;
use crate::model::Language;
use crate::source::{Diagnostic, Level, Span};

/// The locale of a language as nested maps of prose.
pub(super) fn load(templates: &Templates, language: Language) -> Result<Value, Box<Diagnostic>> {
    let name = code(language);
    let Some((file, text)) = templates.locale(name) else {
        return Err(Box::new(Diagnostic::new(Level::Error, format!("there is no `templates/locales/{name}.toml`"))));
    };
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let range = error.span().unwrap_or(0..0);
        Box::new(Diagnostic::error(
            "the locale is not valid TOML",
            Span::new(*file, range.start, range.end),
            error.message(),
        ))
    })?;
    Ok(table_value(&table))
}

/// The language's code.
pub(super) fn code(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Es => "es",
    }
}

fn table_value(table: &toml::Table) -> Value {
    mapping(table.iter().map(|(key, value)| {
        let value = match value {
            toml::Value::Table(inner) => table_value(inner),
            toml::Value::String(text) => Value::from_object(Prose(text.clone())),
            // Numbers and truth values are no text for people; a test of ours holds that there are none.
            _ => Value::from(()),
        };
        (key.as_str(), value)
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    fn keys(prefix: &str, table: &toml::Table, into: &mut BTreeSet<(String, usize)>) {
        for (key, value) in table {
            let path = format!("{prefix}.{key}");
            match value {
                toml::Value::Table(inner) => keys(&path, inner, into),
                // Texts of both languages take the same values.
                toml::Value::String(text) => {
                    into.insert((path, text.matches("%s").count()));
                }
                _ => {
                    into.insert((path, 0));
                }
            }
        }
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let read = |text: &str| {
            let mut set = BTreeSet::new();
            keys("", &text.parse::<toml::Table>().expect("TOML"), &mut set);
            set
        };
        let en = read(include_str!("../../templates/locales/en.toml"));
        let es = read(include_str!("../../templates/locales/es.toml"));
        let missing: Vec<_> = en.symmetric_difference(&es).collect();
        assert!(missing.is_empty(), "in one language only, or with other values: {missing:?}");
    }
}
