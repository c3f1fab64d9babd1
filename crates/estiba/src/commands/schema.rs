//! `estiba schema`

use crate::outcome::Outcome;
use crate::report::out;

/// Print the JSON Schema of estiba.yml
///
/// Editors with a YAML language server complete and check the description with it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  estiba schema > estiba.schema.json\n\nThen begin estiba.yml with\n  # yaml-language-server: $schema=estiba.schema.json"
)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Outcome {
    out::print(&estiba_core::describe::schema());
    Outcome::Fine
}
