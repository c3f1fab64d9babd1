//! What an expression may print: words bare, free text quoted for the file's format, our own prose only into Markdown
//! bare. The engine asks here for every single expression.
//!
//! What is not a bare word is marked: a NUL and [`Format::mark`] before it, a NUL and [`END`] after it. The rendered
//! text is checked by the marks, then they are taken out. No other NUL can stand in a text: templates, sinks and
//! descriptions refuse it.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{AutoEscape, Error, ErrorKind, Output, State};

use super::format::Format;
use super::sinks;
use crate::describe::Word;

/// The letter of the mark after a token.
const END: char = 'E';

/// A validated word, as a template value.
#[derive(Debug)]
pub(super) struct Bare(pub(super) String);

/// Text of our own or of the project's locale: Markdown in a Markdown file, one quoted token elsewhere.
#[derive(Debug)]
pub(super) struct Prose(pub(super) String);

/// Text that is already in a format's own grammar.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) format: Format,
    pub(super) text: String,
}

impl Object for Bare {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Object for Prose {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Object for Written {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A word as a template value.
pub(super) fn bare(word: &Word) -> Value {
    Value::from_object(Bare(word.as_str().to_owned()))
}

/// A text whose alphabet we know to be that of words.
pub(super) fn bare_text(text: impl Into<String>) -> Value {
    Value::from_object(Bare(text.into()))
}

/// A mapping as a template value, in the order of its keys.
pub(super) fn mapping<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
    Value::from(entries.collect::<std::collections::BTreeMap<String, Value>>())
}

/// The engine's formatter.
pub(super) fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let format = match state.auto_escape() {
        AutoEscape::Custom(name) => Format::from_name(name),
        _ => Format::Plain,
    };
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    if let Some(word) = value.downcast_object_ref::<Bare>() {
        return Ok(out.write_str(&word.0)?);
    }
    if let Some(written) = value.downcast_object_ref::<Written>() {
        if written.format == format {
            return marked(out, format, &written.text);
        }
        return Err(refuse(format!("a value written for {} cannot stand in {}", written.format.name(), format.name())));
    }
    if let Some(prose) = value.downcast_object_ref::<Prose>() {
        if format == Format::Markdown {
            return marked(out, format, &prose.0);
        }
        return text(out, format, &prose.0);
    }
    if let Some(free) = value.as_str() {
        return text(out, format, free);
    }
    if value.is_number() || value.kind() == minijinja::value::ValueKind::Bool {
        return Ok(write!(out, "{value}")?);
    }
    Err(refuse(format!("a {} cannot be printed: print its parts, or `none` is missing a default", value.kind())))
}

fn text(out: &mut Output<'_>, format: Format, text: &str) -> Result<(), Error> {
    // A text that the template put together holds the marks of its tokens; it becomes one token now.
    let (text, _) = unmarked(text);
    let quoted = sinks::quote(format, &text).map_err(|why| refuse(format!("{} cannot carry {why}", format.name())))?;
    marked(out, format, &quoted)
}

fn marked(out: &mut Output<'_>, format: Format, token: &str) -> Result<(), Error> {
    if token.contains('\0') {
        return Err(refuse(format!("{} cannot carry a NUL character", format.name())));
    }
    Ok(write!(out, "\0{}{token}\0{END}", format.mark())?)
}

/// A text without its marks, and where each of them (two bytes) stood.
pub(super) fn unmarked(text: &str) -> (String, Vec<usize>) {
    let mut marks = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(at) = text[rest..].find('\0').map(|found| rest + found) {
        out.push_str(&text[rest..at]);
        if text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            marks.push(at);
            rest = at + 2;
        } else {
            // No mark of ours: the sinks refuse it.
            out.push('\0');
            rest = at + 1;
        }
    }
    out.push_str(&text[rest..]);
    (out, marks)
}

fn refuse(detail: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}
