//! Dashboards with inputs: what Grafana asks for when a person imports one, and nobody answers when it is provisioned.

use std::collections::HashSet;

use crate::facts::Texts;
use crate::source::{FileId, Span, TreePath};
use crate::syntax::yaml::{Limits, Node, load};

/// A dashboard that asks for a data source.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Its path in the tree.
    pub path: TreePath,
    /// Its text.
    pub file: FileId,
    /// The first mark of each input that no variable of the dashboard answers.
    pub inputs: Vec<(String, Span)>,
}

/// How inputs are named when a dashboard is exported for others
/// (<https://grafana.com/docs/grafana/latest/dashboards/share-dashboards-panels/#export-a-dashboard-as-json>).
const BEGINNING: &str = "${DS_";

pub(super) fn read_all(texts: &Texts) -> Vec<Dashboard> {
    let mut dashboards = Vec::new();
    for (path, file, text) in texts.iter() {
        if !path.as_str().ends_with(".json") || path.is_below("files") || !text.contains(BEGINNING) {
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
        if !inputs.is_empty() {
            dashboards.push(Dashboard { path: path.clone(), file, inputs });
        }
    }
    dashboards
}

fn variables(root: &Node) -> Vec<&str> {
    let list = root.get("templating").and_then(|templating| templating.get("list")).and_then(Node::list);
    list.unwrap_or_default().iter().filter_map(|variable| variable.get("name")?.text()).collect()
}
