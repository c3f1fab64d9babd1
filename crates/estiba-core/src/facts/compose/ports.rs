//! Published ports (<https://docs.docker.com/reference/compose-file/services/#ports>).

use super::interpolate::parts;
use crate::source::Span;
use crate::syntax::yaml::Node;

/// One entry of `ports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The entry.
    pub span: Span,
    /// The address of the host; every address when absent.
    pub host: Option<String>,
    /// First and last port of the host; Docker chooses when absent, or a variable without a default names it.
    pub published: Option<(u16, u16)>,
    /// First and last port of the container; [`Port::ANY`] when a variable names it.
    pub target: (u16, u16),
}

impl Port {
    /// A port that only the server knows.
    pub const ANY: (u16, u16) = (0, u16::MAX);

    /// Whether a port of the container is one of those meant.
    #[must_use]
    pub fn is_target(&self, port: u16) -> bool {
        (self.target.0..=self.target.1).contains(&port)
    }

    /// Whether a port of the host is one of those that lead into the container.
    #[must_use]
    pub fn is_published(&self, port: u16) -> bool {
        self.published.is_some_and(|(first, last)| (first..=last).contains(&port))
    }

    /// Whether other machines reach it: any address of the host but loopback.
    #[must_use]
    pub fn is_public(&self) -> bool {
        !self.host.as_deref().is_some_and(|host| {
            let bare = host.trim_matches(['[', ']']);
            bare.starts_with("127.") || bare == "::1" || bare == "localhost"
        })
    }
}

pub(super) fn read(node: &Node) -> Option<Port> {
    match node.text() {
        Some(text) => short(text, node.span),
        None => {
            let target = target(node.get("target")?.text()?)?;
            let published = node.get("published").and_then(Node::text).and_then(range);
            let host = node.get("host_ip").and_then(Node::text).map(str::to_owned);
            Some(Port { span: node.span, host, published, target })
        }
    }
}

/// `[[ADDRESS:][HOST]:]CONTAINER[/PROTOCOL]`; an IPv6 address stands in brackets, and each part may be a variable.
fn short(text: &str, span: Span) -> Option<Port> {
    let mut parts = parts(text);
    let inner = parts.pop()?;
    let target = target(inner.split_once('/').map_or(inner, |(port, _)| port))?;
    let published = parts.pop().and_then(range);
    // An IPv6 address may also stand without brackets.
    let host = (!parts.is_empty()).then(|| parts.join(":")).filter(|host| !host.is_empty());
    Some(Port { span, host, published, target })
}

/// `None` also for a variable without a default.
fn range(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => text.parse().ok().map(|port| (port, port)),
    }
}

fn target(text: &str) -> Option<(u16, u16)> {
    range(text).or_else(|| text.contains('$').then_some(Port::ANY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn port(text: &str) -> Port {
        let file = Sources::default().add("", text);
        short(text, Span::new(file, 0, text.len())).unwrap()
    }

    #[test]
    fn every_short_form() {
        let parts = |text: &str| {
            let port = port(text);
            (port.host.clone(), port.published, port.target, port.is_public())
        };
        assert_eq!(parts("3000"), (None, None, (3000, 3000), true));
        assert_eq!(parts("80:8080/tcp"), (None, Some((80, 80)), (8080, 8080), true));
        assert_eq!(
            parts("127.0.0.1:20000-20001:3000"),
            (Some("127.0.0.1".into()), Some((20000, 20001)), (3000, 3000), false)
        );
        assert_eq!(parts("127.0.0.1::3000"), (Some("127.0.0.1".into()), None, (3000, 3000), false));
        assert_eq!(parts("[::]:80:80"), (Some("[::]".into()), Some((80, 80)), (80, 80), true));
        assert_eq!(parts("[::1]:80:80"), (Some("[::1]".into()), Some((80, 80)), (80, 80), false));
    }

    #[test]
    fn a_variable_without_a_value_is_any_port() {
        let parts = |text: &str| {
            let port = port(text);
            (port.host.clone(), port.published, port.target)
        };
        assert_eq!(parts("$WEB:${INNER}"), (None, None, Port::ANY));
        assert_eq!(parts("${BIND}:5432:5432").0.as_deref(), Some("${BIND}"));
        // As `${BIND:-}:443:443` becomes.
        assert_eq!(parts(":443:443"), (None, Some((443, 443)), (443, 443)));
    }
}
