//! `estiba completions`

use clap_complete::Shell;

use crate::cli;
use crate::outcome::Outcome;
use crate::report::out;

/// Print what a shell completes commands with
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba completions bash > ~/.local/share/bash-completion/completions/estiba")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "estiba", &mut text);
    out::print(&String::from_utf8_lossy(&text));
    Outcome::Fine
}
