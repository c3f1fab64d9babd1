//! What is asked from outside, and which answer is right: every host and every place of it, as nginx will serve them.

use std::collections::BTreeSet;
use std::fmt;

use crate::facts::Facts;
use crate::facts::nginx::{Config, Placed};

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Page {
    /// Whether it is asked over TLS.
    pub secure: bool,
    /// The host.
    pub host: String,
    /// The path, from its `/`.
    pub path: String,
    /// Whether the login of the admin pages is given.
    pub login: bool,
    /// The right answer.
    pub expect: Expect,
}

/// The right answer of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expect {
    /// Any that is no error of the server: what an application answers is its own business.
    Alive,
    /// This status.
    Status(u16),
    /// One that leads elsewhere.
    Redirect,
    /// None: no certificate, no connection.
    Closed,
}

impl Expect {
    /// Whether a status is the right one; `None` is no answer.
    #[must_use]
    pub fn holds(self, status: Option<u16>) -> bool {
        match (self, status) {
            (Self::Closed, None) => true,
            (Self::Closed, Some(_)) | (_, None) => false,
            (Self::Alive, Some(status)) => status < 500,
            (Self::Status(wanted), Some(status)) => status == wanted,
            (Self::Redirect, Some(status)) => matches!(status, 301 | 302 | 307 | 308),
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alive => f.write_str("no error of the server"),
            Self::Status(status) => write!(f, "{status}"),
            Self::Redirect => f.write_str("a redirect"),
            Self::Closed => f.write_str("no answer"),
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        let login = if self.login { " with the login" } else { "" };
        write!(f, "{scheme}://{}{}{login}", self.host, self.path)
    }
}

impl Page {
    /// Reads `https://HOST/PATH` or `https://HOST/PATH=STATUS`.
    ///
    /// # Errors
    /// What is expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || "expected https://HOST/PATH or https://HOST/PATH=STATUS".to_owned();
        let rest = text.strip_prefix("https://").ok_or_else(expected)?;
        let (address, expect) = match rest.rsplit_once('=') {
            Some((address, status)) if !status.is_empty() && status.chars().all(|c| c.is_ascii_digit()) => {
                let status = status.parse().ok().filter(|status| (100..600).contains(status));
                (address, Expect::Status(status.ok_or("a status is a number from 100 to 599")?))
            }
            _ => (rest, Expect::Alive),
        };
        let (host, path) = address.split_once('/').ok_or_else(expected)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if host.is_empty() || !host.chars().all(plain) || path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(expected());
        }
        Ok(Self { secure: true, host: host.to_owned(), path: format!("/{path}"), login: false, expect })
    }
}

/// Every page of a tree. Without monitors their hosts answer nobody.
pub(super) fn of(facts: &Facts, monitors: bool) -> Vec<Page> {
    let admin: BTreeSet<&str> = facts.settings.array("MONITORING_HOSTS").iter().map(String::as_str).collect();
    let page = |secure, host: &str, path: &str, login, expect| Page {
        secure,
        host: host.to_owned(),
        path: path.to_owned(),
        login,
        expect,
    };
    let mut pages = BTreeSet::new();
    for (host, path) in facts.nginx.iter().flat_map(served) {
        if !admin.contains(host) {
            pages.insert(page(true, host, path, false, Expect::Alive));
            pages.insert(page(false, host, "/", false, Expect::Redirect));
        }
    }
    let probes = facts.settings.map("MONITORING_PROBE");
    for host in admin {
        if !monitors {
            pages.insert(page(true, host, "/", false, Expect::Closed));
            continue;
        }
        pages.insert(page(true, host, "/", false, Expect::Status(401)));
        if let Some(path) = probes.and_then(|probes| probes.get(host)) {
            pages.insert(page(true, host, path, false, Expect::Status(401)));
            pages.insert(page(true, host, path, true, Expect::Status(200)));
        }
    }
    pages.into_iter().collect()
}

/// Hosts of servers that speak TLS, each with the beginnings of its paths.
fn served(config: &Config) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for server in config.named("server").filter_map(|server| server.opens) {
        let within = |name| config.named(name).filter(move |directive| directive.block == server);
        let speaks_tls = within("listen")
            .any(|listen| listen.args.iter().any(|word| word.text == "443" || word.text.ends_with(":443")));
        if !speaks_tls {
            continue;
        }
        let paths: Vec<&str> = within("location").filter_map(beginning).collect();
        for name in within("server_name").flat_map(|names| &names.args).filter(|name| is_name(&name.text)) {
            // `/api` beside `/api/` is the same place.
            let places = paths.iter().filter(|path| !paths.contains(&format!("{path}/").as_str()));
            found.extend(places.map(|path| (name.text.as_str(), *path)));
        }
    }
    found
}

/// The path of a location that is no pattern and no name.
fn beginning(location: &Placed) -> Option<&str> {
    let path = match &location.args[..] {
        [path] => path,
        [modifier, path] if matches!(modifier.text.as_str(), "=" | "^~") => path,
        _ => return None,
    };
    path.text.starts_with('/').then_some(path.text.as_str())
}

fn is_name(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}
