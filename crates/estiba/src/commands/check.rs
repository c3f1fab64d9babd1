//! `estiba check`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use estiba_core::check::{self, Baseline, Report, Selection};
use estiba_core::facts::Facts;
use estiba_core::source::Sources;
use estiba_core::tree::Tree;
use estiba_host::{Stamp, write_file};

use super::fix;
use crate::cli::CheckFormat;
use crate::outcome::Outcome;
use crate::pipeline::{check_tree, read_tree, trace, tree_folder};
use crate::report::findings::{self, Shown};
use crate::report::places::Places;
use crate::report::screen::Screen;
use crate::report::{diagnostics, files, github, out, sarif};

/// Verify a tree across its files, offline
///
/// Reads Compose, nginx, Prometheus, Alertmanager, Grafana and the scripts together and says what one file promises and
/// another does not keep. Starts no program and touches no network. Without --all it says what to begin with, on one
/// screen. A finding that is right and accepted is suppressed with a comment `# estiba: ignore[rule] reason`, or stands in a
/// baseline.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  estiba check examples/jupiter\n  estiba check --watch\n  estiba check --fix && estiba check --fix --write\n  estiba check --strict --format sarif path/to/a/tree > estiba.sarif\n  estiba check --write-baseline estiba-baseline.toml && estiba check --baseline estiba-baseline.toml"
)]
pub(crate) struct Args {
    /// A tree; a folder with estiba.yml, or that file, means its vps-infrastructure/
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Show every finding in its file, however many screens it takes
    #[arg(long)]
    all: bool,
    /// Fail also when something could not be decided (exit code 2)
    #[arg(long)]
    strict: bool,
    /// List what a run reads, and why, and what it leaves alone; judge nothing
    #[arg(long)]
    files: bool,
    /// Show also what is a matter of custom, or of what the tree does not tell
    #[arg(long)]
    pedantic: bool,
    /// These rules and no others; several with commas between them
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    only: Vec<String>,
    /// Not these rules; several with commas between them
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Findings that are accepted, with reasons
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Accept what is found now, in this file; reasons that stand in it already are kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "files"])]
    write_baseline: Option<PathBuf>,
    /// Why it is accepted, for each new entry
    #[arg(
        long,
        value_name = "TEXT",
        requires = "write_baseline",
        default_value = "was there when this file was written"
    )]
    reason: String,
    /// Show as a diff what would mend findings, where that is certain; change nothing
    #[arg(long, conflicts_with_all = ["files", "write_baseline", "watch"])]
    fix: bool,
    /// With --fix: change the files, all of them or none
    #[arg(long, requires = "fix")]
    write: bool,
    /// With --fix: also what a person should look at, because more may change than what is mended
    #[arg(long, requires = "fix")]
    unsafe_fixes: bool,
    /// Check again whenever a file of the tree changes, until Ctrl-C
    #[arg(long, conflicts_with_all = ["files", "write_baseline"])]
    watch: bool,
    /// Where the pages of `estiba rules --html` stand on the web: SARIF links to them
    #[arg(long, value_name = "URL")]
    rules_url: Option<String>,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: CheckFormat,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let selection = match Selection::of(&args.only, &args.ignore) {
        Ok(selection) => selection,
        Err(problem) => {
            let message = format!("there is no rule `{}`", problem.id.escape_debug());
            diagnostics::fail(&[message], Some(&problem.help), args.format.into());
            return Outcome::Usage;
        }
    };
    if args.fix {
        return fix(args, &selection);
    }
    if args.watch {
        return watch(args, &selection);
    }
    let (mut facts, mut report) = match check_tree(&args.path, args.format.into(), &selection) {
        Ok(checked) => checked,
        Err(outcome) => return outcome,
    };
    if args.files {
        files::print(&check::readings(&facts), args.format.into());
        return Outcome::Fine;
    }
    if let Some(file) = &args.write_baseline {
        return write_baseline(args, file, &facts, report);
    }
    let accepted = match accept(args, &mut facts, &mut report, &selection) {
        Ok(accepted) => accepted,
        Err(outcome) => return outcome,
    };
    print(args, &mut facts, &report, accepted);
    let outcome = outcome(args, &report);
    // The process ends: the system takes everything back at once.
    std::mem::forget((facts, report));
    outcome
}

/// Shows, or writes, what mends findings that are not accepted.
fn fix(args: &Args, selection: &Selection) -> Outcome {
    let mut failed = None;
    let check = |tree: &Tree| {
        let (mut facts, mut report) = checked(tree, selection);
        if let Err(outcome) = accept(args, &mut facts, &mut report, selection) {
            failed.get_or_insert(outcome);
        }
        (facts, report)
    };
    let how = fix::How { also_unsafe: args.unsafe_fixes, write: args.write, format: args.format.into() };
    let mended = match fix::run(&args.path, &how, check) {
        Ok(mended) => mended,
        Err(outcome) => return outcome,
    };
    failed.unwrap_or_else(|| outcome(args, &mended.report))
}

