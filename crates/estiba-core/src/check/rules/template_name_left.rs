use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Texts;
use crate::source::{Level, Span};

#[doc = include_str!("template_name_left.md")]
pub(crate) static RULE: Rule = Rule {
    id: "template-name-left",
    level: Level::Error,
    summary: "a rendered file names a template",
    page: include_str!("template_name_left.md"),
    check,
};

const ENDINGS: [&str; 3] = [".template", ".tmpl", ".j2"];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let texts = &world.facts.texts;
    for (path, file, text) in texts.iter() {
        if path.is_below("files") {
            continue;
        }
        for (start, end, ending) in mentions(text) {
            let name = &text[start..end];
            if stands(texts, name) {
                sink.found();
                continue;
            }
            let bare = name[..name.len() - ending.len()].trim_start_matches("./");
            let bare_name = bare.rsplit('/').next().unwrap_or(bare);
            let rendered = texts.iter().map(|(path, _, _)| path.as_str()).find(|path| {
                *path == bare || path.rsplit('/').next() == Some(bare_name)
            });
            let help = match rendered {
                Some(_) => format!("write `{bare}`: change {path}"),
                None => format!("name the file that is made of it: change {path}"),
            };
            let span = Span::new(file, start, end);
            sink.not_found(Draft::new(format!("`{name}` is a template, and no part of the tree"), span, "named here", help));
        }
    }
}

/// Names that end like a template's, as byte ranges, with the ending. Each byte is looked at a constant number of times.
fn mentions(text: &str) -> Vec<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // Where the name before has ended: a name never begins before it.
    let mut from = 0;
    for (at, _) in text.match_indices('.') {
        let Some(ending) = ENDINGS.iter().find(|ending| text[at..].starts_with(**ending)) else { continue };
        let end = at + ending.len();
        // `a.template.b` goes on, `x.template(` and `x.template =` are code.
        let after = text[end..].trim_start_matches(' ');
        let goes_on = bytes.get(end).is_some_and(|byte| is_name(*byte) && *byte != b'.')
            || bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(|byte| is_name(*byte));
        if goes_on || after.starts_with(['(', '=']) {
            continue;
        }
        let start = bytes[from..at].iter().rposition(|byte| !is_name(*byte)).map_or(from, |before| from + before + 1);
        from = end;
        // A bare extension is no name, and an address of the web is not of this tree.
        let name = &text[start..at];
        if name.rsplit('/').next().is_none_or(str::is_empty) || text[..start].ends_with(':') && name.starts_with("//") {
            continue;
        }
        found.push((start, end, *ending));
    }
    found
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./*[]".contains(&byte) || byte >= 0x80
}

/// Whether the tree has a file of that name: then it is the tree's own, such as a template of Alertmanager or of the
/// nginx image.
fn stands(texts: &Texts, name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let mut names = texts.iter().map(|(path, _, _)| path.file_name());
    match name.strip_prefix('*') {
        Some(ending) => names.any(|known| known.ends_with(ending)),
        None => names.any(|known| known == name),
    }
}
