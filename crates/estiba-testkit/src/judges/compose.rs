//! `docker compose config`: the tree's Compose files, in the combinations in which the scripts use them.

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
    let program = cache()?.join("compose/docker-compose");
    if !program.exists() {
        return Err(JudgeError::Unavailable { what: format!("{} is missing", program.display()) });
    }
    let mut combinations: Vec<&[&str]> = vec![&[PRODUCTION], &[LOCAL]];
    if tree.join(MONITORING).exists() {
        combinations.push(&[PRODUCTION, MONITORING]);
    }
    for files in combinations {
        let mut command = Command::new(&program);
        for file in files {
            command.args(["-f", file]);
        }
        // A real server's environment has none of this process' variables, so neither has the judge.
        command
            .args(["config", "-q"])
            .current_dir(tree)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "/nonexistent");
        run(&mut command, Warnings::Refused)?;
    }
    Ok(())
}
