//! Where the programs are, and how one is run.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::JudgeError;

/// The folder that the scripts in `dev/tools` fill.
pub(super) fn cache() -> Result<PathBuf, JudgeError> {
    if let Some(folder) = env::var_os("ESTIBA_DEV_CACHE") {
        return Ok(folder.into());
    }
    match env::var_os("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".cache/estiba-dev")),
        None => Err(JudgeError::Unavailable { what: "neither ESTIBA_DEV_CACHE nor HOME is set".into() }),
    }
}

/// A command that runs as root: itself, or through sudo where that asks no password.
pub(super) fn as_root(program: &str) -> Command {
    let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if root {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "--", program]);
    command
}

/// Whether a program that succeeded may have written on standard error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Warnings {
    Allowed,
    Refused,
}

/// Runs to the end and gives back what was printed on standard output; anything but success is the judge's answer.
pub(super) fn run(command: &mut Command, warnings: Warnings) -> Result<String, JudgeError> {
    let line = line_of(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| JudgeError::Unavailable {
        what: format!("`{}` cannot be run: {error}", command.get_program().to_string_lossy()),
    })?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let warned = warnings == Warnings::Refused && !stderr.trim().is_empty();
    if output.status.success() && !warned {
        return Ok(stdout);
    }
    Err(JudgeError::Rejected { command: format!("{line}  ({})", output.status), output: format!("{stdout}{stderr}") })
}

fn line_of(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
