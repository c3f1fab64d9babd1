//! A script that stands on a server, started over ssh with this terminal attached. Nothing else is ever run there.

use std::io::{self, IsTerminal as _};
use std::process::Command;

/// A server, as the settings of a tree name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Who logs in.
    pub user: String,
    /// The folder of the project on it.
    pub path: String,
}

impl Server {
    /// Starts a script of the release in force, by its path in the tree, and gives back its exit code; `None` when a signal
    /// ended it. `ESTIBA_SSH_CONFIG` names another configuration of ssh, as it does for the scripts of the tree.
    ///
    /// # Errors
    /// There is no ssh on this machine.
    pub fn run(&self, script: &str, arguments: &[&str]) -> io::Result<Option<i32>> {
        let mut words = Vec::new();
        if self.user != "root" {
            words.push("sudo".to_owned());
        }
        words.push(format!("{}/srv/current/{script}", self.path));
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        let mut command = client("ssh");
        // `sudo` may ask for a password.
        if io::stdin().is_terminal() {
            command.arg("-t");
        }
        Ok(command.arg("--").arg(self.login()).arg(words.join(" ")).status()?.code())
    }

    /// Who logs in where, as ssh takes it.
    #[must_use]
    pub fn login(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }

    /// Whether each word is one for a shell and for ssh too.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let plain = |text: &str, more: &str| {
            !text.is_empty()
                && !text.starts_with('-')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        plain(&self.host, ".-_:") && plain(&self.user, ".-_") && plain(&self.path, "./-_")
    }
}

/// A program of OpenSSH, with the configuration that `ESTIBA_SSH_CONFIG` names.
pub(crate) fn client(program: &str) -> Command {
    let mut command = Command::new(program);
    if let Some(config) = std::env::var_os("ESTIBA_SSH_CONFIG") {
        command.arg("-F").arg(config);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn only_plain_words_reach_a_shell() {
        let server = |host: &str, path: &str| Server { host: host.into(), user: "deploy".into(), path: path.into() };
        assert!(server("vps.example", "/opt/demo").is_plain());
        for (host, path) in
            [("-oProxyCommand=x", "/opt/demo"), ("vps example", "/opt/demo"), ("vps", "/opt/a;b"), ("", "/")]
        {
            assert!(!server(host, path).is_plain(), "{host} {path}");
        }
    }
}
