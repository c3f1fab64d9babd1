//! A value of a Compose file, as it will be printed.

use crate::syntax::yaml::{Node, NodeKind, ScalarStyle};

/// A YAML value without places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A plain scalar of the user's file, printed as it was typed: `0755`, `1e3` and `no` keep the meaning that
    /// Compose's parser gives them, whatever it is. On one line by construction.
    Plain(String),
    /// Text: quoted when printed.
    Text(String),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping in order.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number or a truth value of ours.
    pub fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// A mapping from literal keys.
    pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// A list of texts.
    pub fn texts<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(|item| Self::Text(item.into())).collect())
    }

    /// A key without a value, in any of YAML's spellings.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Plain(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The scalar's text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Plain(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A node as a value, nothing interpreted.
pub(super) fn of(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Scalar { text, style: ScalarStyle::Plain } if !text.contains('\n') => Value::Plain(text.clone()),
        NodeKind::Scalar { text, .. } => Value::Text(text.clone()),
        NodeKind::List(items) => Value::List(items.iter().map(of).collect()),
        NodeKind::Map(entries) => Value::Map(
            entries.iter().map(|(key, value)| (key.text().unwrap_or_default().to_owned(), of(value))).collect(),
        ),
    }
}
