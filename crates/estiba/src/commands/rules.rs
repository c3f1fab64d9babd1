//! `estiba rules`

use std::path::{Path, PathBuf};

use estiba_core::check::RULES;
use serde::Serialize;

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::report::{out, site};

/// List the rules of `check`
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba rules --html site")]
pub(crate) struct Args {
    /// Write the pages of the rules to this folder instead, as a small site in English and Spanish that
    /// can be searched
    #[arg(long, value_name = "DIR")]
    html: Option<PathBuf>,
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
    if let Some(folder) = &args.html {
        return write_site(folder);
    }
    let rows = RULES.iter().map(|rule| RuleJson { id: rule.id, level: rule.level.name(), summary: rule.summary });
    if args.format == Format::Json {
        out::json(&RulesJson { version: 1, rules: rows.collect() });
        return Outcome::Fine;
    }
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let lines = rows.map(|row| format!("{:width$}  {:7}  {}\n", row.id, row.level, row.summary));
    out::print(&lines.collect::<String>());
    Outcome::Fine
}

fn write_site(folder: &Path) -> Outcome {
    let files = site::files();
    let write = |(name, text): &(String, String)| {
        let path = folder.join(name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, text)
    };
    match files.iter().try_for_each(write) {
        Ok(()) => {
            out::print(&format!("Wrote {} pages; begin with {}\n", files.len(), folder.join("index.html").display()));
            Outcome::Fine
        }
        Err(error) => {
            let message = format!("writing to `{}`: {error}", folder.display());
            out::error(&message, Some("name a folder to write to"));
            Outcome::Environment
        }
    }
}
