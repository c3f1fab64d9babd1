//! What nginx compares to call two directives of one block equal. Sockets, paths, names of servers and upstreams, and
//! `types` were tried with nginx 1.22; the rest follows the table of directives.

use std::collections::BTreeMap;

use crate::facts::nginx::{Config, Placed};
use crate::syntax::nginx::{Context, Key, Repeat};

/// What nginx compares; several where one in common is enough, none where nothing is compared.
pub(super) fn keys(repeat: Repeat, directive: &Placed, context: Context, inside: &Inside) -> Vec<String> {
    let args = || directive.args.iter().map(|word| word.text.clone());
    match repeat {
        Repeat::Adds | Repeat::Ignored => Vec::new(),
        Repeat::Fatal | Repeat::Warns | Repeat::Last | Repeat::First => vec![String::new()],
        Repeat::FatalIfEqual(key) | Repeat::WarnsIfEqual(key) | Repeat::LastIfEqual(key) => match key {
            Key::First if directive.name.text == "listen" => listen(directive).into_iter().collect(),
            Key::First if directive.name.text == "upstream" => args().take(1).map(|name| name.to_lowercase()).collect(),
            Key::First => args().take(1).collect(),
            Key::All if directive.name.text == "location" => location(directive).into_iter().collect(),
            Key::All => vec![args().collect::<Vec<_>>().join(" ")],
            // Whether it matters depends on who else listens there: asked at the `server`.
            Key::Each if directive.name.text == "server_name" => Vec::new(),
            Key::Each => args().collect(),
            Key::Zone => args().filter_map(zone).take(1).collect(),
            Key::Variable => args().next_back().into_iter().collect(),
            Key::Block => inside.keys(directive, context),
        },
    }
}

/// `zone=NAME:SIZE` or `zone=NAME`; the other arguments are options.
fn zone(text: String) -> Option<String> {
    Some(text.strip_prefix("zone=")?.split(':').next()?.to_owned())
}

/// The socket: address, port, and whether it is one of datagrams (HTTP/3 beside HTTP/2 on one port is no repeat).
fn listen(directive: &Placed) -> Option<String> {
    let text = directive.args.first()?.text.as_str();
    let datagrams = directive.args.iter().any(|word| matches!(word.text.as_str(), "quic" | "udp"));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (address, port) = match text.rsplit_once(':') {
        _ if text.starts_with("unix:") => (text, ""),
        _ if number(text) => ("*", text),
        Some((address, port)) if number(port) && (address.ends_with(']') || !address.contains(':')) => (address, port),
        _ => (text, "80"),
    };
    let address = if address == "0.0.0.0" { "*" } else { address };
    Some(format!("{address}:{port}{}", if datagrams { " udp" } else { "" }))
}

/// The address of a `listen`, as people write it.
pub(super) fn socket(directive: &Placed) -> Option<String> {
    listen(directive)
}

/// What `duplicate location` compares (`ngx_http_join_exact_locations`): the text, and whether it must match the whole
/// path. Of regular expressions and named locations nginx takes the first in silence.
fn location(directive: &Placed) -> Option<String> {
    let mut words = directive.args.iter().map(|word| word.text.as_str());
    let (modifier, path) = match (words.next()?, words.next()) {
        (modifier, Some(path)) => (modifier, path),
        // `=/path` is written in one word too.
        (word, None) => match ["=", "^~", "~*", "~"].into_iter().find(|modifier| word.starts_with(modifier)) {
            Some(modifier) => (modifier, &word[modifier.len()..]),
            None => ("", word),
        },
    };
    match modifier {
        "=" => Some(format!("= {path}")),
        "" | "^~" if !path.starts_with('@') => Some(path.to_owned()),
        _ => None,
    }
}

/// What stands directly inside the blocks whose content nginx compares.
pub(super) struct Inside {
    /// Block → arguments of its directives, by directive name.
    words: BTreeMap<usize, Vec<(String, Vec<String>)>>,
}

impl Inside {
    pub(super) fn of(config: &Config) -> Self {
        let mut words: BTreeMap<usize, Vec<(String, Vec<String>)>> = BTreeMap::new();
        for directive in &config.directives {
            let Some(opener) = config.opener(directive) else { continue };
            let name = directive.name.text.as_str();
            let wanted = match opener.name.text.as_str() {
                "server" => matches!(name, "listen" | "server_name"),
                "types" => true,
                _ => false,
            };
            if wanted {
                let args = match name {
                    "listen" => listen(directive).into_iter().collect(),
                    _ => directive.args.iter().map(|word| word.text.to_lowercase()).collect(),
                };
                words.entry(directive.block).or_default().push((name.to_owned(), args));
            }
        }
        Self { words }
    }

    /// Extensions of `types`; addresses with names of `server`. Regular expressions are compared by nobody.
    fn keys(&self, directive: &Placed, context: Context) -> Vec<String> {
        let Some(words) = directive.opens.and_then(|block| self.words.get(&block)) else { return Vec::new() };
        if directive.name.text == "types" {
            return words.iter().flat_map(|(_, extensions)| extensions.clone()).collect();
        }
        let of = |name: &str| -> Vec<String> {
            words.iter().filter(|(known, _)| known == name).flat_map(|(_, args)| args.iter().cloned()).collect()
        };
        let listens = of("listen");
        if context == Context::Mail {
            return listens;
        }
        let mut names = of("server_name");
        names.retain(|name| !name.starts_with('~'));
        if words.iter().all(|(name, _)| name != "server_name") {
            names.push(String::new());
        }
        // A server of hundreds of names on many addresses is compared by its first ones: linear time first.
        let pairs = listens.iter().take(16).flat_map(|listen| {
            names.iter().map(move |name| if name.is_empty() { listen.clone() } else { format!("{name} on {listen}") })
        });
        pairs.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{listen, location};
    use crate::facts::nginx::Placed;
    use crate::source::{Sources, Span};
    use crate::syntax::nginx::Word;

    fn placed(text: &str) -> Placed {
        let file = Sources::default().add("", text);
        let word = |text: &str| Word { span: Span::new(file, 0, 0), text: text.to_owned(), quoted: false };
        let mut words = text.split(' ').map(word);
        Placed { name: words.next().unwrap(), args: words.collect(), block: 0, opens: None, via: Vec::new() }
    }

    #[test]
    fn a_socket_has_one_name() {
        let key = |text: &str| listen(&placed(&format!("listen {text}"))).unwrap();
        for same in ["80", "*:80", "0.0.0.0:80 default_server", "*"] {
            assert_eq!(key(same), "*:80", "{same}");
        }
        assert_eq!(key("443 ssl"), "*:443");
        assert_eq!(key("443 quic"), "*:443 udp");
        assert_eq!(key("[::]:80"), "[::]:80");
        assert_eq!(key("[::1]"), "[::1]:80");
        assert_eq!(key("127.0.0.1"), "127.0.0.1:80");
    }

    #[test]
    fn a_location_is_its_path() {
        let key = |text: &str| location(&placed(&format!("location {text}")));
        assert_eq!(key("/a"), key("^~ /a"));
        assert_eq!(key("=/a"), key("= /a"));
        assert_ne!(key("/a"), key("= /a"));
        assert_eq!(key("~ /a"), None);
        assert_eq!(key("~*/a"), None);
        assert_eq!(key("@a"), None);
    }
}
