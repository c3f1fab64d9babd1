//! `estiba plan`

use std::path::{Path, PathBuf};

use estiba_core::facts::Facts;
use estiba_core::plan::{self, Images, Server, State};
use estiba_host::Claimed;

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::read_tree;
use crate::report::{diagnostics, out, plan as shown, update};

/// Show the steps of the first installation, in order; or what an update will touch, and why
///
/// The order follows from what each script declares that it needs and provides. Steps that wait for each other, and
/// requirements that no step meets, are errors.
///
/// With --against, two trees are compared: which services are recreated, reloaded or left alone, because of which line,
/// how long each stands still, what is sent, what no way back undoes and which releases the server will forget.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  estiba plan examples/jupiter --mode minimal --format json\n  \
                        estiba plan --against copy-of-the-server --exit-code")]
pub(crate) struct Args {
    /// A tree; a folder with estiba.yml, or that file, means its vps-infrastructure/
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The mode to install; the tree's first state when absent
    #[arg(long, value_parser = ["minimal", "hybrid"])]
    mode: Option<String>,
    /// Compare with what a server claims to run: a tree, a release of it, or a copy of its whole folder
    #[arg(long, value_name = "DIR")]
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
        Some(server) => compare(args, server),
        None => install(args),
    }
}

fn compare(args: &Args, server: &Path) -> Outcome {
    let (old, new) = (Claimed::at(server), Claimed::at(&args.path));
    let read = |claimed: &Claimed| read_tree(&claimed.folder, args.format, |tree| (Facts::of(tree), tree.clone()));
    let before = match read(&old) {
        Ok(before) => before,
        Err(outcome) => return outcome,
    };
    let after = match read(&new) {
        Ok(after) => after,
        Err(outcome) => return outcome,
    };
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
    if args.exit_code && planned.changes() { Outcome::Refused } else { Outcome::Fine }
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
