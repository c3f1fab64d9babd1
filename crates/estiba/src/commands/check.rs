//! `estiba check`

use std::path::PathBuf;

use estiba_core::check;

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::{read_tree, trace};
use crate::report::{files, findings};

/// Verify a tree across its files, offline
///
/// Reads Compose, nginx, Prometheus, Alertmanager, Grafana and the scripts together and says what one file promises and
/// another does not keep. Starts no program and touches no network.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  estiba check examples/jupiter\n  estiba check --strict --format json path/to/a/tree"
)]
pub(crate) struct Args {
    /// A tree; a folder with estiba.yml, or that file, means its vps-infrastructure/
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Fail also when something could not be decided (exit code 2)
    #[arg(long)]
    strict: bool,
    /// List what a run reads, and why, and what it leaves alone; judge nothing
    #[arg(long)]
    files: bool,
    /// Show also what is a matter of custom, or of what the tree does not tell
    #[arg(long)]
    pedantic: bool,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let (mut facts, mut report) = match read_tree(&args.path, args.format, check::check_tree) {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    if args.files {
        files::print(&check::readings(&facts), args.format);
        return Outcome::Fine;
    }
    if !args.pedantic {
        report = report.confident();
    }
    if !report.findings.is_empty() {
        trace(&args.path, &mut facts);
    }
    findings::print(&facts, &report, args.format);
    let (errors, undecided) = (report.errors(), report.undecided.len());
    // The process ends: the system takes everything back at once.
    std::mem::forget((facts, report));
    if errors > 0 {
        Outcome::Refused
    } else if args.strict && undecided > 0 {
        Outcome::Gap
    } else {
        Outcome::Fine
    }
}
