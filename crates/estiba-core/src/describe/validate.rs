//! Holds a YAML tree against the table of fields. Everything wrong is said at once.

use super::shape::{Field, Shape};
use crate::source::{Diagnostic, Span, nearest};
use crate::syntax::yaml::Node;

/// Service keys of the Compose Specification
/// (<https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json>).
pub(super) const COMPOSE_SERVICE_KEYS: &[&str] = &[
    "annotations",
    "attach",
    "blkio_config",
    "build",
    "cap_add",
    "cap_drop",
    "cgroup",
    "cgroup_parent",
    "command",
    "configs",
    "container_name",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "credential_spec",
    "depends_on",
    "deploy",
    "develop",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "gpus",
    "group_add",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "ipc",
    "isolation",
    "label_file",
    "labels",
    "links",
    "logging",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "models",
    "network_mode",
    "networks",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "pids_limit",
    "platform",
    "ports",
    "post_start",
    "pre_stop",
    "privileged",
    "profiles",
    "provider",
    "pull_policy",
    "pull_refresh_after",
    "read_only",
    "restart",
    "runtime",
    "scale",
    "secrets",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "storage_opt",
    "sysctls",
    "tmpfs",
    "tty",
    "ulimits",
    "use_api_socket",
    "user",
    "userns_mode",
    "uts",
    "volumes",
    "volumes_from",
    "working_dir",
];

/// Checks `node` against `shape`; problems are added to `problems`.
pub(super) fn validate(node: &Node, shape: &'static Shape, name: &str, problems: &mut Vec<Diagnostic>) {
    match shape {
        Shape::Kind(kind) => match node.text() {
            Some(text) if kind.parse(text).is_some() => {}
            Some(text) => problems.push(wrong(node.span, name, kind.expected, &shown(text))),
            None => problems.push(wrong(node.span, name, kind.expected, node.describe())),
        },
        Shape::Choice(words) => choice(node, words, None, name, problems),
        Shape::ChoiceOr(words, kind) => choice(node, words, Some(kind), name, problems),
        Shape::Integer { min, max } => {
            let number = node.text().and_then(integer);
            if !number.is_some_and(|number| (*min..=*max).contains(&number)) {
                let expected = format!("a whole number from {min} to {max}");
                problems.push(wrong(node.span, name, &expected, &node.text().map_or(node.describe().into(), shown)));
            }
        }
        Shape::Boolean => {
            if node.boolean().is_none() {
                let found = node.text().map_or(node.describe().into(), shown);
                problems.push(wrong(node.span, name, "`true` or `false`", &found));
            }
        }
        Shape::Scalar => {
            if node.text().is_none() {
                problems.push(wrong(node.span, name, "a single value", node.describe()));
            }
        }
        Shape::NginxLines => match node.text() {
            Some(text) => {
                if let Err(reason) = super::read::nginx_lines(text) {
                    let help = "each line is a directive that ends with `;`, and every `{` has its `}`";
                    problems.push(wrong(node.span, name, "complete nginx directives", &reason).help(help));
                }
            }
            None => problems.push(wrong(node.span, name, "nginx directives as text", node.describe())),
        },
        Shape::Object(fields) => object(node, fields, &[], name, problems),
        Shape::Service(fields) => object(node, fields, COMPOSE_SERVICE_KEYS, name, problems),
        Shape::Map(kind, value) => {
            let Some(entries) = node.map() else {
                problems.push(wrong(node.span, name, "a mapping of names", node.describe()));
                return;
            };
            for (key, entry) in entries {
                let text = key.text().unwrap_or_default();
                if kind.parse(text).is_none() {
                    problems.push(wrong(key.span, name, kind.expected, &shown(text)));
                }
                validate(entry, value, text, problems);
            }
        }
        Shape::List(item) => {
            let Some(items) = node.list() else {
                problems.push(wrong(node.span, name, "a list", node.describe()));
                return;
            };
            for entry in items {
                validate(entry, item, name, problems);
            }
        }
        Shape::OneOrMany(item) => match node.list() {
            Some(items) => items.iter().for_each(|entry| validate(entry, item, name, problems)),
            None => validate(node, item, name, problems),
        },
        Shape::Optional(inner) => {
            if !node.is_null() {
                validate(node, inner, name, problems);
            }
        }
        Shape::Compose => {}
    }
}

