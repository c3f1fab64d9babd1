//! Outside programs that judge a generated tree: Compose, nginx of three generations, promtool, amtool, shellcheck.
//!
//! Each judge sees the tree where it will stand on a server, so what it accepts is what will run. A judge whose program
//! is missing is an error, never a pass. All of them need what `./test` installs; those in a [`jail`] need root too.

mod alertmanager;
mod compose;
mod container;
mod jail;
mod nginx;
mod prometheus;
mod settings;
mod shell;
mod toolbox;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use alertmanager::alertmanager;
pub use compose::compose;
pub use container::{Container, amtool_in, compose_of, nginx_in, promtool_in};
pub use nginx::{Generation, Mode, nginx, nginx_all, nginx_with_names};
pub use prometheus::{prometheus, promtool_expressions};
pub use settings::{Proxy, Settings};
pub use shell::shell;

/// Why a judge did not accept a tree.
#[derive(Debug)]
pub enum JudgeError {
    /// This machine's fault: a program is not installed, or may not be run.
    Unavailable {
        /// What is missing, and from where it comes.
        what: String,
    },
    /// The tree's fault: the program ran and refused.
    Rejected {
        /// The command line, to be run again by hand.
        command: String,
        /// Everything that the program said.
        output: String,
    },
    /// This machine's fault, or a tree that cannot be read: a file operation failed.
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for JudgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { what } => write!(f, "{what}; `./test` installs what the judges need"),
            Self::Rejected { command, output } => write!(f, "{command}\n{}", output.trim_end()),
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl std::error::Error for JudgeError {}

/// What one judge says of one tree.
#[derive(Debug)]
pub struct Verdict {
    /// The judge, and what it looked at, e.g. `nginx 1.26, hybrid`.
    pub judge: String,
    /// `Ok`: accepted.
    pub result: Result<(), JudgeError>,
}

/// Asks every judge that has something to say about this tree.
pub fn judge_all(tree: &Path) -> Vec<Verdict> {
    let mut verdicts = vec![
        Verdict { judge: "shellcheck".into(), result: shell(tree) },
        Verdict { judge: "docker compose".into(), result: compose(tree) },
    ];
    match Settings::of_tree(tree) {
        Ok(settings) => verdicts.extend(nginx_all(tree, &settings)),
        Err(error) => verdicts.push(Verdict { judge: "nginx".into(), result: Err(error) }),
    }
    if tree.join(prometheus::CONFIG).exists() {
        verdicts.push(Verdict { judge: "promtool".into(), result: prometheus(tree) });
    }
    if tree.join(alertmanager::CONFIG).exists() {
        verdicts.push(Verdict { judge: "amtool".into(), result: alertmanager(tree) });
    }
    verdicts
}

/// Panics with everything that was refused; for tests.
#[track_caller]
pub fn assert_accepted(tree: &Path) {
    let refused: Vec<String> = judge_all(tree)
        .into_iter()
        .filter_map(|verdict| verdict.result.err().map(|error| format!("{} refuses:\n{error}", verdict.judge)))
        .collect();
    assert!(refused.is_empty(), "{}:\n\n{}", tree.display(), refused.join("\n\n"));
}
