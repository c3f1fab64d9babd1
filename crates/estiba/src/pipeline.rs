//! A project on disk through the core's stages: what `generate`, `check` and `plan` share.

use std::path::{Component, Path, PathBuf};

use estiba_core::describe::FILE_NAME;
use estiba_core::facts::Facts;
use estiba_core::model;
use estiba_core::render::{self, Templates};
use estiba_core::source::{Diagnostic, Level, Sources, TreePath};
use estiba_core::tree::Tree;
use estiba_host::{Project, TreeDir};

use crate::outcome::Outcome;
use crate::report::out;

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

/// The facts of the tree at a path; a project's folder means the tree in it.
pub(crate) fn read_tree(path: &Path) -> Result<Facts, Outcome> {
    let described = is_described(path);
    let folder = if described { path.join(TREE) } else { path.to_owned() };
    if described && !folder.is_dir() {
        let how = format!("`estiba generate {}` makes it", path.display());
        out::error(&format!("there is no tree at `{}` yet", folder.display()), Some(&how));
        return Err(Outcome::Refused);
    }
    let tree = TreeDir::new(&folder).load().map_err(|error| {
        out::error(&error.to_string(), Some("name the folder of a tree, or of a project with estiba.yml"));
        if folder.exists() { Outcome::Environment } else { Outcome::Usage }
    })?;
    Ok(Facts::of(&tree))
}

fn is_described(path: &Path) -> bool {
    path.join(FILE_NAME).is_file()
}

/// Finds out which template lines made the tree of a project. It renders the project once more, so it is asked only
/// where there is something to say about a line.
pub(crate) fn trace(path: &Path, facts: &mut Facts) {
    if is_described(path)
        && let Ok((project, _)) = Project::open(path)
        && let Ok(generated) = generate(&project, FILE_NAME, &path.join(TREE))
    {
        facts.texts.adopt_origins(&generated.tree);
    }
}
