//! `extends`: a service that begins as a copy of another one of the same file. It is merged here, by Compose's rules
//! (<https://github.com/compose-spec/compose-spec/blob/main/13-merge.md>), and does not reach the tree: what the tree gives
//! the other service (its short name as an alias, its loopback ports, its labels) is that service's alone.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::describe::{Description, Service, no_such_service};
use crate::source::{Diagnostic, Span};
use crate::syntax::yaml::{Limits, Node, NodeKind, ScalarStyle};

type Keys = Vec<(Node, Node)>;

/// Longer chains are no way to write services.
const LONGEST: usize = 32;

/// Keys whose list form says the same as a mapping.
const MAPPINGS: [&str; 8] =
    ["environment", "labels", "annotations", "sysctls", "args", "additional_contexts", "depends_on", "networks"];

/// Keys whose single value says the same as a list of it.
const LISTS: [&str; 3] = ["dns", "dns_search", "tmpfs"];

/// Keys that the nearer service replaces as a whole: <https://docs.docker.com/reference/compose-file/merge/#shell-commands>.
const REPLACED: [&str; 3] = ["command", "entrypoint", "test"];

/// The description with every `extends` merged; itself where there is none.
pub(super) fn merged<'a>(description: &'a Description, problems: &mut Vec<Diagnostic>) -> Cow<'a, Description> {
    let extends = |service: &Service| service.compose.iter().any(|(key, _)| key.text() == Some("extends"));
    if !description.services.iter().any(extends) {
        return Cow::Borrowed(description);
    }
    let services = &description.services;
    let by_name = services.iter().enumerate().map(|(at, service)| (service.name.value.as_str(), at)).collect();
    let sizes = services.iter().map(|service| size(&service.compose)).collect();
    let known = Known { services, by_name, sizes, left: Cell::new(Limits::default().nodes) };
    let mut own = description.clone();
    for (at, service) in own.services.iter_mut().enumerate() {
        service.compose = known.merged(at, problems);
    }
    Cow::Owned(own)
}

struct Known<'a> {
    services: &'a [Service],
    by_name: BTreeMap<&'a str, usize>,
    /// How many nodes each service has.
    sizes: Vec<usize>,
    /// Nodes that may still be copied: a short file must not become a long one.
    left: Cell<usize>,
}

impl Known<'_> {
    /// A service's keys over those of what it extends, and so on to the first of the chain. Where that was refused,
    /// `extends` stays among them.
    fn merged(&self, at: usize, problems: &mut Vec<Diagnostic>) -> Keys {
        let mut chain = vec![at];
        let mut refused = None;
        while let Some(extends) = chain.last().and_then(|at| self.extends(*at)) {
            match self.base(&extends.1, &chain) {
                Ok(base) => chain.push(base),
                Err(problem) => {
                    problems.push(*problem);
                    refused = Some(extends.clone());
                    break;
                }
            }
        }
        let keys = |at: usize| {
            let keys = self.services[at].compose.iter().filter(|(key, _)| key.text() != Some("extends"));
            keys.cloned().collect::<Keys>()
        };
        let mut chain = chain.into_iter().rev();
        let first = chain.next().map_or(Vec::new(), keys);
        let mut merged = chain.fold(first, |base, at| merge_maps(base, keys(at)));
        merged.extend(refused);
        merged
    }

    fn extends(&self, at: usize) -> Option<&(Node, Node)> {
        self.services[at].compose.iter().find(|(key, _)| key.text() == Some("extends"))
    }

    /// The service that the last one of a chain extends.
    fn base(&self, extends: &Node, chain: &[usize]) -> Result<usize, Box<Diagnostic>> {
        let refuse = |message: String, span: Span, label: &str, help: &str| {
            Err(Box::new(Diagnostic::error(message, span, label).help(help)))
        };
        if let Some((key, _)) = extends.entry("file") {
            let help = "copy what it gives into this service, or use a YAML anchor and `<<:`";
            return refuse("`extends` names another file".into(), key.span, "that file is not in the tree", help);
        }
        let node = extends.get("service").unwrap_or(extends);
        let (name, span) = (node.text().unwrap_or_default(), node.span);
        let Some(base) = self.by_name.get(name).copied() else {
            return Err(Box::new(no_such_service(name, span, self.services)));
        };
        if chain.contains(&base) {
            let message = "services extend each other in a circle".to_owned();
            return refuse(message, span, "back to the first", "remove one `extends` of the circle");
        }
        if chain.len() == LONGEST {
            let message = format!("services extend each other more than {LONGEST} deep");
            let help = "extend one service, or share keys with a YAML anchor and `<<:`";
            return refuse(message, span, "and here again", help);
        }
        let Some(left) = self.left.get().checked_sub(self.sizes[base]) else {
            let message = format!("services become more than {} values by extending others", Limits::default().nodes);
            return refuse(message, span, "too long from here on", "extend smaller services");
        };
        self.left.set(left);
        Ok(base)
    }
}

/// How many nodes a mapping has. The loader has refused what is nested too deep to walk.
fn size(keys: &[(Node, Node)]) -> usize {
    fn of(node: &Node) -> usize {
        1 + match &node.kind {
            NodeKind::Scalar { .. } => 0,
            NodeKind::List(items) => items.iter().map(of).sum(),
            NodeKind::Map(entries) => size(entries),
        }
    }
    keys.iter().map(|(_, value)| 1 + of(value)).sum()
}

/// `own` over `base`.
fn merge_maps(base: Keys, own: Keys) -> Keys {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (at, (key, _)) in base.iter().enumerate() {
        places.insert(key.text().unwrap_or_default().to_owned(), at);
    }
    let mut merged = base;
    for (key, value) in own {
        match places.get(key.text().unwrap_or_default()).and_then(|at| merged.get_mut(*at)) {
            Some(entry) => {
                let nothing = Node { span: value.span, kind: NodeKind::List(Vec::new()) };
                let before = std::mem::replace(&mut entry.1, nothing);
                entry.1 = merge(key.text().unwrap_or_default(), before, value);
                entry.0 = key;
            }
            None => merged.push((key, value)),
        }
    }
    merged
}

fn merge(key: &str, base: Node, own: Node) -> Node {
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
        (NodeKind::Map(base), NodeKind::Map(own)) => NodeKind::Map(merge_maps(base, own)),
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
