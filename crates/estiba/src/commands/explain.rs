//! `estiba explain`

use estiba_core::check::rules;
use estiba_core::source::nearest;

use crate::outcome::Outcome;
use crate::report::out;

/// Explain a rule of `check`: what it finds, why it matters, examples, and how to fix it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba explain upstream-host-unknown")]
pub(crate) struct Args {
    /// The rule, as `check` names it
    rule: String,
}

pub(crate) fn run(args: &Args) -> Outcome {
    if let Some(rule) = rules::find(&args.rule) {
        out::print(rule.page);
        return Outcome::Fine;
    }
    let near = nearest(&args.rule, rules::all().map(|rule| rule.id));
    let how = near.map_or_else(|| "`estiba rules` lists them all".to_owned(), |near| format!("did you mean `{near}`?"));
    out::error(&format!("there is no rule `{}`", args.rule.escape_debug()), Some(&how));
    Outcome::Usage
}