/// For a process that checks more than once: [`check::check_files`] leaves what it parsed to the system.
fn checked(tree: &Tree, selection: &Selection) -> (Facts, Report) {
    let facts = Facts::of(tree);
    let report = check::check_with(&facts, selection);
    (facts, report)
}

fn outcome(args: &Args, report: &Report) -> Outcome {
    if report.errors() > 0 {
        Outcome::Refused
    } else if args.strict && !report.undecided.is_empty() {
        Outcome::Gap
    } else {
        Outcome::Fine
    }
}

/// Takes out what is accepted, and what is shown on demand only.
fn accept(args: &Args, facts: &mut Facts, report: &mut Report, selection: &Selection) -> Result<usize, Outcome> {
    let mut accepted = 0;
    if let Some(file) = &args.baseline {
        let (name, text, baseline) = read_baseline(args, file)?;
        accepted = baseline.apply(facts, report, (&name, &text), selection);
    }
    if !args.pedantic {
        *report = std::mem::take(report).confident();
    }
    Ok(accepted)
}

fn print(args: &Args, facts: &mut Facts, report: &Report, accepted: usize) {
    if !report.findings.is_empty() && matches!(args.format, CheckFormat::Human | CheckFormat::Json) {
        trace(&args.path, facts);
    }
    let places = || Places::of(facts, &tree_folder(&args.path));
    match args.format {
        CheckFormat::Human => out::print(&text(args, facts, report, accepted)),
        CheckFormat::Json => findings::print_json(facts, report),
        CheckFormat::Sarif => sarif::print(&places(), report, args.rules_url.as_deref()),
        CheckFormat::Github => {
            github::print(&places(), report);
            // The commands above are hidden from the log's reader.
            out::print(&text(args, facts, report, accepted));
        }
    }
}

fn text(args: &Args, facts: &Facts, report: &Report, accepted: usize) -> String {
    let path = args.path.to_string_lossy();
    let path = if path == "." { "" } else { &*path };
    Shown { facts, report, path, accepted, all: args.all }.text(Screen::of_output())
}

fn read_baseline(args: &Args, file: &Path) -> Result<(String, String, Baseline), Outcome> {
    let name = file.to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let how = "`estiba check --write-baseline FILE` writes the first one";
        diagnostics::fail(&[format!("reading `{}`: {error}", name.escape_debug())], Some(how), args.format.into());
        Outcome::Usage
    })?;
    let mut sources = Sources::default();
    match Baseline::read(&mut sources, &name, &text) {
        Ok(baseline) => Ok((name, text, baseline)),
        Err(problem) => {
            diagnostics::report(&sources, &[*problem], args.format.into(), "nothing was checked");
            Err(Outcome::Usage)
        }
    }
}

fn write_baseline(args: &Args, file: &Path, facts: &Facts, report: Report) -> Outcome {
    let known = match file.exists().then(|| read_baseline(args, file)).transpose() {
        Ok(known) => known.map(|(_, _, baseline)| baseline).unwrap_or_default(),
        Err(outcome) => return outcome,
    };
    let report = if args.pedantic { report } else { report.confident() };
    let text = known.write(facts, &report, &args.reason);
    if let Err(error) = write_file(file, text.as_bytes()) {
        diagnostics::fail(&[error.to_string()], None, args.format.into());
        return Outcome::Environment;
    }
    let count = text.matches("\n[[accepted]]\n").count();
    let file = file.display();
    out::print(&format!(
        "Wrote {file}: {count} accepted. Say in each entry why, and check with\n  estiba check --baseline {file}\n"
    ));
    Outcome::Fine
}

/// Checks whenever the tree changes. What is on the screen changes only where something else is to say.
fn watch(args: &Args, selection: &Selection) -> Outcome {
    let terminal = std::io::stdout().is_terminal();
    let folder = tree_folder(&args.path);
    let mut seen = None;
    let mut said = String::new();
    loop {
        let stamp = Stamp::of(&folder, args.baseline.as_deref());
        if seen != Some(stamp) {
            seen = Some(stamp);
            let check = |tree: &Tree| checked(tree, selection);
            let (mut facts, mut report) = match read_tree(&args.path, args.format.into(), check) {
                Ok(read) => read,
                // A tree that is being written is there again in a moment; one that never was is a mistake.
                Err(_) if !said.is_empty() => continue,
                Err(outcome) => return outcome,
            };
            match accept(args, &mut facts, &mut report, selection) {
                Ok(accepted) if args.format == CheckFormat::Human => {
                    let text = text(args, &facts, &report, accepted);
                    if text != said {
                        let clear = if terminal { "\u{1b}[2J\u{1b}[H" } else { "" };
                        out::print(&format!("{clear}{text}"));
                        said = text;
                    }
                }
                Ok(accepted) => {
                    print(args, &mut facts, &report, accepted);
                    "said".clone_into(&mut said);
                }
                Err(outcome) => return outcome,
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}
