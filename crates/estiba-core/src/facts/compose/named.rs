//! Which scripts name which Compose files: by the file's name and what of its folder stands before it, also in the
//! files that a script sources.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

use crate::facts::contract::RunsOn;
use crate::facts::{Contract, Texts};
use crate::quick::QuickMap;
use crate::source::{FileId, Span, TreePath, last_part, lines};

/// Where scripts name a Compose file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named {
    /// The first place where a script of the server does.
    pub(super) server: Option<Span>,
    /// Whether one of the laptop does.
    pub(super) laptop: bool,
}

/// Whatever texts of a tree say about its Compose files.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Compose file → where scripts name it.
    pub(super) named: BTreeMap<usize, Named>,
    /// Files that one command names together, in its order.
    pub(super) together: Vec<Vec<usize>>,
    /// Files that a swarm runs.
    pub(super) swarm: BTreeSet<usize>,
}

/// What one file says.
struct Read {
    /// Compose files with the place.
    names: Vec<(usize, Span)>,
    /// Scripts that it sources.
    sources: Vec<FileId>,
}

/// What scripts say, and, where `documents` is set, what other texts that people copy commands from say about files that
/// run together.
pub(super) fn read(texts: &Texts, contracts: &[Contract], paths: &[&TreePath], documents: bool) -> Said {
    let mut said = Said::default();
    if paths.is_empty() {
        return said;
    }
    let mut known = Known { paths, by_name: BTreeMap::new(), options: documents };
    for (at, path) in paths.iter().enumerate() {
        known.by_name.entry(path.file_name()).or_default().push(at);
    }
    let mut read: QuickMap<FileId, Read> = QuickMap::default();
    for contract in contracts {
        let mut queue = vec![contract.file];
        let mut seen = QuickMap::from_iter([(contract.file, ())]);
        while let Some(id) = queue.pop() {
            let script = read.entry(id).or_insert_with(|| {
                let file = texts.sources.get(id);
                known.text(texts, &file.name, id, &file.text, &mut said)
            });
            for (at, span) in &script.names {
                let entry = said.named.entry(*at).or_default();
                if contract.runs_on == Some(RunsOn::Laptop) {
                    entry.laptop = true;
                } else {
                    entry.server.get_or_insert(*span);
                }
            }
            queue.extend(script.sources.iter().copied().filter(|id| seen.insert(*id, ()).is_none()));
        }
    }
    if documents {
        for (path, id, text) in texts.iter().filter(|(path, _, _)| tells(path) || paths.contains(path)) {
            if !read.contains_key(&id) && (text.contains(" -f") || text.contains("COMPOSE_FILE")) {
                known.text(texts, path.as_str(), id, text, &mut said);
            }
        }
    }
    said
}

/// Texts that hold the commands of a project.
fn tells(path: &TreePath) -> bool {
    let name = path.file_name();
    let endings = [".md", ".sh", ".service", ".mk", ".env", "akefile", "justfile", "Taskfile.yml", "package.json"];
    endings.iter().any(|ending| name.ends_with(ending))
        || name.starts_with(".env")
        || path.is_below(".github/workflows")
}

/// How a command is told its files.
const OPTIONS: [&str; 6] = ["-f ", "-f=", "-c ", "--file", "--compose-file", "COMPOSE_FILE"];

struct Known<'a> {
    paths: &'a [&'a TreePath],
    by_name: BTreeMap<&'a str, Vec<usize>>,
    /// Whether only the options of a command say that files run together: prose names alternatives side by side.
    options: bool,
}

