//! Docker's own command line.

use std::process::{Command, Output};
use std::time::Duration;

use super::Trouble;
use super::process::{Interrupt, run};

const LIMIT: Duration = Duration::from_secs(180);

/// The daemon that `docker` talks to.
#[derive(Clone, Debug)]
pub(super) struct Docker {
    interrupt: Interrupt,
}

impl Docker {
    /// The daemon, if it answers and can run servers of this architecture.
    pub(super) fn find(interrupt: &Interrupt, arch: &str) -> Result<Self, Trouble> {
        let docker = Self { interrupt: interrupt.clone() };
        let found = docker.answers()?;
        if found != format!("linux {arch}") {
            return Err(Trouble::environment(format!(
                "this Docker runs `{found}`, and the server is `linux {arch}`: rehearse where both are the same"
            )));
        }
        Ok(docker)
    }

    /// The daemon, if it answers.
    pub(super) fn any() -> Result<Self, Trouble> {
        let docker = Self { interrupt: Interrupt::default() };
        docker.answers().map(|_| docker)
    }

    /// What it runs on.
    fn answers(&self) -> Result<String, Trouble> {
        let answer = self.run(&["version", "--format", "{{.Server.Os}} {{.Server.Arch}}"])?;
        if answer.status.success() {
            return Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned());
        }
        Err(Trouble::environment(format!("no Docker answers on this machine: {}", last_line(&answer.stderr))))
    }

    /// The same daemon for the work that a Ctrl-C must not stop.
    pub(super) fn undisturbed(&self) -> Self {
        Self { interrupt: Interrupt::default() }
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Result<Output, Trouble> {
        self.give(arguments, &[], LIMIT)
    }

    pub(super) fn give(&self, arguments: &[&str], input: &[u8], limit: Duration) -> Result<Output, Trouble> {
        let mut command = Command::new("docker");
        command.args(arguments);
        run(command, input, limit, &self.interrupt)
    }

    /// What a command prints, without the last line's end; a failure is the environment's.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<String, Trouble> {
        let answer = self.run(arguments)?;
        if answer.status.success() {
            return Ok(String::from_utf8_lossy(&answer.stdout).trim_end().to_owned());
        }
        let shown = arguments.iter().take(3).copied().collect::<Vec<_>>().join(" ");
        Err(Trouble::environment(format!("`docker {shown} …` failed: {}", last_line(&answer.stderr))))
    }

    /// The image behind a name.
    pub(super) fn image(&self, name: &str) -> Result<Option<String>, Trouble> {
        let answer = self.run(&["image", "inspect", "--format", "{{.Id}}", name])?;
        let id = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        Ok(answer.status.success().then_some(id))
    }
}

/// The last line that says something.
pub(super) fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned()
}
