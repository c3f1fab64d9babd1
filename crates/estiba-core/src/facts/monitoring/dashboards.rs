//! Which data sources dashboards ask for, and inputs: what Grafana asks for when a person imports one, and nobody answers
//! when it is provisioned.

use std::collections::HashSet;

use super::{list, text};
use crate::facts::Texts;
use crate::source::{FileId, Span, Spanned, TreePath};
use crate::syntax::yaml::{Limits, Node, load};

/// A dashboard that asks for data sources.
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

pub(super) fn read_all(texts: &Texts) -> Vec<Dashboard> {
    let mut dashboards = Vec::new();
    for (path, file, text) in texts.iter() {
        let asks_for_any = text.contains("\"datasource\"") || text.contains(BEGINNING);
        if !path.as_str().ends_with(".json") || path.is_below("files") || !asks_for_any {
            continue;
        }
        // JSON is YAML.
        let Ok(document) = load(file, text, Limits::default()) else { continue };
        if document.root.get("panels").is_none() && document.root.get("rows").is_none() {
            continue;
        }
        let mut inputs: Vec<(String, Span)> = Vec::new();
        let mut known: HashSet<&str> = variables(&document.root).into_iter().collect();
        for (at, _) in text.match_indices(BEGINNING) {
            let Some(end) = text[at..].find('}') else { continue };
            let name = &text[at + 2..at + end];
            if known.insert(name) {
                inputs.push((name.to_owned(), Span::new(file, at, at + end + 1)));
            }
        }
        let asks = asks(&document.root);
        if !inputs.is_empty() || !asks.is_empty() {
            dashboards.push(Dashboard { path: path.clone(), file, inputs, asks });
        }
    }
    dashboards
}

fn variables(root: &Node) -> Vec<&str> {
    let list = root.get("templating").and_then(|templating| templating.get("list")).and_then(Node::list);
    list.unwrap_or_default().iter().filter_map(|variable| variable.get("name")?.text()).collect()
}

/// What panels and variables ask for. The queries of a panel follow its own data source, unless that is a mixture.
fn asks(root: &Node) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut panels: Vec<&Node> = list(root, "panels").iter().collect();
    panels.extend(list(root, "rows").iter().flat_map(|row| list(row, "panels")));
    // Panels of a row that is folded stand in it, and are no deeper.
    let folded: Vec<&Node> = panels.iter().flat_map(|panel| list(panel, "panels")).collect();
    panels.extend(folded);
    let variables = root.get("templating").map(|templating| list(templating, "list")).unwrap_or_default();
    let askers =
        panels.into_iter().chain(variables.iter().filter(|it| it.get("type").and_then(Node::text) == Some("query")));
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
