//! `estiba templates list|show|eject`

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use estiba_core::render::{Templates, built_in_fingerprint, eject};
use estiba_core::source::{Files, MemoryFiles, Sources, nearest};
use estiba_host::Project;
use serde::Serialize;

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::report::{diagnostics, out};

/// List, show or take over the templates
///
/// A project's own `templates/` folder stands before the built-in ones, file by file, and may add files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  estiba templates eject nginx/nginx.conf examples/jupiter")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every template with when it is rendered
    #[command(after_help = "Example:\n  estiba templates list --format json")]
    List {
        /// The project whose own templates are listed too
        project: Option<PathBuf>,
        /// How it is printed
        #[arg(long, default_value = "human")]
        format: Format,
    },
    /// Print a built-in template
    #[command(after_help = "Example:\n  estiba templates show nginx/nginx.conf")]
    Show {
        /// Its path, with or without `.template`
        path: String,
    },
    /// Copy a built-in template into a project's `templates/` folder, to change it there
    #[command(after_help = "Example:\n  estiba templates eject nginx/snippets/ssl-params.conf")]
    Eject {
        /// Its path, with or without `.template`
        path: String,
        /// The project's folder
        #[arg(default_value = ".")]
        project: PathBuf,
    },
}

/// Version 1 of the list.
#[derive(Serialize)]
struct ListJson {
    version: u8,
    templates: Vec<TemplateJson>,
}

#[derive(Serialize)]
struct TemplateJson {
    path: String,
    rendered: String,
    own: bool,
    fingerprint: Option<String>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::List { project, format } => list(project.as_ref(), *format),
        Command::Show { path } => show(path),
        Command::Eject { path, project } => take_over(path, project),
    }
}

fn read(sources: &mut Sources, project: Option<&PathBuf>, format: Format) -> Result<Templates, Outcome> {
    let none = MemoryFiles::default();
    let opened = match project.map(|path| Project::open(path)) {
        None => None,
        Some(Ok((project, _))) => Some(project),
        Some(Err(error)) => {
            diagnostics::fail(&[error.to_string()], None, format);
            return Err((&error).into());
        }
    };
    let files: &dyn Files = opened.as_ref().map_or(&none, |project| project);
    Templates::with_own(sources, files).map_err(|problems| {
        diagnostics::report(sources, &problems, format, "nothing is listed");
        Outcome::Refused
    })
}

fn list(project: Option<&PathBuf>, format: Format) -> Outcome {
    let mut sources = Sources::default();
    let templates = match read(&mut sources, project, format) {
        Ok(templates) => templates,
        Err(outcome) => return outcome,
    };
    let rows = templates.iter().map(|template| TemplateJson {
        path: template.name.clone(),
        rendered: template.describe(),
        own: template.own,
        fingerprint: built_in_fingerprint(&template.name),
    });
    if format == Format::Json {
        out::json(&ListJson { version: 1, templates: rows.collect() });
        return Outcome::Fine;
    }
    let rows: Vec<TemplateJson> = rows.collect();
    let width = rows.iter().map(|row| row.path.len()).max().unwrap_or(0);
    let lines = rows.iter().map(|row| {
        let own = if row.own { " (your own)" } else { "" };
        let hash = row.fingerprint.as_deref().unwrap_or("");
        format!("{:width$}  {hash:16}  {}{own}\n", row.path, row.rendered)
    });
    out::print(&lines.collect::<String>());
    Outcome::Fine
}

fn show(path: &str) -> Outcome {
    let mut sources = Sources::default();
    let Ok(templates) = read(&mut sources, None, Format::Human) else { return Outcome::Refused };
    match templates.get(path) {
        Some(template) => {
            out::print(&template.text);
            Outcome::Fine
        }
        None => unknown(path, &templates),
    }
}

fn unknown(path: &str, templates: &Templates) -> Outcome {
    let near = nearest(path, templates.outputs().filter_map(|template| template.output()));
    let how = near
        .map_or_else(|| "`estiba templates list` shows them all".to_owned(), |near| format!("did you mean `{near}`?"));
    out::error(&format!("there is no template `{}`", path.escape_debug()), Some(&how));
    Outcome::Usage
}

fn take_over(path: &str, project: &Path) -> Outcome {
    let Some((text, name)) = eject(path) else {
        let mut sources = Sources::default();
        return match read(&mut sources, None, Format::Human) {
            Ok(templates) => unknown(path, &templates),
            Err(outcome) => outcome,
        };
    };
    let project = match Project::open(project) {
        Ok((project, _)) => project,
        Err(error) => {
            out::error(&error.to_string(), None);
            return (&error).into();
        }
    };
    let target = project.root().join("templates").join(&name);
    let written = target
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| File::create_new(&target))
        .and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            out::print(&format!(
                "Wrote {}\n\nNext: edit it, then\n  estiba generate {} --diff\n",
                target.display(),
                project.root().display()
            ));
            Outcome::Fine
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            out::error(&format!("`{}` exists already and was left as it is", target.display()), None);
            Outcome::Refused
        }
        Err(error) => {
            out::error(&format!("writing `{}`: {error}", target.display()), None);
            Outcome::Environment
        }
    }
}
