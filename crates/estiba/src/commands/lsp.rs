//! `estiba lsp`

use crate::lsp;
use crate::outcome::Outcome;
use crate::report::out;

/// Speak with an editor: the findings of `check` while you type (Language Server Protocol, over standard input and output)
///
/// Findings are diagnostics of the whole tree, also of unsaved text; hovering explains them, fixes are offered, an address
/// leads to its service, and estiba.yml is completed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba lsp      an editor starts it; docs/editors.md says how")]
pub(crate) struct Args {
    /// Editors say so; it is the only way
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(crate) fn run(_: &Args) -> Outcome {
    match lsp::serve() {
        Ok(()) => Outcome::Fine,
        Err(error) => {
            out::error(&error, Some("an editor starts this command, and speaks its protocol"));
            Outcome::Environment
        }
    }
}
