//! Removes exactly what one rehearsal made: by its label, and by the record in its folder.

use std::fs;
use std::path::Path;

use super::Trouble;
use super::docker::Docker;
use super::given;

/// The label of everything that a rehearsal makes; its value is the rehearsal's own number.
pub(super) const LABEL: &str = "estiba.rehearsal";

/// Removes everything of a rehearsal. What is gone already is no mistake.
pub(super) fn clean(docker: &Docker, run: &str, folder: &Path) -> Result<(), Trouble> {
    let filter = format!("label={LABEL}={run}");
    remove(docker, &["container", "ls", "--all"], &["container", "rm", "--force", "--volumes"], &filter)?;
    remove(docker, &["network", "ls"], &["network", "rm"], &filter)?;
    remove(docker, &["volume", "ls"], &["volume", "rm"], &filter)?;
    given::give_back(docker, folder)?;
    let removed = fs::remove_dir_all(folder);
    // The folder around it, where this was the last one.
    let _ = folder.parent().map(fs::remove_dir);
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Trouble::environment(format!("`{}` cannot be removed: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

fn remove(docker: &Docker, list: &[&str], remove: &[&str], filter: &str) -> Result<(), Trouble> {
    let found = docker.ask(&[list, &["--quiet", "--filter", filter]].concat())?;
    let ids: Vec<&str> = found.split_whitespace().collect();
    if ids.is_empty() { Ok(()) } else { docker.ask(&[remove, &ids].concat()).map(drop) }
}
