//! A copy of what a server claims to run: the release in force and the state around it. Files are read, nothing is started.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Server;
use crate::ssh::client;

/// What [`Claimed`](crate::Claimed) looks at, below the folder of the project, beside the release in force.
const STATE: [&str; 3] = ["state/mode", "state/releases.tsv", "state/stop-start.tsv"];
const RELEASES: &str = "srv/releases";
const CURRENT: &str = "srv/current";

/// Why there is no copy.
#[derive(Debug)]
pub enum CopyError {
    /// A person ended it.
    Interrupted,
    /// This machine: no OpenSSH, or no place for the files.
    Machine(io::Error),
    /// ssh has no connection; the last that it said.
    NoConnection(String),
    /// The server answers, and no release is in force there.
    NothingInstalled,
}

impl From<io::Error> for CopyError {
    fn from(error: io::Error) -> Self {
        Self::Machine(error)
    }
}

impl Server {
    /// Copies into an empty folder, with the user's own OpenSSH, which may ask for a passphrase on the terminal.
    /// `ESTIBA_SSH_CONFIG` names another configuration of it.
    ///
    /// # Errors
    /// There is no sftp, no connection, nothing in force on the server, or a person ended it.
    pub fn copy_claim(&self, into: &Path) -> Result<(), CopyError> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        fs::create_dir_all(into.join(RELEASES))?;
        fs::create_dir(into.join("state"))?;
        let answer = self.sftp(into);
        if interrupted.load(Ordering::Relaxed) {
            return Err(CopyError::Interrupted);
        }
        let answer = answer?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            return Err(CopyError::NoConnection(said.lines().last().unwrap_or("it said nothing").trim().to_owned()));
        }
        if !into.join(CURRENT).is_dir() {
            return Err(CopyError::NothingInstalled);
        }
        for id in self.releases(&String::from_utf8_lossy(&answer.stdout)) {
            fs::create_dir_all(into.join(RELEASES).join(id))?;
        }
        Ok(())
    }

    /// Without `-b`: with it ssh asks nobody anything, and ends at the first file that is not there.
    fn sftp(&self, into: &Path) -> io::Result<Output> {
        let mut command = client("sftp");
        command.arg("-q").args(["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"]);
        command.arg("--").arg(self.login());
        command.current_dir(into).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        // One that ends before it has read everything says why by its status.
        let _ = child.stdin.take().map(|mut input| input.write_all(self.requests().as_bytes()));
        child.wait_with_output()
    }

    fn requests(&self) -> String {
        let mut text = format!("get -r \"{}/{CURRENT}\" {CURRENT}\nls -1 \"{}/{RELEASES}\"\n", self.path, self.path);
        for name in STATE {
            text.push_str(&format!("get \"{}/{name}\" {name}\n", self.path));
        }
        text
    }

    /// The names that sftp lists; it repeats what it was asked, too.
    fn releases<'a>(&self, said: &'a str) -> impl Iterator<Item = &'a str> {
        let folder = format!("{}/{RELEASES}/", self.path);
        let name = |name: &&str| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        said.lines().filter_map(move |line| line.trim().strip_prefix(folder.as_str())).filter(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_releases_become_folders() {
        let server = Server { host: "vps".into(), user: "deploy".into(), path: "/opt/demo".into() };
        let said = "sftp> ls -1 \"/opt/demo/srv/releases\"\n/opt/demo/srv/releases/0123456789abcdef\n\
                    /opt/demo/srv/releases/../../../etc\n/opt/demo/srv/releases/.half\n";
        assert_eq!(server.releases(said).collect::<Vec<_>>(), ["0123456789abcdef"]);
    }
}
