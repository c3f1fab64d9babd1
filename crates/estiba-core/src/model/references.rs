//! References between services: short names become the names of the tree.

use std::collections::BTreeSet;

use super::value::Value;
use crate::describe::{Word, no_such_service};
use crate::source::{Diagnostic, Span};
use crate::syntax::yaml::Node;

/// Renames what a service says about other services, and remembers whom it needs.
pub(super) struct References<'a> {
    pub(super) project: &'a Word,
    pub(super) services: &'a [crate::describe::Service],
    /// Short names of the services that must start first.
    pub(super) needs: BTreeSet<String>,
    /// Those that must have ended well first.
    pub(super) one_shots: BTreeSet<String>,
}

impl References<'_> {
    fn id(&mut self, name: &str, span: Span, problems: &mut Vec<Diagnostic>) -> String {
        if self.services.iter().any(|service| service.name.value.as_str() == name) {
            self.needs.insert(name.to_owned());
        } else {
            problems.push(no_such_service(name, span, self.services));
        }
        format!("{}-{name}", self.project)
    }

    /// `depends_on`, short or long.
    pub(super) fn depends_on(&mut self, value: &Value, node: &Node, problems: &mut Vec<Diagnostic>) -> Value {
        match value {
            Value::List(_) => self.each(value, node, |this, name, span| this.id(name, span, problems)),
            Value::Map(entries) => Value::Map(
                entries
                    .iter()
                    .zip(node.map().unwrap_or_default())
                    .map(|((name, condition), (key, _))| {
                        if let Value::Map(keys) = condition {
                            let completed = |(key, value): &(String, Value)| {
                                key == "condition" && value.as_text() == Some("service_completed_successfully")
                            };
                            if keys.iter().any(completed) {
                                self.one_shots.insert(name.clone());
                            }
                        }
                        (self.id(name, key.span, problems), condition.clone())
                    })
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    /// `links: [service, service:alias]`: the short name stays the alias.
    pub(super) fn links(&mut self, value: &Value, node: &Node, problems: &mut Vec<Diagnostic>) -> Value {
        self.each(value, node, |this, text, span| {
            let (name, alias) = text.split_once(':').unwrap_or((text, text));
            format!("{}:{alias}", this.id(name, span, problems))
        })
    }

    /// `volumes_from: [service[:mode], container:name]`.
    pub(super) fn volumes_from(&mut self, value: &Value, node: &Node, problems: &mut Vec<Diagnostic>) -> Value {
        self.each(value, node, |this, text, span| match text.split_once(':') {
            Some(("container", _)) => text.to_owned(),
            Some((name, mode)) => format!("{}:{mode}", this.id(name, span, problems)),
            None => this.id(text, span, problems),
        })
    }

    /// `network_mode`, `pid`, `ipc`: `service:name`.
    pub(super) fn namespace(&mut self, value: &Value, span: Span, problems: &mut Vec<Diagnostic>) -> Value {
        match value.as_text().and_then(|text| text.strip_prefix("service:")) {
            Some(name) => Value::Text(format!("service:{}", self.id(name, span, problems))),
            None => value.clone(),
        }
    }

    /// Each item of a list, with the place of that item.
    fn each(&mut self, value: &Value, node: &Node, mut rename: impl FnMut(&mut Self, &str, Span) -> String) -> Value {
        match value {
            Value::List(items) => {
                let items = items.iter().zip(node.list().unwrap_or_default());
                let renamed =
                    items.map(|(item, node)| Value::Text(rename(self, item.as_text().unwrap_or_default(), node.span)));
                Value::List(renamed.collect())
            }
            other => other.clone(),
        }
    }
}
