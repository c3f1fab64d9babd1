//! `estiba explain`

use estiba_core::check::rules::{self, es};
use estiba_core::source::nearest;

use crate::cli::Language;
use crate::outcome::Outcome;
use crate::report::out;

/// Explain a rule of `check`: what it finds, why it matters, examples, and how to fix it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  estiba explain upstream-host-unknown\n  estiba explain upstream-host-unknown --language es"
)]
pub(crate) struct Args {
    /// The rule, as `check` names it
    rule: String,
    /// The language of its page
    #[arg(long, default_value = "en")]
    language: Language,
}

pub(crate) fn run(args: &Args) -> Outcome {
    if let Some(rule) = rules::find(&args.rule) {
        match args.language {
            Language::En => out::print(rule.page),
            Language::Es => {
                out::print(&es::page(rule).unwrap_or_else(|| format!("{}\n\n{}", es::ABSENT, rule.page)));
            }
        }
        return Outcome::Fine;
    }
    let near = nearest(&args.rule, rules::all().map(|rule| rule.id));
    let how = near.map_or_else(|| "`estiba rules` lists them all".to_owned(), |near| format!("did you mean `{near}`?"));
    out::error(&format!("there is no rule `{}`", args.rule.escape_debug()), Some(&how));
    Outcome::Usage
}
