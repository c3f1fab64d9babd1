//! `estiba man`

use std::path::PathBuf;

use crate::cli;
use crate::outcome::Outcome;
use crate::report::out;

/// Write the manual pages: estiba.1, and one for each command
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba man ~/.local/share/man/man1 && man estiba-check")]
pub(crate) struct Args {
    /// The folder that they are written to
    folder: PathBuf,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let written = std::fs::create_dir_all(&args.folder)
        .and_then(|()| clap_mangen::generate_to(cli::command().disable_help_subcommand(true), &args.folder));
    if let Err(error) = written {
        out::error(&format!("writing to `{}`: {error}", args.folder.display()), Some("name a folder to write to"));
        return Outcome::Environment;
    }
    Outcome::Fine
}
