//! The forms that Compose allows for a service's common keys
//! (<https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json>): a wrong one is said where it was
//! written, not by Docker on the server.

use crate::source::{Diagnostic, Span};
use crate::syntax::yaml::{Node, NodeKind};

/// What may stand under a key.
struct Form {
    keys: &'static [&'static str],
    scalar: bool,
    list: bool,
    map: bool,
    expected: &'static str,
}

const FORMS: [Form; 5] = [
    Form {
        keys: &["healthcheck", "deploy", "logging", "develop", "ulimits", "storage_opt", "blkio_config"],
        scalar: false,
        list: false,
        map: true,
        expected: "a mapping",
    },
    Form {
        keys: &["environment", "labels", "depends_on", "networks", "sysctls", "extra_hosts", "annotations"],
        scalar: false,
        list: true,
        map: true,
        expected: "a mapping or a list",
    },
    Form {
        keys: &[
            "volumes",
            "secrets",
            "configs",
            "ports",
            "expose",
            "cap_add",
            "cap_drop",
            "security_opt",
            "devices",
            "profiles",
            "links",
            "volumes_from",
            "group_add",
            "dns_opt",
        ],
        scalar: false,
        list: true,
        map: false,
        expected: "a list",
    },
    Form {
        keys: &["command", "entrypoint", "tmpfs", "dns", "dns_search", "env_file"],
        scalar: true,
        list: true,
        map: false,
        expected: "a text or a list",
    },
    Form {
        keys: &[
            "image",
            "container_name",
            "hostname",
            "domainname",
            "restart",
            "user",
            "working_dir",
            "stop_signal",
            "stop_grace_period",
            "network_mode",
            "pid",
            "ipc",
            "platform",
            "pull_policy",
            "mem_limit",
            "cpus",
            "shm_size",
            "init",
            "tty",
            "stdin_open",
            "privileged",
            "read_only",
            "pids_limit",
            "scale",
            "runtime",
            "userns_mode",
        ],
        scalar: true,
        list: false,
        map: false,
        expected: "a single value",
    },
];

/// Whether a value has a form that its key allows; a problem is added where not. Nothing at all is always allowed.
pub(super) fn fits(key: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> bool {
    let Some(form) = FORMS.iter().find(|form| form.keys.contains(&key)) else { return true };
    let fits = node.is_null()
        || match &node.kind {
            NodeKind::Scalar { .. } => form.scalar,
            NodeKind::List(_) => form.list,
            NodeKind::Map(_) => form.map,
        };
    if !fits {
        let message = format!("`{key}`: expected {}, found {}", form.expected, node.describe());
        let help = format!("write `{key}` as {}, as in the Compose Specification", form.expected);
        problems.push(Diagnostic::error(message, node.span, format!("expected {}", form.expected)).help(help));
    }
    fits
}

/// A name that a list gives twice.
pub(super) fn twice(what: &str, name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(format!("{what} `{name}` is given twice"), span, "here again")
        .related(first, "first here")
        .help("keep one of the two")
}
