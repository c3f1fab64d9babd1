//! `estiba rehearse`

use std::path::{Path, PathBuf};

use estiba_core::facts::Facts;
use estiba_core::rehearsal::{self, Page, Refusal, Rehearsal, Wish};
use estiba_core::source::nearest;
use estiba_host::rehearse::{self, BASE, End, Options};

use crate::cli::Format;
use crate::outcome::Outcome;
use crate::pipeline::{read_tree, tree_folder};
use crate::report::{diagnostics, out, rehearsal as shown};

/// Live the whole life of the server on this machine's Docker, and take it away again
///
/// Makes a bare server with systemd and ssh, and beside it an internet of its own: name service, the packages of its
/// distribution, a private certificate authority. Then it runs GUIDE.md, every command block as it stands there: images,
/// the first installation over ssh, every page over HTTPS and every port asked from outside, everything a second time
/// (nothing may change), a reboot, both modes, backup and restore, reset. Not a byte of the tree is changed for it.
///
/// It removes what it made, also after Ctrl-C. Two images (estiba-rehearsal/…) and a volume of packages stay as a cache.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  estiba rehearse examples/jupiter\n  estiba rehearse --step load-images --keep     then look inside\n  estiba rehearse --base ubuntu:24.04 --probe https://jupiter.example/api/health=200\n\nNeeds Docker, OpenSSH and bash. Exit codes: 0 all is well · 1 a step failed · 2 wrong usage · 3 Docker, the network or this machine failed · 130 interrupted"
)]
pub(crate) struct Args {
    /// A tree; a folder with estiba.yml, or that file, means its vps-infrastructure/
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Go no further than this step: an act of the rehearsal, or a step of the installation
    #[arg(long, value_name = "ID")]
    step: Option<String>,
    /// The mode to rehearse; the tree's first state when absent
    #[arg(long, value_parser = ["minimal", "hybrid"])]
    mode: Option<String>,
    /// Leave the server as it is at the end, and say how to look inside
    #[arg(long)]
    keep: bool,
    /// What the server is built from: a Debian or Ubuntu
    #[arg(long, value_name = "IMAGE", default_value = BASE)]
    base: String,
    /// An image of this machine that stands for one that cannot be built or pulled; may be repeated
    #[arg(long, value_name = "NAME=LOCAL", value_parser = pair)]
    image: Vec<(String, String)>,
    /// One more page to ask, with the status that is right; may be repeated
    #[arg(long, value_name = "URL[=STATUS]", value_parser = Page::parse)]
    probe: Vec<Page>,
    /// Remove what an earlier rehearsal left, and do nothing else
    #[arg(long, value_name = "RUN", conflicts_with_all = ["step", "mode", "keep", "image", "probe"])]
    remove: Option<String>,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    format: Format,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, local) = text.split_once('=').ok_or("expected NAME=LOCAL")?;
    if [name, local].iter().any(|part| part.is_empty() || part.starts_with('-') || part.contains(char::is_whitespace)) {
        return Err("expected NAME=LOCAL, two names of images".to_owned());
    }
    Ok((name.to_owned(), local.to_owned()))
}

pub(crate) fn run(args: &Args) -> Outcome {
    if let Some(number) = &args.remove {
        return remove(number, args.format);
    }
    let (facts, ()) = match read_tree(&args.path, args.format, |tree| (Facts::of(tree), ())) {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    let wish = Wish { mode: args.mode.clone(), step: args.step.clone(), pages: args.probe.clone() };
    let planned = match rehearsal::plan(&facts, &wish) {
        Ok(planned) => planned,
        Err(Refusal::Tree(problems)) => {
            diagnostics::report(&facts.texts.sources, &problems, args.format, "nothing is rehearsed");
            return Outcome::Refused;
        }
        Err(Refusal::Wish(message, how)) => {
            diagnostics::fail(&[message], Some(&how), args.format);
            return Outcome::Usage;
        }
    };
    if let Err((message, how)) = wanted(args, &planned) {
        diagnostics::fail(&[message], Some(&how), args.format);
        return Outcome::Usage;
    }
    let options = Options {
        tree: tree_folder(&args.path),
        base: args.base.clone(),
        given: args.image.clone(),
        keep: args.keep,
        program: std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned)),
    };
    out::complain(&shown::introduction(&planned, &options));
    let mut progress = shown::Progress::new(&planned);
    let report = rehearse::rehearse(&planned, &options, &mut |event| progress.tell(event));
    match args.format {
        Format::Json => shown::json(&planned, &report),
        Format::Human => out::print(&shown::table(&planned, &report)),
    }
    shown::failure(&report, args.keep);
    match &report.end {
        End::Well => Outcome::Fine,
        End::Interrupted => Outcome::Interrupted,
        End::Failed(failure) if failure.environment => Outcome::Environment,
        End::Failed(_) => Outcome::Refused,
    }
}

/// A name that nothing asks for is a mistake.
fn wanted(args: &Args, planned: &Rehearsal) -> Result<(), (String, String)> {
    let own = Some(args.base.as_str()).filter(|base| *base != BASE);
    let known = || planned.images.iter().map(String::as_str).chain(own).chain([BASE]);
    for (name, _) in &args.image {
        if !known().any(|image| image == name) {
            let how = nearest(name, known()).map_or_else(
                || format!("one of: {}", known().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err((format!("`--image {name}=…`: the rehearsal asks for no image of that name"), how));
        }
    }
    Ok(())
}

fn remove(number: &str, format: Format) -> Outcome {
    if number.len() != 8 || !number.chars().all(|c| c.is_ascii_hexdigit()) {
        let how = "the number is the 8 characters that `--keep` printed";
        diagnostics::fail(&[format!("`{}` is no rehearsal", number.escape_debug())], Some(how), format);
        return Outcome::Usage;
    }
    match rehearse::remove(number) {
        Ok(()) => Outcome::Fine,
        Err(message) => {
            diagnostics::fail(&[message], None, format);
            Outcome::Environment
        }
    }
}
