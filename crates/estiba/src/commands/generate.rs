//! `estiba generate`

use std::path::{Component, Path, PathBuf};

use estiba_core::describe::{self, FILE_NAME};
use estiba_core::model;
use estiba_core::render::{self, Templates};
use estiba_core::source::{Diagnostic, Sources, TreePath};
use estiba_core::tree::Tree;
use estiba_host::{Foreign, Project, TreeDir, TreeError};

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::report::{diagnostics, diff, out, written};

/// Render the infrastructure tree of a project
///
/// Reads estiba.yml and writes `vps-infrastructure/` beside it: the old tree or the new one, never a mixture. Files in
/// that folder that are not ours stay. Starts no program, needs no Docker, no network and no root.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  estiba generate examples/jupiter\n  estiba generate --diff          what would change, nothing written"
)]
pub(crate) struct Args {
    /// A folder with estiba.yml, or the file itself
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Where the tree is written; `vps-infrastructure/` in the project when absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show what would change and write nothing
    #[arg(long)]
    diff: bool,
    /// Replace files of the tree that were edited by hand
    #[arg(long)]
    overwrite_edited: bool,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

/// Everything one project rendered to.
struct Generated {
    tree: Tree,
    notes: Vec<Diagnostic>,
    sources: Sources,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let (project, file) = match Project::open(&args.project) {
        Ok(opened) => opened,
        Err(error) => {
            out::error(&error.to_string(), Some("name a folder with estiba.yml, or begin with `estiba init`"));
            return Outcome::Refused;
        }
    };
    let target = args.out.clone().unwrap_or_else(|| project.root().join("vps-infrastructure"));
    let file = file.unwrap_or_else(|| FILE_NAME.to_owned());
    let generated = match generate(&project, &file, &target) {
        Ok(generated) => generated,
        Err(failed) => {
            let (sources, problems) = *failed;
            diagnostics::report(&sources, &problems, args.format);
            return Outcome::Refused;
        }
    };
    let folder = TreeDir::new(&target);
    if args.diff {
        return match diff::print(&folder, &generated.tree, args.format) {
            Ok(()) => Outcome::Fine,
            Err(error) => failed(&error, &target),
        };
    }
    match folder.write(&generated.tree, args.overwrite_edited) {
        Ok(report) => {
            diagnostics::print_notes(&generated.sources, &generated.notes, args.format);
            written::print(&target, &generated.tree, &report, &generated.sources, &generated.notes, args.format);
            Outcome::Fine
        }
        Err(error) => failed(&error, &target),
    }
}

fn generate(project: &Project, file: &str, target: &Path) -> Result<Generated, Box<(Sources, Vec<Diagnostic>)>> {
    let mut sources = Sources::default();
    let mut steps = || {
        let path = TreePath::parse(file).map_err(|error| {
            vec![Diagnostic::new(estiba_core::source::Level::Error, format!("the file name is refused: {error}"))]
        })?;
        let description = describe::read(&mut sources, project, &path)?;
        let model = model::build(&description, project, &way_back(project, target))?;
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

fn failed(error: &TreeError, target: &Path) -> Outcome {
    match error {
        TreeError::Foreign(files) => {
            for file in files {
                let (what, path) = match file {
                    Foreign::Edited(path) => ("was edited by hand since it was generated", path),
                    Foreign::InTheWay(path) => ("stands where a generated file goes, and was not generated", path),
                };
                out::error(&format!("`{}` {what}", target.join(path.as_str()).display()), None);
            }
            out::help(
                "nothing was written. Put the change into a template of your own (`estiba templates eject PATH`), or \
                 replace the edited files with `--overwrite-edited`; `--diff` shows the differences",
            );
            Outcome::Refused
        }
        other => {
            out::error(&other.to_string(), None);
            Outcome::Environment
        }
    }
}
