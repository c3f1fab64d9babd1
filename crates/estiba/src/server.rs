//! Which server is meant.

use std::path::Path;

use estiba_core::facts::Settings;
use estiba_host::Server;

/// The one that a tree names in `scripts/settings.sh`. Not plain where it names none.
pub(crate) fn of(settings: &Settings) -> Server {
    let word = |name: &str| settings.word(name).unwrap_or_default().to_owned();
    Server { host: word("SERVER_HOST"), user: word("SERVER_USER"), path: word("SERVER_PATH") }
}

/// `[USER@]HOST:[PATH]`, as scp and rsync write it; what is left out is the tree's own. `None` for a path of this machine.
pub(crate) fn written(text: &Path, settings: &Settings) -> Option<Server> {
    let (login, path) = text.to_str()?.split_once(':')?;
    if login.contains('/') {
        return None;
    }
    let known = of(settings);
    let (user, host) = login.split_once('@').unwrap_or((&known.user, login));
    let path = if path.is_empty() { known.path } else { path.trim_end_matches('/').to_owned() };
    Some(Server { host: host.to_owned(), user: user.to_owned(), path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let server = written(Path::new(text), &Settings::default())?;
        Some(format!("{} {} {}", server.user, server.host, server.path))
    }

    #[test]
    fn a_server_is_written_as_for_scp() {
        assert_eq!(read("root@vps.example:/opt/x/").as_deref(), Some("root vps.example /opt/x"));
        assert_eq!(read("vps.example:").as_deref(), Some(" vps.example "));
        assert_eq!(read("copy-of-the-server"), None);
        assert_eq!(read("./a:b"), None);
    }
}
