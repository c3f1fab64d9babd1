//! Diagnostics as a compiler shows them, and as JSON.

use std::io::IsTerminal;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level as Shown, Renderer, Snippet};
use estiba_core::source::{Diagnostic, Label, Level, Sources, Span};
use serde::Serialize;

use super::out;
use crate::cli::Format;

/// More than this are counted, not shown: one mistake in a long list is still one mistake.
const MOST: usize = 50;

/// Version 1 of a refusal.
#[derive(Serialize)]
struct RefusalJson {
    version: u8,
    errors: Vec<DiagnosticJson>,
}

/// One diagnostic; lines and columns count from 1, columns in Unicode scalars, ends are exclusive.
#[derive(Serialize)]
pub(crate) struct DiagnosticJson {
    level: &'static str,
    message: String,
    help: Option<String>,
    locations: Vec<LocationJson>,
}

/// A place.
#[derive(Serialize)]
pub(crate) struct LocationJson {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    label: String,
    primary: bool,
}

/// Shows why something was refused, in the form that was asked for.
pub(crate) fn report(sources: &Sources, problems: &[Diagnostic], format: Format, consequence: &str) {
    match format {
        Format::Human => {
            print(sources, problems);
            let count = problems.len();
            let things = if count == 1 { "error" } else { "errors" };
            out::error(&format!("{count} {things}, {consequence}"), None);
        }
        Format::Json => out::json(&RefusalJson { version: 1, errors: to_json(sources, problems) }),
    }
}

/// Says what stood in the way and has no place in a text: to people always, and to programs where they read.
pub(crate) fn fail(messages: &[String], how: Option<&str>, format: Format) {
    for message in messages {
        out::error(message, None);
    }
    if let Some(how) = how {
        out::help(how);
    }
    if format == Format::Json {
        let errors = messages.iter().map(|message| DiagnosticJson {
            level: "error",
            message: message.clone(),
            help: how.map(str::to_owned),
            locations: Vec::new(),
        });
        out::json(&RefusalJson { version: 1, errors: errors.collect() });
    }
}

/// Shows notes and warnings for people; programs find them in the result.
pub(crate) fn print_notes(sources: &Sources, notes: &[Diagnostic], format: Format) {
    if format == Format::Human {
        print(sources, notes);
    }
}

pub(crate) fn to_json(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<DiagnosticJson> {
    diagnostics.iter().map(|diagnostic| one_json(sources, diagnostic)).collect()
}

/// A label's place.
pub(crate) fn location(sources: &Sources, label: &Label, primary: bool) -> LocationJson {
    let file = sources.get(label.span.file);
    let (line, column) = file.line_column(label.span.start as usize);
    let (end_line, end_column) = file.line_column(label.span.end as usize);
    LocationJson { path: file.name.clone(), line, column, end_line, end_column, label: label.text.clone(), primary }
}

fn one_json(sources: &Sources, diagnostic: &Diagnostic) -> DiagnosticJson {
    let primary = diagnostic.primary.iter().map(|label| location(sources, label, true));
    let related = diagnostic.related.iter().map(|label| location(sources, label, false));
    DiagnosticJson {
        level: diagnostic.level.name(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        locations: primary.chain(related).collect(),
    }
}

/// Lines of a terminal, or plain characters elsewhere.
pub(crate) fn renderer(terminal: bool) -> Renderer {
    Renderer::styled().decor_style(if terminal { DecorStyle::Unicode } else { DecorStyle::Ascii })
}

/// Shows diagnostics on standard error.
pub(crate) fn print(sources: &Sources, diagnostics: &[Diagnostic]) {
    let renderer = renderer(std::io::stderr().is_terminal());
    for diagnostic in diagnostics.iter().take(MOST) {
        out::complain(&format!("{}\n\n", render(&renderer, sources, diagnostic, None, None)));
    }
    if diagnostics.len() > MOST {
        out::complain(&format!("… and {} more\n\n", diagnostics.len() - MOST));
    }
}

/// The window of a text around its labels: what is shown must not cost more for a long file or a megabyte line.
struct Window<'a> {
    name: &'a str,
    text: &'a str,
    /// Byte offset of the window in the file.
    offset: usize,
    /// Line number of the window's first line.
    line: usize,
    labels: Vec<(std::ops::Range<usize>, &'a str, bool)>,
}

/// One diagnostic as text, with the id of the rule that made it and a word about where its file came from.
pub(crate) fn render(
    renderer: &Renderer,
    sources: &Sources,
    diagnostic: &Diagnostic,
    id: Option<&str>,
    note: Option<&str>,
) -> String {
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
        Level::Note => Shown::NOTE,
    };
    let windows = windows(sources, diagnostic);
    let title = level.primary_title(diagnostic.message.as_str());
    let title = match id {
        Some(id) => title.id(id),
        None => title,
    };
    let mut group = title.elements(windows.iter().map(|window| {
        let annotations = window.labels.iter().map(|(range, text, primary)| {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(range.clone()).label(*text)
        });
        Snippet::source(window.text).line_start(window.line).path(window.name).fold(true).annotations(annotations)
    }));
    if let Some(help) = &diagnostic.help {
        group = group.element(Shown::HELP.message(help.as_str()));
    }
    if let Some(note) = note {
        group = group.element(Shown::NOTE.message(note));
    }
    renderer.render(&[group])
}

/// One window per file for close labels, in the order in which they are to be read.
fn windows<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<Window<'a>> {
    let primary = diagnostic.primary.iter().map(|label| (label, true));
    let labels = primary.chain(diagnostic.related.iter().map(|label| (label, false)));
    let mut windows: Vec<Window<'a>> = Vec::new();
    for (label, primary) in labels {
        let file = sources.get(label.span.file);
        let (start, end) = around(&file.text, label.span);
        let name = file.name.as_str();
        let known = windows
            .iter_mut()
            .find(|window| window.name == name && window.offset <= start && end <= window.offset + window.text.len());
        let relative = |offset: usize| {
            let at = |byte: u32| (byte as usize).clamp(offset, end) - offset;
            at(label.span.start)..at(label.span.end)
        };
        match known {
            Some(window) => {
                let range = relative(window.offset);
                window.labels.push((range, &label.text, primary));
            }
            None => windows.push(Window {
                name,
                text: &file.text[start..end],
                offset: start,
                line: file.line_column(start).0,
                labels: vec![(relative(start), &label.text, primary)],
            }),
        }
    }
    windows
}

/// Lines that hold a span, and no more than this many bytes of them.
const WINDOW_BYTES: usize = 4096;

fn around(text: &str, span: Span) -> (usize, usize) {
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let first = boundary((span.start as usize).min(text.len()));
    let last = boundary((span.end as usize).clamp(first, text.len()));
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let start = boundary(start.max(first.saturating_sub(WINDOW_BYTES)));
    let end = boundary(end.min(first.saturating_add(WINDOW_BYTES)).max(first));
    (start, end)
}
