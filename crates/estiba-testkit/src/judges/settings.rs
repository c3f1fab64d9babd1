//! What a tree says about itself in `scripts/settings.sh`, read by the program that will read it: bash.

use std::path::Path;
use std::process::Command;

use super::JudgeError;
use super::toolbox::{Warnings, run};

/// Where nginx runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// In a container of the tree's own Compose file.
    Container,
    /// On the server itself, from its distribution.
    Host,
}

/// The values of `scripts/settings.sh` that the judges need.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `server.path`, e.g. `/opt/jupiter`.
    pub server_path: String,
    /// Where nginx runs.
    pub proxy: Proxy,
    /// The main file, as nginx names it.
    pub proxy_conf: String,
    /// Whether the tree has the hybrid mode.
    pub monitoring: bool,
    /// Virtual hosts: of both modes, and of hybrid alone.
    pub hosts: [Vec<String>; 2],
    /// Upstreams whose servers stand in the state folder: of both modes, and of hybrid alone.
    pub upstreams: [Vec<String>; 2],
    /// Secrets: of both modes, and of hybrid alone.
    pub secrets: [Vec<String>; 2],
    /// The user file of the admin pages, where there are any.
    pub auth_file: String,
}

/// One line a value: `name=word word …`. Words of settings hold no blanks: names, hosts and paths.
const PRINT: &str = r#"set -euo pipefail
source "$1"
printf 'server_path=%s\nproxy=%s\nproxy_conf=%s\nmonitoring=%s\nauth_file=%s\n' \
    "$SERVER_PATH" "$PROXY_RUNS" "$PROXY_CONF" "$HAS_MONITORING" "${AUTH_FILE:-}"
IFS=' '
printf 'hosts=%s\nhybrid_hosts=%s\n' "${HOSTS[*]-}" "${MONITORING_HOSTS[*]-}"
printf 'upstreams=%s\nhybrid_upstreams=%s\n' "${UPSTREAMS[*]-}" "${MONITORING_UPSTREAMS[*]-}"
printf 'secrets=%s\nhybrid_secrets=%s\n' "${SECRETS[*]-}" "${MONITORING_SECRETS[*]-}"
"#;

impl Settings {
    /// Runs bash, with nothing of this process' environment.
    pub fn of_tree(tree: &Path) -> Result<Self, JudgeError> {
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", PRINT, "settings"]).arg(tree.join("scripts/settings.sh"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
        let printed = run(&mut command, Warnings::Refused)?;
        let word = |name: &str| {
            let value = printed.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_default().to_owned()
        };
        let words = |name: &str| word(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        Ok(Self {
            server_path: word("server_path"),
            proxy: if word("proxy") == "host" { Proxy::Host } else { Proxy::Container },
            proxy_conf: word("proxy_conf"),
            monitoring: word("monitoring") == "yes",
            hosts: [words("hosts"), words("hybrid_hosts")],
            upstreams: [words("upstreams"), words("hybrid_upstreams")],
            secrets: [words("secrets"), words("hybrid_secrets")],
            auth_file: word("auth_file"),
        })
    }
}
