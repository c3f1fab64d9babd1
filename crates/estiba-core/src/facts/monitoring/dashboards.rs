//! Which data sources dashboards ask for, and inputs: what Grafana asks for when a person imports one, and nobody answers
//! when it is provisioned.

use std::collections::HashSet;

use super::{Refused, list, text};
use crate::facts::Texts;
use crate::source::{Diagnostic, FileId, Span, Spanned, TreePath};
use crate::syntax::yaml::{Limits, Node};
use crate::syntax::{json, promql};

/// A dashboard that asks for data sources, or cannot ask.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Its path in the tree.
    pub path: TreePath,
    /// Its text.
    pub file: FileId,
    /// The first mark of each input that no variable of the dashboard answers.
    pub inputs: Vec<(String, Span)>,
    /// Data sources by their names, each once.
    pub asks: Vec<Asked>,
    /// Queries that Prometheus refuses.
    pub refused: Vec<Refused>,
    /// Why it is no dashboard for Grafana, which reads nothing but JSON.
    pub broken: Option<Box<Diagnostic>>,
}

impl Dashboard {
    fn broken(path: TreePath, file: FileId, problem: Box<Diagnostic>) -> Self {
        Self { path, file, inputs: Vec::new(), asks: Vec::new(), refused: Vec::new(), broken: Some(problem) }
    }
}

/// A data source that a dashboard asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it is asked for by.
    pub key: Spanned<String>,
    /// Whether that may only be a `uid`.
    pub by_uid: bool,
}

/// How inputs are named when a dashboard is exported for others
/// (<https://grafana.com/docs/grafana/latest/dashboards/share-dashboards-panels/#export-a-dashboard-as-json>).
const BEGINNING: &str = "${DS_";

/// Every dashboard that asks for data sources, or cannot ask.
pub(in crate::facts) fn read_all(texts: &Texts) -> Vec<Dashboard> {
    let mut dashboards = Vec::new();
    for (path, file, text) in texts.iter() {
        let asks_for_any = || text.contains("\"datasource\"") || text.contains(BEGINNING);
        if !path.as_str().ends_with(".json") || path.is_below("files") || !asks_for_any() {
            continue;
        }
        let root = match json::load(file, text, Limits::default()) {
            Ok(root) => root,
            Err(problem) => {
                dashboards.push(Dashboard::broken(path.clone(), file, problem));
                continue;
            }
        };
        if root.get("panels").is_none() && root.get("rows").is_none() {
            continue;
        }
        let mut inputs: Vec<(String, Span)> = Vec::new();
        let mut known: HashSet<&str> = variables(&root).into_iter().collect();
        for (at, _) in text.match_indices(BEGINNING) {
            let Some(end) = text[at..].find('}') else { continue };
            let name = &text[at + 2..at + end];
            if known.insert(name) {
                inputs.push((name.to_owned(), Span::new(file, at, at + end + 1)));
            }
        }
        let panels = panels(&root);
        let asks = asks(&root, &panels);
        let refused = refused(text, &panels);
        if !inputs.is_empty() || !asks.is_empty() || !refused.is_empty() {
            dashboards.push(Dashboard { path: path.clone(), file, inputs, asks, refused, broken: None });
        }
    }
    dashboards
}

fn variables(root: &Node) -> Vec<&str> {
    let list = root.get("templating").and_then(|templating| templating.get("list")).and_then(Node::list);
    list.unwrap_or_default().iter().filter_map(|variable| variable.get("name")?.text()).collect()
}

fn panels(root: &Node) -> Vec<&Node> {
    let mut panels: Vec<&Node> = list(root, "panels").iter().collect();
    panels.extend(list(root, "rows").iter().flat_map(|row| list(row, "panels")));
    // Panels of a row that is folded stand in it, and are no deeper.
    let folded: Vec<&Node> = panels.iter().flat_map(|panel| list(panel, "panels")).collect();
    panels.extend(folded);
    panels
}

/// What panels and variables ask for. The queries of a panel follow its own data source, unless that is a mixture.
fn asks(root: &Node, panels: &[&Node]) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let variables = root.get("templating").map(|templating| list(templating, "list")).unwrap_or_default();
    let queries = variables.iter().filter(|it| it.get("type").and_then(Node::text) == Some("query"));
    let askers = panels.iter().copied().chain(queries);
    for source in askers.filter_map(|asker| asker.get("datasource")) {
        let (key, by_uid) = match source.get("uid") {
            Some(uid) => (text(uid).filter(|_| !uid.is_null()), true),
            None => (text(source), false),
        };
        let own = matches!(source.get("type").and_then(Node::text), Some("datasource" | "grafana" | "__expr__"));
        let Some(key) = key.filter(|_| !own && !source.is_null()) else { continue };
        let built_in = matches!(key.value.as_str(), "" | "default" | "grafana" | "__expr__");
        if !built_in
            && !key.value.starts_with("--")
            && !key.value.contains(['$', '['])
            && seen.insert(key.value.clone())
        {
            all.push(Asked { key, by_uid });
        }
    }
    all
}

