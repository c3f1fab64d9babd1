//! Which scripts name which Compose files: by the file's name and what of its folder stands before it, also in the
//! files that a script sources.

use std::collections::{BTreeMap, BTreeSet};

use super::lines;
use crate::facts::Facts;
use crate::facts::contract::RunsOn;
use crate::source::{FileId, Span};

/// Where scripts name a Compose file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named {
    /// The first place where a script of the server does.
    pub(super) server: Option<Span>,
    /// Whether one of the laptop does.
    laptop: bool,
}

/// What one file says.
struct Said {
    /// Compose files with the place.
    names: Vec<(usize, Span)>,
    /// Scripts that it sources.
    sources: Vec<String>,
}

/// Compose file → where it is named, and the files that one command names together.
pub(super) fn named_by_scripts(facts: &Facts) -> (BTreeMap<usize, Named>, Vec<Vec<usize>>) {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, file) in facts.compose.iter().enumerate() {
        by_name.entry(file.path.file_name()).or_default().push(at);
    }
    let mut named: BTreeMap<usize, Named> = BTreeMap::new();
    let mut together = Vec::new();
    if by_name.is_empty() {
        return (named, together);
    }
    let mut read: BTreeMap<String, Said> = BTreeMap::new();
    for contract in &facts.contracts {
        let mut queue = vec![contract.script.as_str().to_owned()];
        let mut seen: BTreeSet<String> = queue.iter().cloned().collect();
        while let Some(path) = queue.pop() {
            if !read.contains_key(&path) {
                let Some((id, text)) = facts.texts.get(&path) else { continue };
                read.insert(path.clone(), said(facts, &path, id, text, &by_name, &mut together));
            }
            let Some(said) = read.get(&path) else { continue };
            for (at, span) in &said.names {
                let entry = named.entry(*at).or_default();
                if contract.runs_on == Some(RunsOn::Laptop) {
                    entry.laptop = true;
                } else {
                    entry.server.get_or_insert(*span);
                }
            }
            queue.extend(said.sources.iter().filter(|path| seen.insert((*path).clone())).cloned());
        }
    }
    (named, together)
}

fn said(
    facts: &Facts,
    path: &str,
    id: FileId,
    text: &str,
    by_name: &BTreeMap<&str, Vec<usize>>,
    together: &mut Vec<Vec<usize>>,
) -> Said {
    let mut said = Said { names: Vec::new(), sources: Vec::new() };
    let (mut command, mut begun): (Vec<usize>, usize) = (Vec::new(), 0);
    for Line { start, text: line, command: of } in telling_lines(text) {
        if of != begun {
            end_command(&mut command, together);
            begun = of;
        }
        for (at, word) in words(line) {
            let name = word.rsplit('/').next().unwrap_or(word);
            let named = by_name.get(name).into_iter().flatten().copied();
            let named: Vec<usize> = named.filter(|file| stands_in(facts, *file, word)).collect();
            let span = Span::new(id, start + at, start + at + word.len());
            said.names.extend(named.iter().map(|file| (*file, span)));
            // A bare name that several folders have is one of them, and nobody says which.
            if let [file] = named[..] {
                command.push(file);
            }
        }
        if let Some(sourced) = sourced(line.trim_start())
            && let Some(path) = resolve_source(facts, path, sourced)
        {
            said.sources.push(path);
        }
    }
    end_command(&mut command, together);
    said
}

fn end_command(command: &mut Vec<usize>, together: &mut Vec<Vec<usize>>) {
    let files = std::mem::take(command);
    if files.len() > 1 {
        together.push(files);
    }
}

/// A line that may name a Compose file or source another script.
struct Line<'t> {
    start: usize,
    text: &'t str,
    /// Where the command that it belongs to begins: a `\` at the end of a line goes on in the next.
    command: usize,
}

/// The lines that may, without those that are comments.
fn telling_lines(text: &str) -> Vec<Line<'_>> {
    let mut telling: Vec<Line<'_>> = Vec::new();
    // Every name that is looked for ends in `.yml` or `.yaml`.
    for (start, line) in lines::holding(text, &[".y", "source ", ". "]) {
        let line = line.trim_end();
        let own = line.trim_start();
        let tells = own.starts_with(". ") || own.starts_with("source ") || own.contains(".y");
        if !tells || own.starts_with('#') {
            continue;
        }
        // Back over lines that go on, as far as the last one that was looked at.
        let before = telling.last().map_or((0, 0), |line| (line.start, line.command));
        let mut command = start;
        while command > before.0 {
            let previous = lines::before(text, command - 1);
            if !text[previous..command].trim_end().ends_with('\\') {
                break;
            }
            command = if previous <= before.0 { before.1 } else { previous };
        }
        telling.push(Line { start, text: line, command });
    }
    telling
}

/// Words that may be paths, with their places.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let ends = |c: char| c.is_whitespace() || "\"'=;|&()<>`,:".contains(c);
    let mut at = 0;
    line.split(ends).filter_map(move |word| {
        let start = at;
        at += word.len();
        at += line[at..].chars().next().map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((start, word))
    })
}

/// Whether a file may be the one of a word: the folders of the word behind its last variable are the file's last ones.
fn stands_in(facts: &Facts, file: usize, word: &str) -> bool {
    let Some(path) = facts.compose.get(file).map(|file| file.path.as_str()) else { return false };
    let parts: Vec<&str> = word.split('/').collect();
    let known =
        parts.iter().rposition(|part| part.contains('$') || matches!(*part, "" | "." | "..")).map_or(0, |at| at + 1);
    let known = parts[known..].join("/");
    path == known || path.ends_with(&format!("/{known}")) || known.ends_with(&format!("/{path}"))
}

/// The part of `source "$TREE/scripts/lib/x.sh"` behind the last variable or substitution.
fn sourced(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("source ").or_else(|| line.strip_prefix(". "))?;
    let path = rest.trim().trim_matches('"');
    let at = path.rfind(['}', ')', '"']).map_or(0, |at| at + 1);
    let path = &path[at..];
    Some(path.strip_prefix("$TREE").unwrap_or(path).trim_matches(['"', '/']))
}

fn resolve_source(facts: &Facts, from: &str, path: &str) -> Option<String> {
    let beside = crate::facts::normal(&format!("{}/{path}", from.rsplit_once('/').map_or("", |(folder, _)| folder)));
    [path.to_owned(), beside].into_iter().find(|path| facts.texts.has_file(path))
}
