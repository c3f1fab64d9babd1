//! `estiba generate`

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use estiba_core::check::{self, Report};
use estiba_core::describe::FILE_NAME;
use estiba_core::facts::Facts;
use estiba_core::tree::Tree;
use estiba_core::work;
use estiba_host::{Foreign, Project, TreeDir, TreeError, WriteReport};

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::{TREE, generate, place};
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
            let how = "name a folder with estiba.yml, or begin with `estiba init`";
            diagnostics::fail(&[error.to_string()], Some(how), args.format);
            return (&error).into();
        }
    };
    let target = args.out.clone().unwrap_or_else(|| project.root().join(TREE));
    if let Err(message) = targets(args, &project, &target) {
        let how = "name another folder; without `--out` the tree goes to `vps-infrastructure/` in the project";
        diagnostics::fail(&[message], Some(how), args.format);
        return Outcome::Usage;
    }
    let shell = std::env::current_dir().ok();
    let file = file.unwrap_or_else(|| FILE_NAME.to_owned());
    let generated = match generate(&project, &file, &target) {
        Ok(generated) => generated,
        Err(failed) => {
            let (sources, problems) = *failed;
            diagnostics::report(&sources, &problems, args.format, "nothing was written");
            return Outcome::Refused;
        }
    };
    let folder = TreeDir::new(&target);
    let (facts, checked, written) = check_and_write(args, &folder, &generated.tree);
    if checked.errors() > 0 {
        diagnostics::print_notes(&generated.sources, &generated.notes, args.format);
        findings::print_all(&facts, &checked, args.format);
        let outcome = refuse(args, &generated.tree);
        help_shell(shell.as_deref());
        return outcome;
    }
    if args.diff {
        return match diff::print(&folder, &generated.tree, args.format) {
            Ok(()) => Outcome::Fine,
            Err(error) => failed(&error, &target, args.format),
        };
    }
    match written {
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
            help_shell(shell.as_deref());
            // The process ends: the system takes everything back at once.
            std::mem::forget((generated, facts, checked, report));
            Outcome::Fine
        }
        Err(error) => failed(&error, &target, args.format),
    }
}

/// Checks the tree while it is written beside the old one; it takes the old one's place only without errors.
fn check_and_write(args: &Args, folder: &TreeDir, tree: &Tree) -> (Facts, Report, Result<WriteReport, TreeError>) {
    let check = || check::check_tree(tree);
    if args.diff {
        let (facts, report) = check();
        return (facts, report, Ok(WriteReport::default()));
    }
    std::thread::scope(|scope| {
        let mut checking = work::beside(scope, check);
        let mut wait = || {
            let thread = checking.take()?;
            Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        };
        let mut result = None;
        let written = folder.write_when(tree, args.overwrite_edited, || {
            result = wait();
            result.as_ref().is_some_and(|(_, report): &(Facts, Report)| report.errors() == 0)
        });
        // Where nothing was to write, nobody has waited yet.
        let (facts, report) = result.or_else(&mut wait).unwrap_or_else(check);
        (facts, report, written.map(Option::unwrap_or_default))
    })
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
        // The findings are on standard output already, and a second document would make both unreadable.
        Err(error) => failed(&error, elsewhere, Format::Human),
    }
}

/// A tree must not stand where the project is read from: it would replace the folder of the user's own files.
fn targets(args: &Args, project: &Project, target: &Path) -> Result<(), String> {
    for path in std::iter::once(target).chain(args.write_anyway.as_deref()) {
        let real = place(path);
        let shown = path.display();
        if real == project.real() {
            return Err(format!("`{shown}` is the project's own folder: no tree is written there"));
        }
        if project.real().starts_with(&real) {
            return Err(format!("`{shown}` contains the project: no tree is written there"));
        }
        if let Some(own) = ["files", "templates"].iter().find(|own| real.starts_with(place(&project.root().join(own))))
        {
            return Err(format!("`{shown}` lies in the project's `{own}/`, which the tree is made from"));
        }
    }
    let ordinary = [target, &project.root().join(TREE)].map(place);
    match &args.write_anyway {
        Some(path) if ordinary.contains(&place(path)) => Err(format!(
            "`{}` is where the tree without errors goes: `--write-anyway` needs another folder",
            path.display()
        )),
        _ => Ok(()),
    }
}

/// A shell inside a tree that was replaced still stands in the folder that went.
fn help_shell(stood: Option<&Path>) {
    let identity = |path: &Path| fs::metadata(path).map(|folder| (folder.dev(), folder.ino())).ok();
    if let Some(stood) = stood
        && identity(stood) != identity(Path::new("."))
    {
        out::help("your shell stands in the old folder: cd .");
    }
}

fn failed(error: &TreeError, target: &Path, format: Format) -> Outcome {
    let TreeError::Foreign(files) = error else {
        diagnostics::fail(&[error.to_string()], None, format);
        return Outcome::Environment;
    };
    let messages = files.iter().map(|file| {
        let (what, path) = match file {
            Foreign::Edited(path) => ("was edited by hand since it was generated", path),
            Foreign::InTheWay(path) => ("stands where a generated file goes, and was not generated", path),
        };
        format!("`{}` {what}", target.join(path.as_str()).display())
    });
    let how = "nothing was written. Put the change into a template of your own (`estiba templates eject PATH`), or \
               replace the edited files with `--overwrite-edited`; `--diff` shows the differences";
    diagnostics::fail(&messages.collect::<Vec<_>>(), Some(how), format);
    Outcome::Refused
}
