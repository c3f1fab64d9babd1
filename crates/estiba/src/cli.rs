//! What can be typed.

use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::{ColorChoice, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::commands::{
    check, completions, drift, explain, generate, init, lsp, man, plan, rehearse, rules, schema, templates,
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

/// One description, the whole infrastructure of a VPS, verified before anything touches a server.
#[derive(Debug, Parser)]
#[command(name = "estiba", version, styles = STYLES, color = ColorChoice::Auto, max_term_width = 110)]
#[command(
    after_help = "Example:\n  estiba init && estiba generate\n\nExit codes: 0 nothing to report · 1 errors found, or refused · 2 wrong usage, or a coverage gap under --strict · 3 the environment failed"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented description to begin with
    Init(init::Args),
    /// Render the infrastructure tree of a project
    Generate(generate::Args),
    /// Verify a tree across its files, offline
    Check(check::Args),
    /// Show the steps of the first installation, or what an update will touch and why
    Plan(plan::Args),
    /// Show what on the server is not what its release says
    Drift(drift::Args),
    /// Live the whole life of the server on this machine's Docker, and take it away again
    Rehearse(rehearse::Args),
    /// Explain a rule of `check`
    Explain(explain::Args),
    /// List the rules of `check`
    Rules(rules::Args),
    /// List, show or take over the templates
    Templates(templates::Args),
    /// Print the JSON Schema of estiba.yml
    Schema(schema::Args),
    /// Speak with an editor: findings while you type
    Lsp(lsp::Args),
    /// Print what a shell completes commands with
    Completions(completions::Args),
    /// Write the manual pages
    Man(man::Args),
}

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs; has a `version`
    Json,
}

/// The language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English
    #[default]
    En,
    /// Spanish
    Es,
}

/// How what a check found is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    #[default]
    Human,
    /// For programs; has a `version`
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub's workflows
    Github,
}

impl From<CheckFormat> for Format {
    /// How a refusal is printed: SARIF and annotations have no words for one.
    fn from(format: CheckFormat) -> Self {
        if format == CheckFormat::Json { Self::Json } else { Self::Human }
    }
}

/// What can be typed, for programs that write about it.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Reads the arguments and does what they say. clap ends wrong usage itself with exit code 2.
pub(crate) fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Init(args) => init::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Rehearse(args) => rehearse::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Templates(args) => templates::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Lsp(args) => lsp::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    outcome.into()
}
