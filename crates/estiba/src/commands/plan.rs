//! `estiba plan`

use std::path::PathBuf;

use estiba_core::facts::Facts;
use estiba_core::plan;

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::read_tree;
use crate::report::{diagnostics, out, plan as shown};

/// Show the steps of the first installation, in order
///
/// The order follows from what each script declares that it needs and provides. Steps that wait for each other, and
/// requirements that no step meets, are errors.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba plan examples/jupiter --mode minimal --format json")]
pub(crate) struct Args {
    /// A tree; a folder with estiba.yml, or that file, means its vps-infrastructure/
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The mode to install; the tree's first state when absent
    #[arg(long, value_parser = ["minimal", "hybrid"])]
    mode: Option<String>,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
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
