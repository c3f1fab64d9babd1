//! What the scripts of a tree ask on a terminal, and how they say which step they are at: in the tree's own words.

use crate::facts::{Facts, Settings};
use crate::source::{Diagnostic, Level};

/// The file of those words.
const MESSAGES: &str = "scripts/messages.sh";

/// The words of one tree.
#[derive(Clone, Debug)]
pub struct Words {
    yes_or_no: Form,
    server: Form,
    secret: Form,
    begun: Form,
    done: Form,
}

/// What a script waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A yes.
    Yes,
    /// This word, typed in full.
    Word(String),
    /// The value of this secret.
    Secret(String),
}

impl Words {
    pub(super) fn of(facts: &Facts) -> Result<Self, Vec<Diagnostic>> {
        let texts = facts.texts.get(MESSAGES).map(|(_, text)| Settings::of_text(text)).unwrap_or_default();
        let form = |key: &str| {
            let text = texts.map("TEXT").and_then(|map| map.get(key));
            text.map(|text| Form::parse(text)).ok_or_else(|| {
                vec![
                    Diagnostic::new(Level::Error, format!("{MESSAGES} has no text `{key}`"))
                        .help("a rehearsal answers questions by the tree's own words, which `estiba generate` writes"),
                ]
            })
        };
        Ok(Self {
            yes_or_no: form("prompt_yes_no")?,
            server: form("prompt_type_word")?,
            secret: form("prompt_secret")?,
            begun: form("step_begin")?,
            done: form("step_done")?,
        })
    }

    /// What the line that a script stopped in asks for.
    #[must_use]
    pub fn asked(&self, line: &str) -> Option<Asked> {
        let line = line.trim_end();
        if let Some(name) = self.secret.value(line) {
            return Some(Asked::Secret(name));
        }
        if let Some(word) = self.server.value(line) {
            return Some(Asked::Word(word));
        }
        line.ends_with(&self.yes_or_no.before).then_some(Asked::Yes)
    }

    /// The step that a line says is done.
    #[must_use]
    pub fn done(&self, line: &str) -> Option<String> {
        self.done.value(line.trim_end()).filter(|step| is_step(step))
    }

    /// The step that a line says has begun.
    #[must_use]
    pub fn begun(&self, line: &str) -> Option<String> {
        self.begun.value(line.trim_end()).filter(|step| is_step(step))
    }
}

fn is_step(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// A format of printf with at most one `%s`.
#[derive(Clone, Debug)]
struct Form {
    before: String,
    after: String,
}

impl Form {
    fn parse(text: &str) -> Self {
        let (before, after) = text.split_once("%s").unwrap_or((text, ""));
        let plain = |text: &str| text.replace("%%", "%");
        Self { before: plain(before), after: plain(after).trim_end().to_owned() }
    }

    /// What stands at `%s` in a line of this form.
    fn value(&self, line: &str) -> Option<String> {
        let value = line.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        Some(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Form, Words};

    fn words() -> Words {
        Words {
            yes_or_no: Form::parse("[s/N]"),
            server: Form::parse("Para continuar, escribe %s :"),
            secret: Form::parse("Valor de %s (no se muestra):"),
            begun: Form::parse("== %s"),
            done: Form::parse("== %s: hecho"),
        }
    }

    #[test]
    fn each_question_is_known() {
        let words = words();
        assert_eq!(words.asked("¿Instalar jupiter? [s/N] "), Some(Asked::Yes));
        assert_eq!(words.asked("Para continuar, escribe vps : "), Some(Asked::Word("vps".to_owned())));
        assert_eq!(words.asked("Valor de token (no se muestra): "), Some(Asked::Secret("token".to_owned())));
        assert_eq!(words.asked("Cargando imágenes: "), None);
    }

    #[test]
    fn a_step_begins_and_is_done() {
        let words = words();
        assert_eq!(words.begun("== load-images"), Some("load-images".to_owned()));
        assert_eq!(words.done("== load-images: hecho"), Some("load-images".to_owned()));
        assert_eq!(words.begun("== load-images: hecho"), None);
        assert_eq!(words.done("== load-images"), None);
    }
}
