//! `estiba drift`

use std::path::PathBuf;

use estiba_core::facts::Facts;

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::read_tree;
use crate::report::diagnostics;
use crate::server;

/// In the tree.
const SCRIPT: &str = "deployment/scripts/utils/drift-vps.sh";

/// Show what on the server is not what its release says
///
/// Starts drift-vps.sh, which stands on the server, over ssh: edited files with the difference, containers that are missing
/// or foreign, other images, other settings, edited units. Nothing is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba drift examples/jupiter\n\n\
                        ESTIBA_SSH_CONFIG names a configuration of ssh other than your own.")]
pub(crate) struct Args {
    /// A tree; a folder with estiba.yml, or that file, means its vps-infrastructure/
    #[arg(default_value = ".")]
    path: PathBuf,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let (facts, ()) = match read_tree(&args.path, args.format, |tree| (Facts::of(tree), ())) {
        Ok(facts) => facts,
        Err(outcome) => return outcome,
    };
    let server = server::of(&facts.settings);
    let fail = |message: String, how: &str, outcome| {
        diagnostics::fail(&[message], Some(how), args.format);
        outcome
    };
    if !server.is_plain() {
        let how = "`scripts/settings.sh` of a generated tree holds SERVER_HOST, SERVER_USER and SERVER_PATH";
        return fail("this tree does not say which server it is for".to_owned(), how, Outcome::Usage);
    }
    let format: &[&str] = match args.format {
        Format::Human => &[],
        Format::Json => &["--format", "json"],
    };
    let login = server.login();
    match server.run(SCRIPT, format) {
        Ok(Some(0)) => Outcome::Fine,
        Ok(Some(1)) => Outcome::Refused,
        Ok(_) => {
            let how =
                format!("`ssh {login}` shows whether it answers; a release from before this command has no {SCRIPT}");
            fail(format!("the server did not tell: {login}"), &how, Outcome::Environment)
        }
        Err(error) => fail(format!("ssh: {error}"), "install OpenSSH's client", Outcome::Environment),
    }
}
