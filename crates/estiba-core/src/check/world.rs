//! What the facts mean together: which Compose files are one project, and who reaches whom by which name.

use std::collections::BTreeMap;

use super::names::Names;
use super::scripts::{Named, named_by_scripts};
use crate::facts::compose::Service;
use crate::facts::{ComposeFile, Facts};
use crate::source::{Span, TreePath};

/// The facts of a tree and what follows from them.
pub struct World<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// Compose files that run together.
    pub stacks: Vec<Stack>,
    /// Names and networks of each stack.
    pub names: Vec<Names>,
    /// Compose file → where scripts name it.
    named: BTreeMap<usize, Named>,
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
        let (named, together) = named_by_scripts(facts);
        let stacks = stacks(facts, &named, &together);
        let names = stacks.iter().map(|stack| Names::of(facts, stack)).collect();
        Self { facts, stacks, names, named }
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

    /// Where a script of the server names a Compose file.
    #[must_use]
    pub fn run_by(&self, path: &TreePath) -> Option<Span> {
        let at = self.facts.compose.iter().position(|file| file.path == *path)?;
        self.named.get(&at)?.server
    }

    /// The stack that a Compose file belongs to.
    #[must_use]
    pub fn stack_of(&self, file: usize) -> Option<usize> {
        self.stacks.iter().position(|stack| stack.files.contains(&file))
    }
}

/// Files that scripts of the server name are one project where one command names them together, or where they stand in
/// one folder: Compose takes its name for the project. Those of the laptop are each their own; a file that no script names
/// is a project by itself that a server may run.
fn stacks(facts: &Facts, named: &BTreeMap<usize, Named>, together: &[Vec<usize>]) -> Vec<Stack> {
    let server: Vec<usize> = named.iter().filter(|(_, by)| by.server.is_some()).map(|(at, _)| *at).collect();
    // File → another of its project; the first of a project is its own.
    let mut project: BTreeMap<usize, usize> = server.iter().map(|at| (*at, *at)).collect();
    for files in together {
        files.windows(2).for_each(|pair| join(&mut project, pair[0], pair[1]));
    }
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for at in &server {
        let Some(file) = facts.compose.get(*at) else { continue };
        let folder = file.path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let first = *folders.entry(folder).or_insert(*at);
        let name = |at: usize| facts.compose.get(at).and_then(|file| Some(file.name.as_ref()?.value.as_str()));
        if first != *at && (name(first) == name(*at) || name(first).is_none() || name(*at).is_none()) {
            join(&mut project, first, *at);
        }
    }
    let mut projects: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in &server {
        projects.entry(first_of(&mut project, *at)).or_default().push(*at);
    }
    let mut stacks = Vec::new();
    for mut files in projects.into_values() {
        // The production file makes the networks that the others join: `-f` names it first.
        files.sort_by_key(|at| facts.compose.get(*at).is_some_and(|file| !file.path.as_str().contains("prod")));
        stacks.push(Stack { files, server: true });
    }
    for at in (0..facts.compose.len()).filter(|at| !project.contains_key(at)) {
        stacks.push(Stack { files: vec![at], server: !named.contains_key(&at) });
    }
    stacks
}

fn join(project: &mut BTreeMap<usize, usize>, a: usize, b: usize) {
    let (a, b) = (first_of(project, a), first_of(project, b));
    if project.contains_key(&a) && project.contains_key(&b) {
        project.insert(a.max(b), a.min(b));
    }
}

/// The first of a project; on the way each file learns of one nearer to it.
fn first_of(project: &mut BTreeMap<usize, usize>, mut at: usize) -> usize {
    while let Some(next) = project.get(&at).copied().filter(|next| *next != at) {
        let further = project.get(&next).copied().unwrap_or(next);
        project.insert(at, further);
        at = next;
    }
    at
}
