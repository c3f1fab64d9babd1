//! Every place where nginx passes requests to a host: `upstream` servers and `*_pass`.

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
    let blocks: Vec<&str> =
        config.named("upstream").filter_map(|block| Some(block.args.first()?.text.as_str())).collect();
    let mut targets = Vec::new();
    for directive in &config.directives {
        let name = directive.name.text.as_str();
        let Some(word) = directive.args.first() else { continue };
        let in_upstream = name == "server" && opened_by(config, directive) == Some("upstream");
        if !in_upstream && !PASSES.contains(&name) {
            continue;
        }
        let address = word.text.split_once("://").map_or(word.text.as_str(), |(_, rest)| rest);
        if address.starts_with("unix:") {
            continue;
        }
        let authority = address.split('/').next().unwrap_or_default();
        let (host, port) = split_port(authority);
        let variable = host.contains('$') || word.text.starts_with('$');
        if !in_upstream && blocks.contains(&authority) {
            continue;
        }
        let resolves_later = directive.args.iter().any(|word| word.text == "resolve");
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

fn opened_by<'a>(config: &'a Config, directive: &Placed) -> Option<&'a str> {
    let block = config.blocks.get(directive.block)?;
    Some(config.directives.get(block.opened_by?)?.name.text.as_str())
}

/// `host:port`, `[v6]:port` or `host`.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').unwrap_or((rest, ""));
        return (host, rest.trim_start_matches(':').parse().ok());
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
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
