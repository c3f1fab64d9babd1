//! Reasons of the programs that lie in the domain of a rule, by a part of their message.

use super::target::Format;

const NGINX: [&str; 29] = [
    "unknown directive",
    "is not allowed here",
    "is duplicate",
    "invalid number of arguments",
    "has no opening",
    "has no \";\"",
    "unexpected \"",
    "unexpected end of file",
    "is not terminated by",
    "unknown \"",
    "zero size shared memory zone",
    "No such file or directory) in /",
    "cannot load certificate",
    "no \"ssl_certificate\" is defined",
    "duplicate default server",
    "duplicate location",
    "duplicate upstream",
    "duplicate listen",
    "a duplicate",
    "may not have port",
    "host not found in upstream",
    "already bound to key",
    "duplicate \"log_format\"",
    "too many parameters",
    "already declared for a different use",
    "conflicts with already declared size",
    "duplicate zone",
    "invalid parameter \"resolve\"",
    "invalid parameter \"quic\"",
];

/// Rules that say what nginx itself refuses.
pub(crate) const REFUSALS: [&str; 10] = [
    "duplicate-block",
    "duplicate-directive",
    "wrong-context",
    "needs-newer-nginx",
    "unknown-variable",
    "zone-undefined",
    "duplicate-default-server",
    "tls-file-missing",
    "upstream-with-port",
    "unreadable-file",
];

const COMPOSE: [&str; 8] = [
    "undefined service",
    "undefined network",
    "undefined volume",
    "undefined secret",
    "undefined config",
    "yaml:",
    "mapping key",
    "could not find expected",
];

const MONITORS: [&str; 5] =
    ["yaml: line", "yaml: control", "did not find expected", "mapping key", "could not parse expression"];

/// Whether a rule knows the reason.
pub(crate) fn known(format: Format, output: &str) -> bool {
    let reasons = match format {
        Format::Nginx => &NGINX[..],
        Format::Compose => &COMPOSE[..],
        Format::Prometheus | Format::Alertmanager => &MONITORS[..],
    };
    // A name with a dot may be one of the public DNS.
    let host = output.split_once("host not found in upstream \"").map(|(_, rest)| rest);
    let host = host.and_then(|rest| rest.split(['"', ':']).next());
    // Compose begins with the path of the file.
    let output = output.replace(".yaml: ", " ").replace(".yml: ", " ");
    reasons.iter().any(|reason| output.contains(reason)) && host.is_none_or(|host| !host.contains('.'))
}
