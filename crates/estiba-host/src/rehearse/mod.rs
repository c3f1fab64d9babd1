//! The outside half of a rehearsal: a server on this machine's Docker, and the life that the core decided, lived on it.

mod clean;
mod docker;
mod given;
mod image;
mod laptop;
mod life;
mod outside;
mod person;
mod process;
mod report;
mod server;
mod terminal;
mod world;

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use estiba_core::rehearsal::{Rehearsal, Server};

pub use report::{Asked, End, Event, Failure, Kept, Report, Step};
pub use world::{PACKAGES, RIGHTS};

/// The name that takes the messages of a rehearsal: a secret that must be an address is answered with it.
const SINK: &str = "sink.rehearsal.test";

/// The base of the server where none is named, and always that of what stands beside it.
pub const BASE: &str = image::BASE;

/// How a rehearsal is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the tree.
    pub tree: PathBuf,
    /// The base of the server's image.
    pub base: String,
    /// References and the images of this machine that stand for them.
    pub given: Vec<(String, String)>,
    /// Whether the world stays at the end.
    pub keep: bool,
    /// The folder of this program, so that the tree's scripts find it.
    pub program: Option<PathBuf>,
}

/// What stands in the way of an act.
#[derive(Debug)]
enum Trouble {
    /// A person ended it.
    Interrupted,
    /// This machine, its Docker or the network.
    Environment { message: String, log: Vec<String> },
    /// The tree, or what runs on the server.
    Step { message: String, log: Vec<String> },
}

impl Trouble {
    fn environment(message: impl Into<String>) -> Self {
        Self::Environment { message: message.into(), log: Vec::new() }
    }

    fn step(message: impl Into<String>) -> Self {
        Self::Step { message: message.into(), log: Vec::new() }
    }

    fn with_log(self, lines: &[String]) -> Self {
        match self {
            Self::Interrupted => Self::Interrupted,
            Self::Environment { message, .. } => Self::Environment { message, log: lines.to_vec() },
            Self::Step { message, .. } => Self::Step { message, log: lines.to_vec() },
        }
    }
}

/// Lives the rehearsal, tells of every step, and removes what it made.
#[must_use]
pub fn rehearse(rehearsal: &Rehearsal, options: &Options, tell: &mut dyn FnMut(&Event)) -> Report {
    let began = Instant::now();
    let mut report = Report::default();
    let outcome = begin(rehearsal, options, &mut report, tell);
    report.end = match outcome {
        Ok(()) => End::Well,
        Err(trouble) => End::of(trouble, &report),
    };
    report.seconds = began.elapsed().as_secs_f64();
    report
}

fn begin(
    rehearsal: &Rehearsal,
    options: &Options,
    report: &mut Report,
    tell: &mut dyn FnMut(&Event),
) -> Result<(), Trouble> {
    let interrupt = process::Interrupt::listen()
        .map_err(|error| Trouble::environment(format!("signals cannot be listened to: {error}")))?;
    let docker = docker::Docker::find(&interrupt, &rehearsal.server.arch)?;
    let run = number()?;
    let folder = folder(&run)?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(|error| Trouble::environment(format!("`{}` cannot be made: {error}", folder.display())))?;
    tell(&Event::Note(format!("if this process is killed, `estiba rehearse --remove {run}` cleans up")));
    let mut life = life::Life::new(rehearsal, options, &docker, &run, &folder, &interrupt);
    let outcome = life.live(report, tell);
    if options.keep {
        report.kept = Some(Kept::of(&run, &folder, &rehearsal.server));
        return outcome.and(given::give_back(&docker.undisturbed(), &folder));
    }
    let cleaned = report.time("clean", None, tell, |_, _| clean::clean(&docker.undisturbed(), &run, &folder));
    outcome.and(cleaned)
}

/// Removes what is left of a rehearsal: one that was kept, or whose process was killed.
///
/// # Errors
/// What stood in the way.
pub fn remove(run: &str) -> Result<(), String> {
    let message = |trouble| match trouble {
        Trouble::Environment { message, .. } | Trouble::Step { message, .. } => message,
        Trouble::Interrupted => "interrupted".to_owned(),
    };
    let outcome = docker::Docker::any().and_then(|docker| clean::clean(&docker, run, &folder(run)?));
    outcome.map_err(message)
}

/// Tells this rehearsal's things from those of every other one.
fn number() -> Result<String, Trouble> {
    random(4).map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random(count: usize) -> Result<Vec<u8>, Trouble> {
    use std::io::Read as _;
    let mut bytes = vec![0; count];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| Trouble::environment(format!("/dev/urandom: {error}")))?;
    Ok(bytes)
}

/// Where the files of a rehearsal are: keys, and the archives of images on their way.
fn folder(run: &str) -> Result<PathBuf, Trouble> {
    let set = |name| std::env::var_os(name).filter(|value| Path::new(value).is_absolute()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    cache
        .map(|cache| cache.join("estiba/rehearsals").join(run))
        .ok_or_else(|| Trouble::environment("neither XDG_CACHE_HOME nor HOME names a folder"))
}

/// The lines of what a program said.
fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

impl Kept {
    fn of(run: &str, folder: &Path, server: &Server) -> Self {
        let config = folder.join("ssh_config");
        Self { run: run.to_owned(), look: format!("ssh -F '{}' {}@{}", config.display(), server.user, server.host) }
    }
}
