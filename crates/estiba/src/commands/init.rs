//! `estiba init`

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use estiba_core::adopt::{From, adopt};
use estiba_core::describe::{FILE_NAME, is_project_name, starter};
use estiba_core::source::{Sources, TreePath};
use estiba_host::TreeDir;

use crate::cli::Format;

use crate::outcome::Outcome;
use crate::pipeline::place;
use crate::report::{diagnostics, out};

/// Write a commented description to begin with
///
/// Never overwrites: an estiba.yml that exists stays as it is. With --from it describes a project that exists: its services,
/// what its nginx passes on, its volumes. Files that are mounted are copied to files/, which travels with the tree; what looks
/// like a secret is not copied. What could not be carried over is listed, also in estiba.yml.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  estiba init --project venus ~/code/venus\n  estiba init --from docker-compose.yml --nginx deploy/nginx"
)]
pub(crate) struct Args {
    /// The project's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The project's name; the folder's when absent
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Describe the services of this Compose file, which stands in the project's folder
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// A folder of nginx configuration that no service of it mounts
    #[arg(long, value_name = "DIR", requires = "from")]
    nginx: Option<PathBuf>,
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
    if let Some(compose) = &args.from {
        return describe(args, &project, compose);
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
        Err(error) => not_written(&path, &error),
    }
}

fn not_written(path: &Path, error: &std::io::Error) -> Outcome {
    if error.kind() == ErrorKind::AlreadyExists {
        let how = "edit that one, or name another folder";
        out::error(&format!("`{}` exists already and was left as it is", path.display()), Some(how));
        return Outcome::Refused;
    }
    out::error(&format!("writing `{}`: {error}", path.display()), None);
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Outcome::Usage,
        _ => Outcome::Environment,
    }
}

/// Describes the project that is there.
fn describe(args: &Args, project: &str, compose: &Path) -> Outcome {
    let inside = |path: &Path| {
        let folder = place(&args.folder);
        let inner =
            place(path).strip_prefix(&folder).ok().and_then(|inner| TreePath::parse(&inner.to_string_lossy()).ok());
        inner.filter(|_| path.exists()).ok_or_else(|| {
            let message = format!("`{}` is not in `{}`", path.display(), folder.display());
            out::error(&message, Some("name a file of the project; the project's folder is the last argument"));
            Outcome::Usage
        })
    };
    let (compose, nginx) = match (inside(compose), args.nginx.as_deref().map(inside).transpose()) {
        (Ok(compose), Ok(nginx)) => (compose, nginx),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let tree = match TreeDir::new(&args.folder).load() {
        Ok(tree) => tree,
        Err(error) => {
            out::error(&error.to_string(), None);
            return Outcome::Environment;
        }
    };
    let mut sources = Sources::default();
    let from = From { tree: &tree, compose: &compose, nginx: nginx.as_ref(), project };
    let adopted = match adopt(&mut sources, &from) {
        Ok(adopted) => adopted,
        Err(problem) => {
            diagnostics::report(&sources, &[*problem], Format::Human, "nothing was written");
            return Outcome::Refused;
        }
    };
    let path = args.folder.join(FILE_NAME);
    let written = File::create_new(&path).and_then(|mut file| file.write_all(adopted.text.as_bytes()));
    if let Err(error) = written {
        return not_written(&path, &error);
    }
    let mut copied = 0;
    for (from, to) in &adopted.copies {
        let (from, to) = (args.folder.join(from.as_str()), args.folder.join(to.as_str()));
        match copy(&from, &to) {
            Ok(()) => copied += 1,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return not_written(&to, &error),
        }
    }
    let mut text = format!("Wrote {}: {} services of {compose}", path.display(), adopted.services);
    if copied > 0 {
        text.push_str(&format!("; copied {copied} mounted files to {}", args.folder.join("files").display()));
    }
    text.push('\n');
    if !adopted.notes.is_empty() {
        text.push_str("\nNot carried over, or guessed (also at the head of estiba.yml):\n");
        for note in &adopted.notes {
            text.push_str(&format!("  - {}\n", out::printable(note)));
        }
    }
    let folder = args.folder.display();
    text.push_str(&format!("\nNext: look at every line with CHANGE, then\n  estiba generate {folder}\n"));
    out::print(&text);
    Outcome::Fine
}

/// Copies a file with its mode; what stands there already stays.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create_new(to)?;
    std::io::copy(&mut File::open(from)?, &mut file)?;
    file.set_permissions(fs::metadata(from)?.permissions())
}

/// The folder's name with everything that no project name may hold made `-`.
fn name_of(args: &Args) -> String {
    let folder = fs::canonicalize(&args.folder).unwrap_or_else(|_| args.folder.clone());
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().to_lowercase());
    let clean: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let clean = clean.trim_matches(|c: char| !c.is_ascii_lowercase()).to_owned();
    if is_project_name(&clean) { clean } else { "app".to_owned() }
}
