//! How Compose makes one mapping of two (<https://github.com/compose-spec/compose-spec/blob/main/13-merge.md>): for
//! `extends`, for several files, and for `include`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::yaml::{Node, NodeKind, ScalarStyle};
use crate::source::Span;

/// A mapping's entries.
pub(crate) type Keys = Vec<(Node, Node)>;

/// What `!reset` and `!override` say of values, by their places.
pub(crate) type Marks = HashMap<Span, Mark>;

pub(crate) use super::yaml::Mark;

/// Keys whose list form says the same as a mapping.
const MAPPINGS: [&str; 8] =
    ["environment", "labels", "annotations", "sysctls", "args", "additional_contexts", "depends_on", "networks"];

/// Keys whose single value says the same as a list of it.
const LISTS: [&str; 3] = ["dns", "dns_search", "tmpfs"];

/// Keys that the nearer service replaces as a whole: <https://docs.docker.com/reference/compose-file/merge/#shell-commands>.
const REPLACED: [&str; 3] = ["command", "entrypoint", "test"];

/// `own` over `base`.
pub(crate) fn merge_maps(base: Keys, own: Keys, marks: &Marks) -> Keys {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (at, (key, _)) in base.iter().enumerate() {
        places.insert(key.text().unwrap_or_default().to_owned(), at);
    }
    let mut merged = base;
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for (key, value) in own {
        let mark = marks.get(&value.span).copied();
        let place = places.get(key.text().unwrap_or_default()).copied();
        match (mark, place) {
            (Some(Mark::Reset), place) => {
                gone.extend(place);
                continue;
            }
            (Some(Mark::Override), Some(place)) => {
                if let Some(entry) = merged.get_mut(place) {
                    *entry = (key, value);
                }
                continue;
            }
            _ => {}
        }
        match places.get(key.text().unwrap_or_default()).and_then(|at| merged.get_mut(*at)) {
            Some(entry) => {
                let nothing = Node { span: value.span, kind: NodeKind::List(Vec::new()) };
                let before = std::mem::replace(&mut entry.1, nothing);
                entry.1 = merge(key.text().unwrap_or_default(), before, value, marks);
                entry.0 = key;
            }
            None => merged.push((key, value)),
        }
    }
    if !gone.is_empty() {
        let mut at = 0;
        merged.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
    }
    merged
}

fn merge(key: &str, base: Node, own: Node, marks: &Marks) -> Node {
    if own.is_null() && !base.is_null() {
        return base;
    }
    let driver = |node: &Node| node.get("driver").and_then(Node::text).map(str::to_owned);
    // The options of one driver mean nothing to another.
    let other_driver = key == "logging" && driver(&own).is_some_and(|own| driver(&base) != Some(own));
    if REPLACED.contains(&key) || other_driver {
        return own;
    }
    let span = own.span;
    let (base, own) = (normal(key, base), normal(key, own));
    let kind = match (base.kind, own.kind) {
        (NodeKind::Map(base), NodeKind::Map(own)) => NodeKind::Map(merge_maps(base, own, marks)),
        (NodeKind::List(base), NodeKind::List(own)) => NodeKind::List(merge_lists(key, base, own)),
        (_, own) => own,
    };
    Node { span, kind }
}

/// One form for what may be written in several, so that both sides have the same.
fn normal(key: &str, node: Node) -> Node {
    match key {
        "build" if node.text().is_some() => {
            let name = text("context", node.span);
            Node { span: node.span, kind: NodeKind::Map(vec![(name, node)]) }
        }
        // A host may have several addresses, which only the list can say.
        "extra_hosts" if node.map().is_some() => {
            let entries = node.map().unwrap_or_default().iter();
            let hosts = entries.filter_map(|(host, address)| {
                Some(text(&format!("{}={}", host.text()?, address.text().unwrap_or_default()), host.span))
            });
            Node { span: node.span, kind: NodeKind::List(hosts.collect()) }
        }
        key if LISTS.contains(&key) && node.text().is_some() => {
            Node { span: node.span, kind: NodeKind::List(vec![node]) }
        }
        key if MAPPINGS.contains(&key) => as_mapping(key, node),
        _ => node,
    }
}

/// Both lists, the nearer one's entry where the two mean the same.
fn merge_lists(key: &str, base: Vec<Node>, own: Vec<Node>) -> Vec<Node> {
    let same = |node: &Node| match key {
        // The same place inside the container, or the same secret or config there.
        "volumes" | "devices" => target(node, 1),
        "secrets" | "configs" => target(node, 0),
        _ => None,
    };
    let taken: BTreeSet<String> = own.iter().filter_map(same).collect();
    let texts: BTreeSet<&str> = own.iter().filter_map(Node::text).collect();
    let again = |node: &Node| {
        same(node).is_some_and(|place| taken.contains(&place)) || node.text().is_some_and(|text| texts.contains(text))
    };
    let mut merged: Vec<Node> = base.into_iter().filter(|node| !again(node)).collect();
    merged.extend(own);
    merged
}

/// `target` of the long form; part `at` of the short one, or its only part.
fn target(node: &Node, at: usize) -> Option<String> {
    match node.text() {
        Some(text) => text.split(':').nth(at).or_else(|| text.split(':').next()).map(str::to_owned),
        None => node.get("target").or_else(|| node.get("source")).and_then(Node::text).map(str::to_owned),
    }
}

/// A list as the mapping that it means. Anything else stays: its own mistake is reported where it stands.
fn as_mapping(key: &str, node: Node) -> Node {
    let NodeKind::List(items) = &node.kind else { return node };
    let entry = |item: &Node| {
        let whole = item.text()?;
        let plain = |text: &str| NodeKind::Scalar { text: text.to_owned(), style: ScalarStyle::Plain };
        let at = |kind: NodeKind| Node { span: item.span, kind };
        let (name, value) = match (key, whole.split_once('=')) {
            ("depends_on", _) => {
                let condition = (at(plain("condition")), at(plain("service_started")));
                (whole, at(NodeKind::Map(vec![condition])))
            }
            ("networks", _) | (_, None) => (whole, at(plain(""))),
            (_, Some((name, value))) => (name, text(value, item.span)),
        };
        Some((text(name, item.span), value))
    };
    // A name given twice in one list is a mistake of that list, which only the list shows.
    let entries: Option<Keys> = items.iter().map(entry).collect();
    let once = |entries: &Keys| {
        let names: BTreeSet<_> = entries.iter().map(|(key, _)| key.text()).collect();
        names.len() == entries.len()
    };
    match entries.filter(once) {
        Some(entries) => Node { span: node.span, kind: NodeKind::Map(entries) },
        None => node,
    }
}

fn text(value: &str, span: Span) -> Node {
    Node { span, kind: NodeKind::Scalar { text: value.to_owned(), style: ScalarStyle::Quoted } }
}
