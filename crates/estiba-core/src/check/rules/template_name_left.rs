use std::collections::BTreeMap;

use memchr::memmem;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::Texts;
use crate::source::{Level, Span, last_part};

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
    let names = Names::of(texts);
    for (path, file, text) in texts.iter() {
        if path.is_below("files") {
            continue;
        }
        for (start, end, ending) in mentions(text) {
            let name = &text[start..end];
            if names.stands(name) {
                sink.found();
                continue;
            }
            let bare = name[..name.len() - ending.len()].trim_start_matches("./");
            let help = match names.rendered(bare) {
                Some(rendered) => format!("write `{bare}`, which the tree has at {rendered}: change {path}"),
                None => format!("name the file that is made of it: change {path}"),
            };
            let span = Span::new(file, start, end);
            let draft =
                Draft::new(format!("`{name}` is a template, and no part of the tree"), span, "named here", help);
            // An image may hold it; a tree that was not rendered from templates has no reason to forget one.
            sink.not_found(if world.declares_steps() { draft } else { draft.level(Level::Warning).pedantic() });
        }
    }
}

/// Names that end like a template's, as byte ranges, with the ending. Each byte is looked at a constant number of times.
fn mentions(text: &str) -> Vec<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    // Where the name before has ended: a name never begins before it.
    let mut from = 0;
    let places = ENDINGS.iter().flat_map(|ending| memmem::find_iter(bytes, ending).map(move |at| (at, *ending)));
    let mut places: Vec<(usize, &'static str)> = places.collect();
    places.sort_unstable();
    for (at, ending) in places {
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
        if last_part(name).is_empty() || text[..start].ends_with(':') && name.starts_with("//") {
            continue;
        }
        found.push((start, end, ending));
    }
    found
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./*[]".contains(&byte)
}

/// The names in a tree.
struct Names<'a> {
    /// Path or file name → path.
    paths: BTreeMap<&'a str, &'a str>,
    /// Endings of templates that the tree has files of.
    endings: Vec<&'static str>,
}

impl<'a> Names<'a> {
    fn of(texts: &'a Texts) -> Self {
        let mut names = Self { paths: BTreeMap::new(), endings: Vec::new() };
        for (path, _, _) in texts.iter() {
            names.paths.insert(path.as_str(), path.as_str());
            names.paths.entry(path.file_name()).or_insert(path.as_str());
            names.endings.extend(ENDINGS.iter().filter(|ending| path.as_str().ends_with(**ending)));
        }
        names
    }

    /// Whether the tree has a file of that name: then it is the tree's own, such as a template of Alertmanager or of
    /// the nginx image.
    fn stands(&self, name: &str) -> bool {
        let name = last_part(name);
        match name.strip_prefix('*') {
            Some(ending) => self.endings.contains(&ending),
            None => self.paths.contains_key(name),
        }
    }

    /// The file that a template of this name was rendered to.
    fn rendered(&self, bare: &str) -> Option<&'a str> {
        let name = last_part(bare);
        self.paths.get(bare).or_else(|| self.paths.get(name)).copied()
    }
}
