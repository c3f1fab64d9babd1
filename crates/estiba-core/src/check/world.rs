//! What the facts mean together: which Compose files are one project, and who reaches whom by which name.

use std::sync::OnceLock;

use super::names::Names;
use super::order::{self, Requirement};
use crate::facts::shell::{self, ShellScript};
use crate::facts::{ComposeFile, Facts, Texts};
use crate::steps::{ScriptEffects, Task};

/// The facts of a tree and what follows from them.
pub struct World<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// Names and networks of each project.
    pub names: Vec<Names>,
    scripts: &'a (dyn Follow + 'a),
    /// Several rules read the same ones.
    requirements: OnceLock<Vec<Requirement>>,
}

impl<'a> World<'a> {
    pub(super) fn of(facts: &'a Facts, scripts: &'a (dyn Follow + 'a)) -> Self {
        let own: Vec<Names> = facts.compose.iter().map(Names::of).collect();
        let mut names = own.clone();
        // A network that one project makes and another one joins: only few have any.
        for (at, names) in names.iter_mut().enumerate().filter(|(_, names)| names.joins_others()) {
            for (other, theirs) in own.iter().enumerate().filter(|(other, _)| *other != at) {
                if let (Some(project), Some(maker)) = (facts.compose.get(at), facts.compose.get(other)) {
                    names.share(project, theirs, maker);
                }
            }
        }
        Self { facts, names, scripts, requirements: OnceLock::new() }
    }

    /// What the scripts do, in the mode that is verified.
    pub fn scripts(&self) -> &[ScriptEffects] {
        self.scripts.help()
    }

    /// How the scripts of the tree are written.
    pub(super) fn shell(&self) -> &[ShellScript<'a>] {
        self.scripts.shell()
    }

    /// Everything that the steps of installations need.
    pub(super) fn requirements(&self) -> &[Requirement] {
        self.requirements.get_or_init(|| order::requirements(self))
    }

    /// Projects that servers run, with their places in [`Facts::compose`].
    pub fn servers(&self) -> impl Iterator<Item = (usize, &ComposeFile)> {
        self.facts.compose.iter().enumerate().filter(|(_, project)| project.server)
    }

    /// Whether the scripts of the tree declare what they do: then what none of them makes is made by nobody.
    #[must_use]
    pub fn declares_steps(&self) -> bool {
        self.facts.contracts.iter().any(|contract| !contract.provides.is_empty())
    }
}

/// What the scripts of a tree do: it takes longest to find out, so other threads may have begun.
pub(super) struct Scripts<'t> {
    texts: &'t Texts,
    mode: &'t str,
    task: Task<'t>,
    /// Several rules ask.
    shell: OnceLock<Vec<ShellScript<'t>>>,
}

impl<'t> Scripts<'t> {
    pub(super) fn of(texts: &'t Texts, mode: &'t str) -> Self {
        let bash = texts.iter().filter(|(path, _, text)| {
            !path.is_below("files")
                && (path.as_str().ends_with(".sh")
                    || text.starts_with("#!/bin/bash")
                    || text.starts_with("#!/usr/bin/env bash"))
        });
        let task = Task::new(bash.map(|(path, id, text)| (path.as_str(), id, text)));
        Self { texts, mode, task, shell: OnceLock::new() }
    }
}

/// What a world knows of those who find it out.
pub(super) trait Follow {
    /// Helps to find it out, and returns when it is.
    fn help(&self) -> &[ScriptEffects];

    /// How they are written.
    fn shell(&self) -> &[ShellScript<'_>];
}

impl Follow for Scripts<'_> {
    fn help(&self) -> &[ScriptEffects] {
        self.task.help(&|path: &str| self.texts.has_file(path) || self.texts.has_folder(path), self.mode)
    }

    fn shell(&self) -> &[ShellScript<'_>] {
        self.shell.get_or_init(|| shell::read_all(self.texts, |path| self.task.syntax(path)))
    }
}
