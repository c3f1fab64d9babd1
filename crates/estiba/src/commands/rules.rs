//! `estiba rules`

use estiba_core::check::RULES;
use estiba_core::source::Level;
use serde::Serialize;

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::report::out;

/// List the rules of `check`
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba rules --format json")]
pub(crate) struct Args {
    /// How it is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

/// Version 1 of the list.
#[derive(Serialize)]
struct RulesJson {
    version: u8,
    rules: Vec<RuleJson>,
}

#[derive(Serialize)]
struct RuleJson {
    id: &'static str,
    level: &'static str,
    summary: &'static str,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let rows = RULES.iter().map(|rule| RuleJson {
        id: rule.id,
        level: if rule.level == Level::Error { "error" } else { "warning" },
        summary: rule.summary,
    });
    if args.format == Format::Json {
        out::json(&RulesJson { version: 1, rules: rows.collect() });
        return Outcome::Fine;
    }
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let lines = rows.map(|row| format!("{:width$}  {:7}  {}\n", row.id, row.level, row.summary));
    out::print(&lines.collect::<String>());
    Outcome::Fine
}
