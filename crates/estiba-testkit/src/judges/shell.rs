//! shellcheck on every script of a tree, each with the files that it sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::JudgeError;
use super::toolbox::{Warnings, run};

/// All `.sh` files, at every severity.
pub fn shell(tree: &Path) -> Result<(), JudgeError> {
    let scripts = scripts(tree)?;
    if scripts.is_empty() {
        return Err(JudgeError::Rejected { command: "shellcheck".into(), output: "the tree holds no script".into() });
    }
    let mut command = Command::new("shellcheck");
    // `source=` comments are relative to their script, so an editor that opens one file finds them too; those of common.sh
    // are followed from the scripts that source it.
    command.args(["-s", "bash", "-x", "-P", "SCRIPTDIR:scripts/lib", "--"]).args(scripts).current_dir(tree);
    run(&mut command, Warnings::Refused).map(drop)
}

fn scripts(tree: &Path) -> Result<Vec<PathBuf>, JudgeError> {
    let mut found = Vec::new();
    let mut waiting = vec![tree.to_owned()];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).map_err(|source| JudgeError::File { path: folder.clone(), source })?;
        for entry in entries {
            let path = entry.map_err(|source| JudgeError::File { path: folder.clone(), source })?.path();
            // `files/` holds the user's own files, which are theirs to judge.
            if path.is_dir() && path != tree.join("files") {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sh") {
                found.push(path.strip_prefix(tree).unwrap_or(&path).to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
