//! What the facts mean together: which Compose files are one project, and who reaches whom by which name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::names::Names;
use super::order::{self, Requirement};
use super::scripts::{Named, named_by_scripts};
use crate::facts::compose::Service;
use crate::facts::{ComposeFile, Facts, Texts};
use crate::source::{Span, TreePath};
use crate::steps::{ScriptEffects, Task};

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
    scripts: &'a (dyn Follow + 'a),
    /// Several rules read the same ones.
    requirements: OnceLock<Vec<Requirement>>,
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
    pub(super) fn of(facts: &'a Facts, scripts: &'a (dyn Follow + 'a)) -> Self {
        let (named, together) = named_by_scripts(facts);
        let stacks = stacks(facts, &named, &together);
        let own: Vec<Names> = stacks.iter().map(|stack| Names::of(facts, stack)).collect();
        let mut names = own.clone();
        // A network that one project makes and another one joins: only few have any.
        for (at, names) in names.iter_mut().enumerate().filter(|(_, names)| names.joins_others()) {
            for (other, theirs) in own.iter().enumerate().filter(|(other, _)| *other != at) {
                if let (Some(stack), Some(maker)) = (stacks.get(at), stacks.get(other)) {
                    names.share(facts, stack, theirs, maker);
                }
            }
        }
        Self { facts, stacks, names, named, scripts, requirements: OnceLock::new() }
    }

    /// What the scripts do, in the mode that is verified.
    pub fn scripts(&self) -> &[ScriptEffects] {
        self.scripts.help()
    }

    /// Everything that the steps of installations need.
    pub(super) fn requirements(&self) -> &[Requirement] {
        self.requirements.get_or_init(|| order::requirements(self))
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

/// What the scripts of a tree do: it takes longest to find out, so other threads may have begun.
pub(super) struct Scripts<'t> {
    texts: &'t Texts,
    mode: &'t str,
    task: Task<'t>,
}

impl<'t> Scripts<'t> {
    pub(super) fn of(texts: &'t Texts, mode: &'t str) -> Self {
        let bash = texts.iter().filter(|(path, _, text)| {
            !path.is_below("files")
                && (path.as_str().ends_with(".sh")
                    || text.starts_with("#!/bin/bash")
                    || text.starts_with("#!/usr/bin/env bash"))
        });
        Self { texts, mode, task: Task::new(bash.map(|(path, id, text)| (path.as_str(), id, text))) }
    }
}

/// What a world knows of those who find it out.
pub(super) trait Follow {
    /// Helps to find it out, and returns when it is.
    fn help(&self) -> &[ScriptEffects];
}

impl Follow for Scripts<'_> {
    fn help(&self) -> &[ScriptEffects] {
        self.task.help(&|path: &str| self.texts.has_file(path) || self.texts.has_folder(path), self.mode)
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

#[cfg(test)]
mod tests {
    use super::{Scripts, World};
    use crate::facts::testing::facts;

    const ONE: &str = "services:\n  a: { image: a }\n";

    /// Each project as its paths, and whether a server runs it.
    fn stacks(files: &[(&str, &str)]) -> Vec<(Vec<String>, bool)> {
        let facts = facts(files);
        let scripts = Scripts::of(&facts.texts, "hybrid");
        let world = World::of(&facts, &scripts);
        let paths = |files: &[usize]| files.iter().map(|at| facts.compose[*at].path.as_str().to_owned()).collect();
        world.stacks.iter().map(|stack| (paths(&stack.files), stack.server)).collect()
    }

    fn stack(files: &[&str], server: bool) -> (Vec<String>, bool) {
        (files.iter().map(|file| (*file).to_owned()).collect(), server)
    }

    #[test]
    fn scripts_say_what_runs_together_and_where() {
        let lib = "up() {\n    docker compose -f \"$TREE/common/a.prod.yml\" \\\n        -f \"$TREE/common/a.more.yml\" up -d\n}\n";
        let files = [
            ("common/a.local.yml", ONE),
            ("common/a.more.yml", ONE),
            ("common/a.prod.yml", ONE),
            ("common/unnamed.yml", ONE),
            ("scripts/lib/up.sh", lib),
            ("scripts/install.sh", "#!/bin/bash\nsource \"$TREE/scripts/lib/up.sh\"\n# not a.local.yml\nup\n"),
            ("scripts/try.sh", "#!/bin/bash\n# runs-on: laptop\ndocker compose -f common/a.local.yml up\n"),
        ];
        let wanted = [
            stack(&["common/a.prod.yml", "common/a.more.yml"], true),
            stack(&["common/a.local.yml"], false),
            stack(&["common/unnamed.yml"], true),
        ];
        assert_eq!(stacks(&files), wanted);
    }

    #[test]
    fn one_name_in_two_folders_is_two_projects() {
        let files = [
            ("app/docker-compose.yml", ONE),
            ("mon/docker-compose.yml", ONE),
            ("mon/compose.yml", ONE),
            (
                "up.sh",
                "#!/bin/bash\n(cd app && docker compose -f docker-compose.yml up)\ndocker compose -f mon/docker-compose.yml up\n",
            ),
        ];
        let wanted = [
            stack(&["app/docker-compose.yml"], true),
            stack(&["mon/docker-compose.yml"], true),
            stack(&["mon/compose.yml"], true),
        ];
        assert_eq!(stacks(&files), wanted);
    }

    #[test]
    fn the_place_that_names_a_file_is_known() {
        let facts = facts(&[("a.yml", ONE), ("up.sh", "#!/bin/bash\ndocker compose --file=./a.yml up\n")]);
        let named = World::of(&facts, &Scripts::of(&facts.texts, "hybrid")).run_by(&facts.compose[0].path).unwrap();
        assert_eq!(facts.texts.sources.slice(named), "./a.yml");
    }
}