/// Queries that Prometheus refuses, of panels that say that they ask a Prometheus.
fn refused(file: &str, panels: &[&Node]) -> Vec<Refused> {
    let asks_prometheus = |node: &Node| {
        let kind = node.get("datasource").and_then(|source| source.get("type")).and_then(Node::text);
        kind.map(|kind| kind == "prometheus")
    };
    let mut all = Vec::new();
    for panel in panels {
        for query in list(panel, "targets") {
            let Some(expression) =
                query.get("expr").filter(|_| asks_prometheus(query).or(asks_prometheus(panel)) == Some(true))
            else {
                continue;
            };
            let Some(settled) = expression.text().and_then(settled) else { continue };
            if let Some(problem) = promql::parse(&settled).problem.filter(|_| !settled.trim().is_empty()) {
                let span = expression.place(file, problem.at);
                let of = panel.get("title").and_then(text);
                all.push(Refused { span, message: problem.message, help: problem.help, of });
            }
        }
    }
    all
}

/// A query with something of the same length in place of Grafana's variables
/// (<https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/>), where all that they can become is a
/// duration or a part of a text. Elsewhere they can become anything.
fn settled(query: &str) -> Option<String> {
    let mut settled = String::with_capacity(query.len());
    let (mut quote, mut in_range) = (None, false);
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        if quote.is_none() && c == '#' {
            let (comment, after) = rest.split_at(rest.find('\n').unwrap_or(rest.len()));
            settled.push_str(comment);
            rest = after;
            continue;
        }
        if let Some(length) = variable(rest) {
            match (quote, in_range) {
                (Some(_), _) => settled.extend(std::iter::repeat_n('x', length)),
                // A number before a unit, or half of one.
                (None, true) if rest[length..].starts_with(|c: char| c.is_alphanumeric() || "_$[".contains(c)) => {
                    return None;
                }
                (None, true) => {
                    settled.extend(std::iter::repeat_n('0', length - 2));
                    settled.push_str("5m");
                }
                (None, false) => return None,
            }
            rest = &rest[length..];
            continue;
        }
        let mut length = c.len_utf8();
        match (quote, c) {
            (None, '"' | '\'' | '`') => quote = Some(c),
            (Some('"' | '\''), '\\') => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            (Some(open), _) if open == c => quote = None,
            (None, '[') => in_range = true,
            (None, ']') => in_range = false,
            _ => {}
        }
        settled.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Some(settled)
}

/// In characters, its format included.
const LONGEST_VARIABLE: usize = 200;

/// The length of the variable that begins here: `$name`, `${name:format}` or `[[name]]`.
fn variable(text: &str) -> Option<usize> {
    let after = |open: &str, close: &str| {
        let inside = text.strip_prefix(open)?;
        let end = inside.char_indices().nth(LONGEST_VARIABLE).map_or(inside.len(), |(at, _)| at);
        Some(open.len() + inside[..end].find(close)? + close.len())
    };
    // Of three brackets, the first is that of a range.
    let brackets = || after("[[", "]]").filter(|_| !text.starts_with("[[["));
    if let Some(length) = after("${", "}").or_else(brackets) {
        return Some(length);
    }
    let name = text.strip_prefix('$')?;
    let length = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
    (length > 0).then_some(length + 1)
}

#[cfg(test)]
mod tests {
    use super::settled;

    #[test]
    fn variables_become_what_they_can_only_be() {
        let cases = [
            ("rate(a{b=\"$c\"}[$__rate_interval])", Some("rate(a{b=\"xx\"}[000000000000005m])")),
            ("a{b=~\"^${c:regex}-\"}[[[d]]]", Some("a{b=~\"^xxxxxxxxxx-\"}[0005m]")),
            ("$a", None),
            ("rate(a[${days}d])", None),
            ("# it's [b\na{c=\"$d\"}", Some("# it's [b\na{c=\"xx\"}")),
            ("a{b=\"\\\"$c\"}", Some("a{b=\"\\\"xx\"}")),
            ("a{b=~\"c$\"}", Some("a{b=~\"c$\"}")),
        ];
        for (query, expected) in cases {
            assert_eq!(settled(query).as_deref(), expected, "{query}");
        }
    }
}
