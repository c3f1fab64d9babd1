//! `estiba generate`

use std::path::{Path, PathBuf};

use estiba_core::check;
use estiba_core::describe::FILE_NAME;
use estiba_core::facts::Facts;
use estiba_core::tree::Tree;
use estiba_host::{Foreign, Project, TreeDir, TreeError};

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::{TREE, generate};
use crate::report::{diagnostics, diff, findings, out, written};

/// Render the infrastructure tree of a project
///
/// Reads estiba.yml, checks the rendered tree across its files, and writes `vps-infrastructure/` beside it: the old tree
/// or the new one, never a mixture. A tree with errors is not written. Files in that folder that are not ours stay.
/// Starts no program, needs no Docker, no network and no root.
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
    /// Write a tree with errors to this other folder, to look at it
    #[arg(long, value_name = "DIR", conflicts_with = "diff")]
    write_anyway: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let (project, file) = match Project::open(&args.project) {
        Ok(opened) => opened,
        Err(error) => {
            out::error(&error.to_string(), Some("name a folder with estiba.yml, or begin with `estiba init`"));
            return Outcome::Refused;
        }
    };
    let target = args.out.clone().unwrap_or_else(|| project.root().join(TREE));
    let file = file.unwrap_or_else(|| FILE_NAME.to_owned());
    let generated = match generate(&project, &file, &target) {
        Ok(generated) => generated,
        Err(failed) => {
            let (sources, problems) = *failed;
            diagnostics::report(&sources, &problems, args.format, "nothing was written");
            return Outcome::Refused;
        }
    };
    let facts = Facts::of(&generated.tree);
    let checked = check::check(&facts);
    if checked.errors() > 0 {
        diagnostics::print_notes(&generated.sources, &generated.notes, args.format);
        findings::print(&facts, &checked, args.format);
        return refuse(args, &generated.tree);
    }
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
            let written = written::Written {
                target: &target,
                tree: &generated.tree,
                report: &report,
                facts: &facts,
                checked: &checked,
            };
            written.print(&generated.sources, &generated.notes, args.format);
            Outcome::Fine
        }
        Err(error) => failed(&error, &target),
    }
}

/// A tree with errors goes nowhere but to a folder that was named for it.
fn refuse(args: &Args, tree: &Tree) -> Outcome {
    let Some(elsewhere) = &args.write_anyway else {
        out::error(
            "the tree has errors and was not written",
            Some("`--write-anyway DIR` leaves it in another folder, to look at it"),
        );
        return Outcome::Refused;
    };
    match TreeDir::new(elsewhere).write(tree, args.overwrite_edited) {
        Ok(_) => {
            out::error(&format!("the tree has errors; it stands in `{}` to look at", elsewhere.display()), None);
            Outcome::Refused
        }
        Err(error) => failed(&error, elsewhere),
    }
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
