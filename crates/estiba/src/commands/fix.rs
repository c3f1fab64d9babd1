//! `estiba check --fix`

use std::path::{Path, PathBuf};

use estiba_core::check::Report;
use estiba_core::facts::Facts;
use estiba_core::mend::{Mended, mend};
use estiba_core::tree::Tree;
use estiba_host::{TreeDir, TreeError, replace};

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::{is_generated, read_tree, tree_folder};
use crate::report::{diagnostics, mended};

pub(super) struct How {
    pub(super) also_unsafe: bool,
    pub(super) write: bool,
    pub(super) format: Format,
}

pub(super) fn run(path: &Path, how: &How, check: impl FnMut(&Tree) -> (Facts, Report)) -> Result<Mended, Outcome> {
    let fail = |message: String, help: &str, outcome| {
        diagnostics::fail(&[message], Some(help), how.format);
        Err(outcome)
    };
    if is_generated(path) {
        let message =
            format!("`{}` is generated: what is changed there is gone with the next `generate`", path.display());
        return fail(message, "change estiba.yml, or a template of your own", Outcome::Usage);
    }
    let (_, tree) = read_tree(path, how.format, |tree| (Facts::of(tree), tree.clone()))?;
    let done = mend(&tree, how.also_unsafe, check);
    let written = how.write && !done.changed.is_empty();
    if written && let Err(error) = write(&TreeDir::new(tree_folder(path)), &tree, &done) {
        return fail(error.to_string(), "nothing was changed; try again", Outcome::Environment);
    }
    mended::print(&tree, &done, how.also_unsafe, written, how.format);
    Ok(done)
}

/// Writes what changed, unless somebody else changed it meanwhile.
fn write(folder: &TreeDir, before: &Tree, done: &Mended) -> Result<(), TreeError> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for path in &done.changed {
        let Some(new) = done.tree.get(path.as_str()) else { continue };
        let known = before.get(path.as_str()).map(|file| &file.content);
        if folder.read(path)?.as_ref() != known {
            let error = std::io::Error::other("somebody changed it since it was read");
            return Err(TreeError::System(format!("writing `{path}`"), error));
        }
        files.push((folder.path().join(path.as_str()), new.content.clone()));
    }
    replace(&files)
}
