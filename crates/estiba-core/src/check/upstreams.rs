//! Every place where nginx passes requests to a host: `upstream` servers and `*_pass`.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::nginx::{Config, Placed};
use crate::source::Span;

/// A host that nginx passes requests to.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    /// The word that names it.
    pub(super) span: Span,
    /// The host as written; empty when it is a variable.
    pub(super) host: &'a str,
    /// The port, when it is given.
    pub(super) port: Option<u16>,
    /// Whether the host holds a variable.
    pub(super) variable: bool,
    /// Whether nginx starts without the name: `server … resolve`.
    pub(super) resolves_later: bool,
    /// The directive.
    pub(super) directive: &'a Placed,
}

/// Directives that take an address
/// (<https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass> and its siblings).
const PASSES: [&str; 6] = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];

/// Every target of a configuration. Names of `upstream` blocks are no hosts and left out.
pub(super) fn targets(config: &Config) -> Vec<Target<'_>> {
    let blocks: BTreeSet<String> =
        config.named("upstream").filter_map(|block| Some(block.args.first()?.text.to_lowercase())).collect();
    let constants = constants(config);
    let mut targets = Vec::new();
    for directive in &config.directives {
        let name = directive.name.text.as_str();
        let Some(word) = directive.args.first() else { continue };
        let in_upstream =
            name == "server" && config.opener(directive).is_some_and(|opener| opener.name.text == "upstream");
        if !in_upstream && !PASSES.contains(&name) {
            continue;
        }
        // A whole address in one variable, or its host alone.
        let known = |text: &'_ str| constants.get(text.strip_prefix('$')?.trim_matches(['{', '}'])).copied();
        let whole = known(authority_of(&word.text)).or_else(|| known(&word.text));
        let address = whole.unwrap_or(&word.text);
        let authority = authority_of(address);
        if authority.starts_with("unix:") {
            continue;
        }
        if !in_upstream && blocks.contains(&authority.to_lowercase()) {
            continue;
        }
        let (host, port) = split_port(authority);
        let named = known(host).filter(|_| whole.is_none());
        let host = named.unwrap_or(host);
        let variable = host.contains('$');
        let late = directive.args.iter().any(|word| word.text == "resolve");
        let resolves_later = late || whole.is_some() || named.is_some();
        targets.push(Target {
            span: word.span,
            host: if variable { "" } else { host },
            port,
            variable,
            resolves_later,
            directive,
        });
    }
    targets
}

/// The name of an `upstream` block with a port behind it.
pub(super) struct WithPort<'a> {
    pub(super) word: Span,
    pub(super) name: &'a str,
    pub(super) port: u16,
    /// The name of the block.
    pub(super) block: Span,
}

/// Addresses that nginx takes for a block, and that have a port: it reads both in one list for `http` and one for `stream`.
pub(super) fn named_with_port(config: &Config) -> Vec<WithPort<'_>> {
    let mut blocks = BTreeMap::new();
    for block in config.named("upstream") {
        if let Some(name) = block.args.first() {
            blocks.entry((in_stream(config, block), name.text.to_lowercase())).or_insert(name.span);
        }
    }
    if blocks.is_empty() {
        return Vec::new();
    }
    let passes = config.directives.iter().filter(|directive| PASSES.contains(&directive.name.text.as_str()));
    passes
        .filter_map(|directive| {
            let word = directive.args.first()?;
            let (name, port) = split_port(authority_of(&word.text));
            let block = *blocks.get(&(in_stream(config, directive), name.to_lowercase()))?;
            Some(WithPort { word: word.span, name, port: port?, block })
        })
        .collect()
}

fn in_stream(config: &Config, directive: &Placed) -> bool {
    std::iter::successors(config.opener(directive), |opener| config.opener(opener))
        .any(|opener| opener.name.text == "stream")
}

/// Variables that one `set` of the configuration gives one literal value.
fn constants(config: &Config) -> BTreeMap<&str, &str> {
    let mut values: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for set in config.named("set") {
        let [name, value] = set.args.as_slice() else { continue };
        let Some(name) = name.text.strip_prefix('$') else { continue };
        let literal = Some(value.text.as_str()).filter(|value| !value.is_empty() && !value.contains('$'));
        let known = values.entry(name).or_insert(literal);
        if *known != literal {
            *known = None;
        }
    }
    values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What stands between the scheme and the path; a scheme may be a variable.
pub(super) fn authority_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    if rest.starts_with("unix:") { rest } else { rest.split('/').next().unwrap_or_default() }
}

/// `host:port`, `[v6]:port` or `host`.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').unwrap_or((rest, ""));
        return (host, rest.trim_start_matches(':').parse().ok());
    }
    match authority.rsplit_once(':') {
        // Behind the number may stand a variable, as in `app:3000$request_uri`.
        Some((host, port)) => (host, port.split('$').next().and_then(|port| port.parse().ok())),
        None => (authority, None),
    }
}

/// An address, or a name that means this machine.
pub(super) fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::targets;
    use crate::facts::testing::facts;

    /// Host, port and whether nginx starts without it, of each target; a host that nobody knows is `?`.
    fn seen(http: &str) -> Vec<(String, Option<u16>, bool)> {
        let compose = "services:\n  p:\n    image: nginx:1.30\n    volumes: ['./nginx:/etc/nginx']\n";
        let facts = facts(&[("c.yml", compose), ("nginx/nginx.conf", &format!("events {{}}\nhttp {{\n{http}\n}}\n"))]);
        let host = |target: &super::Target<'_>| if target.variable { "?".to_owned() } else { target.host.to_owned() };
        targets(&facts.nginx[0]).iter().map(|target| (host(target), target.port, target.resolves_later)).collect()
    }

    fn host(name: &str, port: Option<u16>, late: bool) -> (String, Option<u16>, bool) {
        (name.to_owned(), port, late)
    }

    #[test]
    fn every_form_of_an_address() {
        let seen = seen(
            "upstream Up { server a:1 weight=2; server [::1]:2; server unix:/run/x.sock; server b resolve; }
server {
    location /a { proxy_pass http://up; }
    location /b { proxy_pass https://c/path; }
    location /c { fastcgi_pass d:9000; }
    location /d { proxy_pass http://unix:/run/x.sock:/; }
    location /e { proxy_pass $scheme://e:5/; }
}",
        );
        let wanted = [
            host("a", Some(1), false),
            host("::1", Some(2), false),
            host("b", None, true),
            host("c", None, false),
            host("d", Some(9000), false),
            host("e", Some(5), false),
        ];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn a_variable_of_one_value_is_that_value() {
        let seen = seen(
            "server {
    set $one app;
    set $url http://app:3000;
    location /a { proxy_pass http://$one:3000$request_uri; }
    location /b { proxy_pass $url; }
    location /c { set $two a; set $two b; proxy_pass http://$two; }
    location /d { proxy_pass http://$host:3000; }
}",
        );
        let wanted = [
            host("app", Some(3000), true),
            host("app", Some(3000), true),
            host("?", None, false),
            host("?", Some(3000), false),
        ];
        assert_eq!(seen, wanted);
    }
}
