//! `judge TREE…`: what the outside programs say of generated trees. For people who change templates.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use estiba_testkit::judges::{JudgeError, judge_all};

fn main() -> io::Result<ExitCode> {
    let trees: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut out = io::stdout().lock();
    if trees.is_empty() {
        writeln!(io::stderr(), "usage: judge TREE…")?;
        return Ok(ExitCode::from(2));
    }
    let mut code = 0;
    for tree in &trees {
        writeln!(out, "{}", tree.display())?;
        for verdict in judge_all(tree) {
            match verdict.result {
                Ok(()) => writeln!(out, "  ok       {}", verdict.judge)?,
                Err(error) => {
                    writeln!(out, "  REFUSED  {}\n{error}\n", verdict.judge)?;
                    code = code.max(if matches!(error, JudgeError::Rejected { .. }) { 1 } else { 3 });
                }
            }
        }
    }
    Ok(ExitCode::from(code))
}