fn object(node: &Node, fields: &'static [Field], also: &[&str], name: &str, problems: &mut Vec<Diagnostic>) {
    let Some(entries) = node.map() else {
        let keys: Vec<_> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
        let problem = wrong(node.span, name, "a mapping", node.describe());
        problems.push(problem.help(format!("the keys here are {}", keys.join(", "))));
        return;
    };
    for (key, value) in entries {
        let word = key.text().unwrap_or_default();
        match fields.iter().find(|field| field.name == word) {
            Some(field) => {
                let before = problems.len();
                validate(value, field.shape, word, problems);
                // The innermost field comes first, and its example is the nearest to what was meant.
                for problem in &mut problems[before..] {
                    problem.help.get_or_insert_with(|| format!("for example `{}: {}`", field.name, field.example));
                }
            }
            // Compose's own place for anchors and tools' notes: nothing reads it.
            None if also.contains(&word) || word.starts_with("x-") => {}
            None => problems.push(unknown_key(key.span, word, fields, also, name)),
        }
    }
    for field in fields.iter().filter(|field| field.required) {
        if node.get(field.name).is_none() {
            let whose = if name.is_empty() { "the description".to_owned() } else { format!("`{name}`") };
            // The first key is a narrower place than a whole mapping, which may be the whole file.
            let place = entries.first().map_or(node.span, |(key, _)| key.span);
            let problem = Diagnostic::error(format!("{whose} has no `{}`", field.name), place, "in this mapping")
                .help(format!("add `{}: {}`: {}", field.name, field.example, field.doc));
            problems.push(problem);
        }
    }
}

fn unknown_key(span: Span, word: &str, fields: &[Field], also: &[&str], name: &str) -> Diagnostic {
    let whose = if name.is_empty() { String::new() } else { format!(" in `{name}`") };
    let known = || fields.iter().map(|field| field.name).chain(also.iter().copied());
    let problem = Diagnostic::error(format!("unknown key {}{whose}", shown(word)), span, "not a key here");
    match nearest(word, known()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if also.is_empty() => {
            let names: Vec<_> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
            problem.help(format!("the keys here are {}", names.join(", ")))
        }
        None => problem
            .help("a service takes Compose's keys, `web`, `metrics` and `release`; notes of your own begin with `x-`"),
    }
}

fn choice(node: &Node, words: &[&str], or: Option<&super::kinds::Kind>, name: &str, problems: &mut Vec<Diagnostic>) {
    let text = node.text().unwrap_or_default();
    if node.text().is_some() && (words.contains(&text) || or.is_some_and(|kind| kind.parse(text).is_some())) {
        return;
    }
    let mut expected = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    if let Some(kind) = or {
        expected = format!("{expected}, or {}", kind.expected);
    }
    let problem = wrong(node.span, name, &expected, &node.text().map_or(node.describe().into(), shown));
    problems.push(match nearest(text, words.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    });
}

fn wrong(span: Span, name: &str, expected: &str, found: &str) -> Diagnostic {
    let message = if name.is_empty() {
        format!("expected {expected}, found {found}")
    } else {
        format!("`{name}`: expected {expected}, found {found}")
    };
    let label = if expected.len() > 60 { "this is not one".to_owned() } else { format!("expected {expected}") };
    Diagnostic::error(message, span, label)
}

/// A value as a message may show it: short, on one line, without control characters.
pub(crate) fn shown(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if clean.chars().count() > 60 {
        format!("`{}…`", clean.chars().take(59).collect::<String>())
    } else {
        format!("`{clean}`")
    }
}

/// A decimal whole number as YAML 1.2 and 1.1 both read it (no sign, no leading zero).
pub(super) fn integer(text: &str) -> Option<u32> {
    let plain = text == "0" || !text.starts_with('0');
    (plain && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}
