//! `estiba plan`

use std::path::{Path, PathBuf};

use estiba_core::facts::Facts;
use estiba_core::plan::{self, Images, Server, State};
use estiba_host::{Claimed, CopyError};

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::read_tree;
use crate::report::{diagnostics, out, plan as shown, update};
use crate::server;

/// Show the steps of the first installation, in order; or what an update will touch, and why
///
/// The order follows from what each script declares that it needs and provides. Steps that wait for each other, and
/// requirements that no step meets, are errors.
///
/// With --against, two trees are compared: which services are recreated, reloaded or left alone, because of which line,
/// how long each stands still, what is sent, what no way back undoes and which releases the server will forget.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  estiba plan examples/jupiter --mode minimal --format json\n  \
                        estiba plan --against vps.jupiter.example: --exit-code\n\n\
                        ESTIBA_SSH_CONFIG names a configuration of ssh other than your own.")]
pub(crate) struct Args {
    /// A tree; a folder with estiba.yml, or that file, means its vps-infrastructure/
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The mode to install; the tree's first state when absent
    #[arg(long, value_parser = ["minimal", "hybrid"])]
    mode: Option<String>,
    /// Compare with what a server claims to run: [USER@]HOST:[PATH], from which its files are copied over sftp; or a tree,
    /// a release, or a copy of the server's whole folder
    #[arg(long, value_name = "SERVER|DIR")]
    against: Option<PathBuf>,
    /// Exit with 1 when the update changes anything
    #[arg(long, requires = "against")]
    exit_code: bool,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    match &args.against {
        Some(against) => compare(args, against).unwrap_or_else(|outcome| outcome),
        None => install(args),
    }
}

fn compare(args: &Args, against: &Path) -> Result<Outcome, Outcome> {
    let read = |claimed: &Claimed| read_tree(&claimed.folder, args.format, |tree| (Facts::of(tree), tree.clone()));
    let new = Claimed::at(&args.path);
    let after = read(&new)?;
    let copy = match server::written(against, &after.0.settings) {
        Some(server) => Some(copy_of(&server, args.format)?),
        None => None,
    };
    let old = Claimed::at(copy.as_ref().map_or(against, |folder| folder.path()));
    let before = read(&old)?;
    let images = |claimed: &Claimed| claimed.images.as_deref().map(Images::parse);
    let (old_images, new_images) = (images(&old), images(&new));
    let releases = old.releases.as_ref().map(|(table, present)| (table.as_str(), present.as_slice()));
    let known = Server::parse(old.stops.as_deref().unwrap_or_default(), releases);
    let mode = args.mode.clone().or(old.mode).unwrap_or_else(|| after.0.settings.mode().to_owned());
    let planned = plan::update(
        State { tree: &before.1, facts: &before.0, images: old_images.as_ref() },
        State { tree: &after.1, facts: &after.0, images: new_images.as_ref() },
        &mode,
        &known,
    );
    match args.format {
        Format::Json => update::json(&planned, &mode, &new.archives),
        Format::Human => out::print(&update::text(&planned, &mode, &new.archives)),
    }
    Ok(if args.exit_code && planned.changes() { Outcome::Refused } else { Outcome::Fine })
}

/// In a folder that goes with this value.
fn copy_of(server: &estiba_host::Server, format: Format) -> Result<tempfile::TempDir, Outcome> {
    let fail = |message: String, how: &str, outcome| {
        diagnostics::fail(&[message], Some(how), format);
        outcome
    };
    let login = server.login();
    if !server.is_plain() {
        let how =
            "a server is written [USER@]HOST:[PATH]; what is left out is read from the tree's scripts/settings.sh";
        return Err(fail(format!("this names no folder of a server: {login}:{}", server.path), how, Outcome::Usage));
    }
    let machine =
        |error: std::io::Error| fail(format!("sftp: {error}"), "install OpenSSH's client", Outcome::Environment);
    let folder = tempfile::tempdir().map_err(machine)?;
    match server.copy_claim(folder.path()) {
        Ok(()) => Ok(folder),
        Err(CopyError::Interrupted) => Err(Outcome::Interrupted),
        Err(CopyError::Machine(error)) => Err(machine(error)),
        Err(CopyError::NoConnection(said)) => {
            let how = format!("`ssh {login}` shows whether it answers");
            Err(fail(format!("no connection to {login}: {said}"), &how, Outcome::Environment))
        }
        Err(CopyError::NothingInstalled) => {
            let message = format!("no release is in force on {login}: there is no {}/srv/current", server.path);
            Err(fail(message, "without --against, `estiba plan` shows the first installation", Outcome::Environment))
        }
    }
}

fn install(args: &Args) -> Outcome {
    let (facts, ()) = match read_tree(&args.path, args.format, |tree| (Facts::of(tree), ())) {
        Ok(facts) => facts,
        Err(outcome) => return outcome,
    };
    match plan::plan(&facts, args.mode.as_deref()) {
        Ok(plan) => {
            match args.format {
                Format::Json => shown::json(&plan),
                Format::Human => out::print(&shown::table(&plan)),
            }
            Outcome::Fine
        }
        Err(problems) => {
            diagnostics::report(&facts.texts.sources, &problems, args.format, "no plan holds");
            Outcome::Refused
        }
    }
}
