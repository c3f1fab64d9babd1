use std::collections::{BTreeMap, BTreeSet};

use super::super::fix::rename;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Placed};
use crate::source::{Level, Span, nearest};
use crate::syntax::nginx::{Context, variables};

#[doc = include_str!("unknown_variable.md")]
pub(crate) static RULE: Rule = Rule {
    id: "unknown-variable",
    level: Level::Error,
    summary: "nginx is to read a variable that nothing sets",
    page: include_str!("unknown_variable.md"),
    check,
};

/// Directives whose arguments nginx reads variables in, with the first of these arguments.
const READS: [(&str, usize); 41] = [
    ("access_log", 0),
    ("add_header", 1),
    ("add_trailer", 1),
    ("alias", 0),
    ("auth_basic", 0),
    ("auth_request_set", 1),
    ("fastcgi_cache_bypass", 0),
    ("fastcgi_cache_key", 0),
    ("fastcgi_index", 0),
    ("fastcgi_no_cache", 0),
    ("fastcgi_param", 1),
    ("fastcgi_pass", 0),
    ("grpc_pass", 0),
    ("grpc_set_header", 1),
    ("if", 0),
    ("index", 0),
    ("limit_conn_zone", 0),
    ("limit_req_zone", 0),
    ("log_format", 1),
    ("map", 0),
    ("memcached_pass", 0),
    ("mirror", 0),
    ("proxy_cache_bypass", 0),
    ("proxy_cache_key", 0),
    ("proxy_method", 0),
    ("proxy_no_cache", 0),
    ("proxy_pass", 0),
    ("proxy_set_body", 0),
    ("proxy_set_header", 1),
    ("proxy_ssl_name", 0),
    ("return", 0),
    ("rewrite", 1),
    ("root", 0),
    ("scgi_param", 1),
    ("scgi_pass", 0),
    ("set", 1),
    ("split_clients", 0),
    ("sub_filter", 1),
    ("try_files", 0),
    ("uwsgi_param", 1),
    ("uwsgi_pass", 0),
];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said: BTreeSet<(Span, String)> = BTreeSet::new();
    for config in &world.facts.nginx {
        let set = set_by(config);
        let own_modules = config.named("load_module").next().is_none();
        let (whole, but_for_made) = (config.is_whole(), config.is_whole_but_for_made());
        for directive in &config.directives {
            let name = directive.name.text.as_str();
            let Ok(at) = READS.binary_search_by_key(&name, |(name, _)| name) else { continue };
            if !in_http(config, directive) {
                continue;
            }
            for word in directive.args.iter().skip(READS[at].1) {
                // The regular expression of a condition ends with `$` as often as not.
                if name == "if" && !word.text.trim_start_matches('(').starts_with('$') {
                    continue;
                }
                for variable in named(&word.text) {
                    if variables::is_defined(&variable) || set.contains_key(variable.as_str()) {
                        sink.found();
                    } else if said.insert((word.span, variable.clone())) {
                        if own_modules && (whole || but_for_made && !is_set_by_scripts(world, &variable)) {
                            report(world, sink, &variable, word.span, &set);
                        } else {
                            let reason = "a part of the configuration that is not in the tree may set the variable";
                            sink.undecided(word.span, reason);
                        }
                    }
                }
            }
        }
    }
}

fn report(world: &World<'_>, sink: &mut Sink<'_>, variable: &str, span: Span, set: &BTreeMap<String, Span>) {
    let path = world.facts.path(span);
    let near = nearest(variable, set.keys().map(String::as_str).chain(variables::defined()));
    let help = match near {
        Some(near) => format!("did you mean `${near}`? Change {path}"),
        None if variable == "connection_upgrade" => format!(
            "declare it in `http`: `map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}`, beside {path}"
        ),
        None => format!("set it with `set`, or `map` in `http`: change {path}"),
    };
    let message = format!("nothing sets the variable `${variable}`");
    // One of nginx's own hundreds of names is near too easily: only those of this configuration are meant.
    let fix = rename(world.facts, span, variable, set.keys().map(String::as_str));
    let draft = Draft::new(message, span, "nginx does not start", help).fix(fix);
    sink.not_found(match near.and_then(|near| set.get(near)) {
        Some(at) => draft.related(*at, "this variable has a name like it"),
        None => draft,
    });
}

/// Whether a script spells out that a variable is set: what a step makes of its own text sets no other.
fn is_set_by_scripts(world: &World<'_>, variable: &str) -> bool {
    let name = format!("${variable}");
    let sets = |line: &str| {
        let after = line.split_once(name.as_str()).map(|(_, rest)| rest);
        after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
            && ["set ", "map ", "geo ", "split_clients "].iter().any(|word| line.contains(word))
    };
    let facts = world.facts;
    facts.contracts.iter().any(|script| facts.texts.sources.get(script.file).text.lines().any(sets))
}

fn in_http(config: &Config, directive: &Placed) -> bool {
    let context = config.blocks.get(directive.block).and_then(|block| block.context);
    matches!(
        context,
        Some(
            Context::Http
                | Context::Server
                | Context::Location
                | Context::IfInServer
                | Context::IfInLocation
                | Context::LimitExcept
        )
    )
}

/// Variables that the configuration sets, with the places.
fn set_by(config: &Config) -> BTreeMap<String, Span> {
    let mut set = BTreeMap::new();
    for directive in &config.directives {
        let name = directive.name.text.as_str();
        let word = match name {
            "map" | "geo" | "split_clients" => directive.args.last(),
            "set" => directive.args.first(),
            name if name.ends_with("_set") || name.starts_with("set_") => directive.args.first(),
            _ => None,
        };
        if let Some(word) = word
            && let Some(variable) = word.text.strip_prefix('$')
        {
            set.entry(variable.to_ascii_lowercase()).or_insert(word.span);
        }
        // Named groups of regular expressions; in a `map` they stand where its names do.
        for word in directive.args.iter().chain([&directive.name]).filter(|word| word.text.contains("(?")) {
            for (at, _) in word.text.match_indices("(?") {
                let rest = word.text[at + 2..].trim_start_matches('P');
                let Some(rest) = rest.strip_prefix(['<', '\'']) else { continue };
                let end = rest.find(['>', '\'']).unwrap_or(0);
                set.entry(rest[..end].to_ascii_lowercase()).or_insert(word.span);
            }
        }
    }
    set
}

/// Variables in a text; `$1` is a group, and one in capitals a mark that a program replaces before.
fn named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        let inner = rest.strip_prefix('{');
        let body = inner.unwrap_or(rest);
        let end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(body.len());
        let name = &body[..end];
        if inner.is_some() && !body[end..].starts_with('}') {
            continue;
        }
        let counts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && !name.contains(|c: char| c.is_ascii_uppercase());
        if counts {
            found.push(name.to_owned());
        }
        rest = &body[end..];
    }
    found
}
