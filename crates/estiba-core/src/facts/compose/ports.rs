//! Published ports (<https://docs.docker.com/reference/compose-file/services/#ports>).

use crate::source::Span;
use crate::syntax::yaml::Node;

/// One entry of `ports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The entry.
    pub span: Span,
    /// The address of the host; every address when absent.
    pub host: Option<String>,
    /// First and last port of the host; Docker chooses when absent.
    pub published: Option<(u16, u16)>,
    /// First and last port of the container.
    pub target: (u16, u16),
}

impl Port {
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
            let target = range(node.get("target")?.text()?)?;
            let published = node.get("published").and_then(Node::text).and_then(range);
            let host = node.get("host_ip").and_then(Node::text).map(str::to_owned);
            Some(Port { span: node.span, host, published, target })
        }
    }
}

/// `[[ADDRESS:][HOST]:]CONTAINER[/PROTOCOL]`; an IPv6 address stands in brackets.
fn short(text: &str, span: Span) -> Option<Port> {
    let text = text.split('/').next()?;
    let (rest, target) = match text.rsplit_once(':') {
        Some((rest, target)) => (Some(rest), target),
        None => (None, text),
    };
    let target = range(target)?;
    let (host, published) = match rest.map(|rest| (rest, rest.rsplit_once(':'))) {
        None => (None, None),
        Some((_, Some((host, port)))) => (Some(host.to_owned()), range(port)),
        Some((port, None)) => (None, range(port)),
    };
    Some(Port { span, host, published, target })
}

fn range(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => text.parse().ok().map(|port| (port, port)),
    }
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
        assert_eq!(parts("[::1]:80:80"), (Some("[::1]".into()), Some((80, 80)), (80, 80), false));
    }
}
