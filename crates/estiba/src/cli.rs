//! What can be typed.

use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::commands::{
    check, completions, drift, explain, generate, init, lsp, man, plan, rehearse, rules, schema, templates,
};
use crate::outcome::Outcome;

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

/// The subcommands. Whoever runs one pays for its arguments only: clap's own derivation makes those of all of them.
macro_rules! commands {
    ($(#[doc = $about:literal] $variant:ident($name:ident),)+) => {
        #[derive(Debug)]
        enum Command {
            $(#[doc = $about] $variant($name::Args),)+
        }

        impl FromArgMatches for Command {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                match matches.subcommand() {
                    $(Some((name, matches)) if name == stringify!($name) => {
                        Ok(Self::$variant($name::Args::from_arg_matches(matches)?))
                    })+
                    _ => Err(clap::Error::new(ErrorKind::MissingSubcommand)),
                }
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Subcommand for Command {
            fn augment_subcommands(command: clap::Command) -> clap::Command {
                command$(.subcommand(
                    clap::Command::new(stringify!($name)).about($about.trim()).defer($name::Args::augment_args),
                ))+
            }

            fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
                Self::augment_subcommands(command)
            }

            fn has_subcommand(name: &str) -> bool {
                [$(stringify!($name)),+].contains(&name)
            }
        }

        impl Command {
            fn run(&self) -> Outcome {
                match self {
                    $(Self::$variant(args) => $name::run(args),)+
                }
            }
        }
    };
}

commands! {
    /// Write a commented description to begin with
    Init(init),
    /// Render the infrastructure tree of a project
    Generate(generate),
    /// Verify a tree across its files, offline
    Check(check),
    /// Show the steps of the first installation, or what an update will touch and why
    Plan(plan),
    /// Show what on the server is not what its release says
    Drift(drift),
    /// Live the whole life of the server on this machine's Docker, and take it away again
    Rehearse(rehearse),
    /// Explain a rule of `check`
    Explain(explain),
    /// List the rules of `check`
    Rules(rules),
    /// List, show or take over the templates
    Templates(templates),
    /// Print the JSON Schema of estiba.yml
    Schema(schema),
    /// Speak with an editor: findings while you type
    Lsp(lsp),
    /// Print what a shell completes commands with
    Completions(completions),
    /// Write the manual pages
    Man(man),
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
    Cli::parse().command.run().into()
}
