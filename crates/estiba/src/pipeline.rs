//! A project on disk through the core's stages: what `generate`, `check` and `plan` share.

use std::path::{Component, Path, PathBuf};

use estiba_core::check::{self, Report, Selection};
use estiba_core::describe::FILE_NAME;
use estiba_core::facts::{Facts, Loaded};
use estiba_core::model;
use estiba_core::render::{self, Templates};
use estiba_core::source::{Diagnostic, Level, Sources, TreePath};
use estiba_core::tree::Tree;
use estiba_host::{Listed, Project, TreeDir, TreeError};

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::report::diagnostics;

/// The folder of the tree in a project.
pub(crate) const TREE: &str = "vps-infrastructure";

/// Everything one project rendered to.
pub(crate) struct Generated {
    pub(crate) tree: Tree,
    pub(crate) notes: Vec<Diagnostic>,
    pub(crate) sources: Sources,
}

/// Renders a project for a folder that the tree will stand in.
pub(crate) fn generate(
    project: &Project,
    file: &str,
    target: &Path,
) -> Result<Generated, Box<(Sources, Vec<Diagnostic>)>> {
    let mut sources = Sources::default();
    let mut steps = || {
        let path = TreePath::parse(file)
            .map_err(|error| vec![Diagnostic::new(Level::Error, format!("the file name is refused: {error}"))])?;
        let model = model::of_project(&mut sources, project, &path, &way_back(project, target))?;
        let templates = Templates::with_own(&mut sources, project)?;
        let tree = render::render_with(&model, &templates)?;
        let mut notes = model.notes;
        notes.extend(render::moved(&templates));
        Ok((tree, notes))
    };
    match steps() {
        Ok((tree, notes)) => Ok(Generated { tree, notes, sources }),
        Err(problems) => Err(Box::new((sources, problems))),
    }
}

/// From `common/` of the tree back to the project, as the local Compose file writes it.
fn way_back(project: &Project, target: &Path) -> String {
    let common = absolute(target).join("common");
    let to = project.real();
    let shared = common.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = common.components().skip(shared).map(|_| "..");
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.map(str::to_owned).chain(down).collect();
    parts.join("/")
}

/// Absolute, without `.`, `..` and, as far as it exists, without symbolic links.
fn absolute(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let base =
        std::fs::canonicalize(parent).or_else(|_| std::path::absolute(parent)).unwrap_or_else(|_| parent.to_owned());
    let name = path.components().next_back().filter(|part| matches!(part, Component::Normal(_)));
    name.map_or_else(|| base.clone(), |name| base.join(name))
}

/// A path without symbolic links, `.` and `..`, whether or not it exists: what does not exist yet has no links.
pub(crate) fn place(path: &Path) -> PathBuf {
    let mut real = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        match part {
            Component::ParentDir => {
                real.pop();
            }
            part => {
                real.push(part);
                real = std::fs::canonicalize(&real).unwrap_or(real);
            }
        }
    }
    real
}

/// The facts of the tree at a path, and what else is read from it; a project's folder, or its description, means the tree
/// in it.
pub(crate) fn read_tree<T>(
    path: &Path,
    format: Format,
    read: impl FnOnce(&Tree) -> (Facts, T),
) -> Result<(Facts, T), Outcome> {
    read_folder(path, format, |folder| Ok(read(&folder.load()?)))
}

/// As [`read_tree`], checked by all processors.
pub(crate) fn check_tree(path: &Path, format: Format, selection: &Selection) -> Result<(Facts, Report), Outcome> {
    read_folder(path, format, |folder| {
        check::check_files(|| folder.list(), |file: &Listed| file.load().map(Loaded::from), selection)
    })
}

fn read_folder<T>(
    path: &Path,
    format: Format,
    read: impl FnOnce(&TreeDir) -> Result<(Facts, T), TreeError>,
) -> Result<(Facts, T), Outcome> {
    let fail = |message: &str, how: &str, outcome| {
        diagnostics::fail(&[message.to_owned()], Some(how), format);
        Err(outcome)
    };
    let project = described(path);
    let folder = project.as_ref().map_or_else(|| path.to_owned(), |project| project.join(TREE));
    if project.is_some() && !folder.is_dir() {
        let how = format!("`estiba generate {}` makes it", path.display());
        return fail(&format!("there is no tree at `{}` yet", folder.display()), &how, Outcome::Usage);
    }
    let how = "name the folder of a tree, or of a project with estiba.yml";
    let (facts, more) = match read(&TreeDir::new(&folder)) {
        Ok(read) => read,
        Err(error) => {
            let outcome = if folder.is_dir() { Outcome::Environment } else { Outcome::Usage };
            return fail(&error.to_string(), how, outcome);
        }
    };
    if is_no_tree(&facts) {
        let message = format!("there is no infrastructure tree at `{}`", folder.display());
        let how = format!("neither a Compose file, nor an nginx that one starts, nor a script is in it: {how}");
        return fail(&message, &how, Outcome::Usage);
    }
    Ok((facts, more))
}

/// Whether a path means the tree of a project, which a description makes.
pub(crate) fn is_generated(path: &Path) -> bool {
    described(path).is_some()
}

/// The folder of the tree that [`read_tree`] reads, absolute.
pub(crate) fn tree_folder(path: &Path) -> PathBuf {
    place(&described(path).map_or_else(|| path.to_owned(), |project| project.join(TREE)))
}

/// Nothing in it that a check could verify. A file that no parser could read is something to report.
fn is_no_tree(facts: &Facts) -> bool {
    facts.compose.is_empty()
        && facts.nginx.is_empty()
        && facts.monitoring.is_empty()
        && facts.broken.is_empty()
        && !facts.texts.has_scripts()
}

/// The project's folder, where a path names it or its description.
fn described(path: &Path) -> Option<PathBuf> {
    if path.join(FILE_NAME).is_file() {
        return Some(path.to_owned());
    }
    let names_it = path.file_name().is_some_and(|name| name == FILE_NAME) && path.is_file();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    names_it.then(|| parent.to_owned())
}

/// Finds out which template lines made the tree of a project. It renders the project once more, so it is asked only
/// where there is something to say about a line.
pub(crate) fn trace(path: &Path, facts: &mut Facts) {
    if let Some(folder) = described(path)
        && let Ok((project, _)) = Project::open(&folder)
        && let Ok(generated) = generate(&project, FILE_NAME, &folder.join(TREE))
    {
        // Nobody else holds them by now.
        if let Some(texts) = std::sync::Arc::get_mut(&mut facts.texts) {
            texts.adopt_origins(&generated.tree);
        }
    }
}
