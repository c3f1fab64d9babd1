//! `estiba init`

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use estiba_core::describe::{FILE_NAME, is_project_name, starter};

use crate::outcome::Outcome;
use crate::report::out;

/// Write a commented description to begin with
///
/// Never overwrites: an estiba.yml that exists stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba init --project venus ~/code/venus")]
pub(crate) struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The project's name; the folder's when absent
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let project = args.project.clone().unwrap_or_else(|| name_of(args));
    if !is_project_name(&project) {
        let how = "use 1 to 32 of `a-z`, `0-9` and `-`, beginning with a letter: `estiba init --project NAME`";
        out::error(&format!("`{}` is no project name", project.escape_debug()), Some(how));
        return Outcome::Usage;
    }
    if args.folder.exists() && !args.folder.is_dir() {
        out::error(&format!("`{}` is not a folder", args.folder.display()), Some("name the project's folder"));
        return Outcome::Usage;
    }
    let path = args.folder.join(FILE_NAME);
    let written = fs::create_dir_all(&args.folder)
        .and_then(|()| File::create_new(&path))
        .and_then(|mut file| file.write_all(starter(&project).as_bytes()));
    match written {
        Ok(()) => {
            out::print(&format!(
                "Wrote {}\n\nNext: edit it, then\n  estiba generate {}\n",
                path.display(),
                args.folder.display()
            ));
            Outcome::Fine
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let how = "edit that one, or name another folder";
            out::error(&format!("`{}` exists already and was left as it is", path.display()), Some(how));
            Outcome::Refused
        }
        Err(error) => {
            out::error(&format!("writing `{}`: {error}", path.display()), None);
            match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Outcome::Usage,
                _ => Outcome::Environment,
            }
        }
    }
}

/// The folder's name with everything that no project name may hold made `-`.
fn name_of(args: &Args) -> String {
    let folder = fs::canonicalize(&args.folder).unwrap_or_else(|_| args.folder.clone());
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().to_lowercase());
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let clean = clean.trim_matches(|c: char| !c.is_ascii_lowercase()).to_owned();
    if is_project_name(&clean) { clean } else { "app".to_owned() }
}
