//! What the facts mean together: which Compose files are one project, and who reaches whom by which name.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use crate::facts::compose::Service;
use crate::facts::contract::RunsOn;
use crate::facts::{ComposeFile, Facts};

/// The facts of a tree and what follows from them.
pub struct World<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// Compose files that run together.
    pub stacks: Vec<Stack>,
    /// Names and networks of each stack.
    pub names: Vec<Names>,
}

/// Compose files that run together as one project.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Into [`Facts::compose`], in the order in which Compose merges them.
    pub files: Vec<usize>,
    /// Whether a server runs it; otherwise it is for a laptop.
    pub server: bool,
}

impl<'a> World<'a> {
    pub(super) fn of(facts: &'a Facts) -> Self {
        let stacks = stacks(facts);
        let names = stacks.iter().map(|stack| Names::of(facts, stack)).collect();
        Self { facts, stacks, names }
    }

    /// The Compose files of a stack.
    pub fn files(&self, stack: &'a Stack) -> impl Iterator<Item = &'a ComposeFile> + '_ {
        stack.files.iter().filter_map(|at| self.facts.compose.get(*at))
    }

    /// Every service of a stack; one that several files speak of comes once for each.
    pub fn services(&'a self, stack: &'a Stack) -> impl Iterator<Item = (&'a ComposeFile, &'a Service)> {
        self.files(stack).flat_map(|file| file.services.iter().map(move |service| (file, service)))
    }

    /// Stacks that servers run.
    pub fn server_stacks(&self) -> impl Iterator<Item = (usize, &Stack)> {
        self.stacks.iter().enumerate().filter(|(_, stack)| stack.server)
    }

    /// The stack that a Compose file belongs to.
    #[must_use]
    pub fn stack_of(&self, file: usize) -> Option<usize> {
        self.stacks.iter().position(|stack| stack.files.contains(&file))
    }
}

/// Files that scripts of the server name are one project, those of the laptop are each their own; a file that no script
/// names is a project by itself that a server may run.
fn stacks(facts: &Facts) -> Vec<Stack> {
    let named = named_by_scripts(facts);
    let server: Vec<usize> =
        (0..facts.compose.len()).filter(|at| named.get(at).is_some_and(|by| by.contains(&true))).collect();
    let mut stacks = Vec::new();
    if !server.is_empty() {
        // The production file makes the networks that the others join: `-f` names it first.
        let mut files = server.clone();
        files.sort_by_key(|at| facts.compose.get(*at).is_some_and(|file| !file.path.as_str().contains("prod")));
        stacks.push(Stack { files, server: true });
    }
    for at in (0..facts.compose.len()).filter(|at| !server.contains(at)) {
        let laptop = named.get(&at).is_some_and(|by| !by.is_empty());
        stacks.push(Stack { files: vec![at], server: !laptop });
    }
    stacks
}

/// Compose file → whether the scripts that name it run on a server. A name counts in the files that a script sources
/// too.
fn named_by_scripts(facts: &Facts) -> BTreeMap<usize, BTreeSet<bool>> {
    let mut named: BTreeMap<usize, BTreeSet<bool>> = BTreeMap::new();
    let file_names: Vec<&str> = facts.compose.iter().map(|file| file.path.file_name()).collect();
    for contract in &facts.contracts {
        let server = contract.runs_on != Some(RunsOn::Laptop);
        let mut queue = vec![contract.script.as_str().to_owned()];
        let mut seen: BTreeSet<String> = queue.iter().cloned().collect();
        while let Some(path) = queue.pop() {
            let Some((_, text)) = facts.texts.get(&path) else { continue };
            for (at, name) in file_names.iter().enumerate() {
                if code_lines(text).any(|line| line.contains(name)) {
                    named.entry(at).or_default().insert(server);
                }
            }
            for line in code_lines(text) {
                if let Some(sourced) = sourced(line)
                    && let Some(path) = resolve_source(facts, &path, sourced)
                    && seen.insert(path.clone())
                {
                    queue.push(path);
                }
            }
        }
    }
    named
}

fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'))
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
