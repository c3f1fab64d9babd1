//! `extends`: a service that begins as a copy of another one of the same file. It is merged here, by Compose's rules
//! (<https://github.com/compose-spec/compose-spec/blob/main/13-merge.md>), and does not reach the tree: what the tree gives
//! the other service (its short name as an alias, its loopback ports, its labels) is that service's alone.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

use crate::describe::{Description, Service, no_such_service};
use crate::source::{Diagnostic, Span};
use crate::syntax::compose::{Keys, Marks, merge_maps};
use crate::syntax::yaml::{Limits, Node, NodeKind};

/// Longer chains are no way to write services.
const LONGEST: usize = 32;

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
        let mut merged = chain.fold(first, |base, at| merge_maps(base, keys(at), &Marks::default()));
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
