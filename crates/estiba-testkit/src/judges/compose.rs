//! `docker compose config`: the tree's Compose files, in the combinations in which the scripts use them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::JudgeError;
use super::toolbox::{Warnings, cache, run};

const PRODUCTION: &str = "common/docker-compose.prod.yml";
const MONITORING: &str = "common/docker-compose.monitoring.yml";
const LOCAL: &str = "common/docker-compose.local-prod.yml";

/// Production alone, production with monitoring where the tree has it, and local-prod.
///
/// A warning (an unset variable, an obsolete key) is a refusal: on a server nobody reads it.
pub fn compose(tree: &Path) -> Result<(), JudgeError> {
    let mut combinations: Vec<&[&str]> = vec![&[PRODUCTION], &[LOCAL]];
    if tree.join(MONITORING).exists() {
        combinations.push(&[PRODUCTION, MONITORING]);
    }
    for files in combinations {
        run(&mut command(tree, files)?, Warnings::Refused)?;
    }
    Ok(())
}

/// `docker compose config` of some files, in a folder.
pub(super) fn command(folder: &Path, files: &[impl AsRef<OsStr>]) -> Result<Command, JudgeError> {
    let program = cache()?.join("compose/docker-compose");
    if !program.exists() {
        return Err(JudgeError::Unavailable { what: format!("{} is missing", program.display()) });
    }
    let mut command = Command::new(&program);
    for file in files {
        command.arg("-f").arg(file);
    }
    // A real server's environment has none of this process' variables, so neither has the judge.
    command
        .args(["config", "-q"])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent");
    Ok(command)
}
