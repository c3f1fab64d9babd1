//! Locations of nginx that pass what is asked below them to a service of the tree, and as which path.

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
    for directive in config.named("proxy_pass") {
        let Some(location) = config.opener(directive).filter(|opener| opener.name.text == "location") else { continue };
        let path = match location.args.as_slice() {
            [path] => path,
            [how, path] if how.text == "^~" => path,
            _ => continue,
        };
        let Some(word) = directive.args.first().filter(|word| !word.text.contains('$')) else { continue };
        let rewritten = config.named("rewrite").any(|other| other.block == directive.block);
        let Some((authority, to)) = parts(&word.text).filter(|_| path.text.starts_with('/') && !rewritten) else {
            continue;
        };
        // Without a path nginx passes the request on as it is. With one it puts that in the place of the location's: both
        // end with `/`, or neither does, or names grow together.
        let to = to.unwrap_or(&path.text);
        if to.ends_with('/') != path.text.ends_with('/') {
            continue;
        }
        let Some(service) = service(world, config, authority) else { continue };
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

fn service<'a>(world: &'a World<'_>, config: &Config, authority: &str) -> Option<&'a Service> {
    let is_block = |block: &&Placed| block.args.first().is_some_and(|name| name.text.eq_ignore_ascii_case(authority));
    let behind = config.named("upstream").find(is_block).and_then(|block| block.opens).and_then(|block| {
        let server = config.named("server").find(|server| server.block == block)?;
        Some(server.args.first()?.text.as_str())
    });
    let address = behind.unwrap_or(authority);
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "80"));
    match config.place {
        Place::Container { file, .. } => {
            let names = world.names.get(file)?;
            let Answer::Service(name) = names.ask(config.service(&world.facts.compose), host) else { return None };
            world.facts.compose.get(file)?.service(&name)
        }
        Place::Host => {
            let port: u16 = port.parse().ok().filter(|_| is_loopback(host))?;
            let mut found = world.servers().flat_map(|(_, project)| &project.services).filter(|service| {
                let published = |mapping: &crate::facts::compose::Port| {
                    mapping.published.is_some_and(|(first, last)| (first..=last).contains(&port))
                };
                service.ports.iter().any(published)
            });
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
