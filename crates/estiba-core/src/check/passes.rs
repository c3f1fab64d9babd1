//! Locations of nginx that pass what is asked below them to a service of the tree, and as which path.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Answer;
use super::upstreams::is_loopback;
use super::world::World;
use crate::facts::compose::Service;
use crate::facts::nginx::{Config, Place, Placed};
use crate::source::Span;

/// A location with `proxy_pass`.
pub(super) struct Pass<'a> {
    /// The address.
    pub(super) span: Span,
    /// The path of the location.
    pub(super) location: Span,
    /// The same, without a `/` at its end.
    pub(super) from: &'a str,
    /// What the service is asked for instead, without a `/` at its end.
    pub(super) to: &'a str,
    /// The service.
    pub(super) service: &'a Service,
}

/// Whether a path is another one, or below it.
pub(super) fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Those whose paths are plain: no pattern, no variable, nothing that rewrites.
pub(super) fn passes<'a>(world: &'a World<'_>, config: &'a Config) -> Vec<Pass<'a>> {
    let mut passes = Vec::new();
    let rewrites: BTreeSet<usize> = config.named("rewrite").map(|rewrite| rewrite.block).collect();
    let behind = servers_of_upstreams(config);
    for directive in config.named("proxy_pass") {
        let Some(location) = config.opener(directive).filter(|opener| opener.name.text == "location") else { continue };
        let path = match location.args.as_slice() {
            [path] => path,
            [how, path] if how.text == "^~" => path,
            _ => continue,
        };
        let Some(word) = directive.args.first().filter(|word| !word.text.contains('$')) else { continue };
        let rewritten = rewrites.contains(&directive.block);
        let Some((authority, to)) = parts(&word.text).filter(|_| path.text.starts_with('/') && !rewritten) else {
            continue;
        };
        // Without a path nginx passes the request on as it is. With one it puts that in the place of the location's: both
        // end with `/`, or neither does, or names grow together.
        let to = to.unwrap_or(&path.text);
        if to.ends_with('/') != path.text.ends_with('/') {
            continue;
        }
        let Some(service) =
            service(world, config, behind.get(&authority.to_ascii_lowercase()).copied().unwrap_or(authority))
        else {
            continue;
        };
        let (from, to) = (path.text.trim_end_matches('/'), to.trim_end_matches('/'));
        passes.push(Pass { span: word.span, location: path.span, from, to, service });
    }
    passes
}

/// What stands between the scheme and the path, and the path.
fn parts(address: &str) -> Option<(&str, Option<&str>)> {
    let (_, rest) = address.split_once("://")?;
    Some(match rest.find('/') {
        Some(at) => (&rest[..at], Some(&rest[at..])),
        None => (rest, None),
    })
}

/// The first server of every upstream, by the names in small letters.
fn servers_of_upstreams(config: &Config) -> BTreeMap<String, &str> {
    let blocks: BTreeMap<usize, &Placed> =
        config.named("upstream").filter_map(|upstream| Some((upstream.opens?, upstream))).collect();
    let mut servers = BTreeMap::new();
    for server in config.named("server") {
        let Some(name) = blocks.get(&server.block).and_then(|upstream| upstream.args.first()) else { continue };
        if let Some(address) = server.args.first() {
            servers.entry(name.text.to_ascii_lowercase()).or_insert(address.text.as_str());
        }
    }
    servers
}

fn service<'a>(world: &'a World<'_>, config: &Config, address: &str) -> Option<&'a Service> {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "80"));
    match config.place {
        Place::Container { file, .. } => {
            let names = world.names.get(file)?;
            let Answer::Service(name) = names.ask(config.service(&world.facts.compose), host) else { return None };
            world.facts.compose.get(file)?.service(&name)
        }
        Place::Host => {
            let port: u16 = port.parse().ok().filter(|_| is_loopback(host))?;
            let services = world.servers().flat_map(|(_, project)| &project.services);
            let mut found = services.filter(|service| service.ports.iter().any(|it| it.is_published(port)));
            found.next().filter(|_| found.next().is_none())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_below, parts};

    #[test]
    fn paths_are_compared_by_their_parts() {
        assert!(is_below("/a/b", "/a") && is_below("/a", "/a") && is_below("/a", "") && is_below("", ""));
        assert!(!is_below("/ab", "/a") && !is_below("", "/a"));
        assert_eq!(parts("http://a:1/b/"), Some(("a:1", Some("/b/"))));
        assert_eq!(parts("http://a"), Some(("a", None)));
        assert_eq!(parts("$x"), None);
    }
}