impl Known<'_> {
    fn text(&self, texts: &Texts, path: &str, id: FileId, text: &str, said: &mut Said) -> Read {
        // A Compose file says in its comments what it is run with.
        let comments = self.paths.iter().any(|known| known.as_str() == path);
        let mut read = Read { names: Vec::new(), sources: Vec::new() };
        let (mut command, mut begun): (Vec<usize>, usize) = (Vec::new(), 0);
        for Line { start, text: line, command: of } in telling_lines(text, comments) {
            if of != begun {
                end_command(&mut command, &mut said.together);
                begun = of;
            }
            let swarm = line.contains("stack deploy");
            for (at, word) in words(line) {
                let name = last_part(word);
                let named = self.by_name.get(name).into_iter().flatten().copied();
                let mut named: Vec<usize> = named.filter(|file| self.stands_in(*file, word)).collect();
                // A bare name that several folders have is the one beside whoever says it, if it is any of them.
                if named.len() > 1 {
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let beside = |at: &usize| self.folder(*at) == folder;
                    if let Some(own) = named.iter().copied().find(beside) {
                        named = vec![own];
                    }
                }
                let span = Span::new(id, start + at, start + at + word.len());
                read.names.extend(named.iter().map(|file| (*file, span)));
                if let [file] = named[..]
                    && (!self.options || OPTIONS.iter().any(|option| line.contains(option)))
                {
                    command.push(file);
                    if swarm {
                        said.swarm.insert(file);
                    }
                }
            }
            if let Some(sourced) = sourced(line.trim_start())
                && let Some(script) = resolve_source(texts, path, sourced)
            {
                read.sources.push(script);
            }
        }
        end_command(&mut command, &mut said.together);
        read
    }

    fn folder(&self, file: usize) -> &str {
        let path = self.paths.get(file).map_or("", |path| path.as_str());
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether a file may be the one of a word: the folders of the word behind its last variable are the file's last ones.
    fn stands_in(&self, file: usize, word: &str) -> bool {
        let Some(path) = self.paths.get(file).map(|path| path.as_str()) else { return false };
        let parts: Vec<&str> = word.split('/').collect();
        let known = parts
            .iter()
            .rposition(|part| part.contains('$') || matches!(*part, "" | "." | ".."))
            .map_or(0, |at| at + 1);
        let known = parts[known..].join("/");
        path == known || path.ends_with(&format!("/{known}")) || known.ends_with(&format!("/{path}"))
    }
}

fn end_command(command: &mut Vec<usize>, together: &mut Vec<Vec<usize>>) {
    let files = std::mem::take(command);
    let mut once = Vec::with_capacity(files.len());
    for file in files {
        if !once.contains(&file) {
            once.push(file);
        }
    }
    if once.len() > 1 && !together.contains(&once) {
        together.push(once);
    }
}

/// A line that may name a Compose file or source another script.
struct Line<'t> {
    start: usize,
    text: &'t str,
    /// Where the command that it belongs to begins: a `\` at the end of a line goes on in the next.
    command: usize,
}

/// The lines that may; those that are comments only where it is asked for.
fn telling_lines(text: &str, comments: bool) -> Vec<Line<'_>> {
    let mut telling: Vec<Line<'_>> = Vec::new();
    // Every name that is looked for ends in `.yml` or `.yaml`.
    let bytes = text.as_bytes();
    // `. ` also ends the sentences of comments.
    let begins = |at: &usize| bytes[..*at].last().is_none_or(u8::is_ascii_whitespace);
    let sources = ["source ", ". "].into_iter().flat_map(|word| memmem::find_iter(bytes, word)).filter(begins);
    let places = memmem::find_iter(bytes, ".y").chain(sources).collect();
    for (start, line) in lines::at(text, places) {
        let line = line.trim_end();
        let own = line.trim_start();
        let tells = own.starts_with(". ") || own.starts_with("source ") || own.contains(".y");
        if !tells || own.starts_with('#') && !comments {
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

/// The part of `source "$TREE/scripts/lib/x.sh"` behind the last variable or substitution.
fn sourced(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("source ").or_else(|| line.strip_prefix(". "))?;
    let path = rest.trim().trim_matches('"');
    let at = path.rfind(['}', ')', '"']).map_or(0, |at| at + 1);
    let path = &path[at..];
    Some(path.strip_prefix("$TREE").unwrap_or(path).trim_matches(['"', '/']))
}

fn resolve_source(texts: &Texts, from: &str, path: &str) -> Option<FileId> {
    let beside =
        || crate::source::normal(&format!("{}/{path}", from.rsplit_once('/').map_or("", |(folder, _)| folder)));
    texts.get(path).or_else(|| texts.get(&beside())).map(|(id, _)| id)
}
