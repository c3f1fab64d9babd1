//! Images of this machine that stand for references of the tree, under their names for as long as the rehearsal lasts.
//! What a name meant before is written down first, and given back at the end.

use std::fs;
use std::path::Path;

use super::Trouble;
use super::docker::Docker;

/// Lines of a reference, a tab, the image it meant before (or nothing), a tab, the image it means now.
pub(super) const RECORD: &str = "given.tsv";

/// Gives every reference its image.
pub(super) fn lend(docker: &Docker, folder: &Path, pairs: &[(String, String)]) -> Result<(), Trouble> {
    let path = folder.join(RECORD);
    let mut record = fs::read_to_string(&path).unwrap_or_default();
    for (reference, local) in pairs {
        let Some(id) = docker.image(local)? else {
            return Err(Trouble::environment(format!(
                "`--image {reference}={local}`: there is no image `{local}` on this machine"
            )));
        };
        let before = docker.image(reference)?;
        if before.as_deref() == Some(&id) {
            continue;
        }
        // A reference that is lent twice goes back to what it was at first.
        if !record.lines().any(|line| line.split('\t').next() == Some(reference)) {
            record.push_str(&format!("{reference}\t{}\t{id}\n", before.unwrap_or_default()));
            fs::write(&path, &record)
                .map_err(|error| Trouble::environment(format!("`{}` cannot be written: {error}", path.display())))?;
        }
        docker.ask(&["image", "tag", local, reference])?;
    }
    Ok(())
}

/// Gives every name back what it meant; a name that somebody has moved since stays theirs.
pub(super) fn give_back(docker: &Docker, folder: &Path) -> Result<(), Trouble> {
    let path = folder.join(RECORD);
    let Ok(record) = fs::read_to_string(&path) else { return Ok(()) };
    for line in record.lines() {
        let [reference, before, lent] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        if docker.image(reference)?.as_deref() != Some(lent) {
            continue;
        }
        if before.is_empty() {
            docker.ask(&["image", "rm", "--no-prune", reference])?;
        } else {
            docker.ask(&["image", "tag", before, reference])?;
        }
    }
    let _ = fs::remove_file(path);
    Ok(())
}
