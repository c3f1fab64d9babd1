//! PromQL (<https://prometheus.io/docs/prometheus/latest/querying/basics/>): whether Prometheus would parse an expression, types
//! and numbers of arguments included, and what its selectors ask for.
//!
//! What only one generation of Prometheus accepts (durations as numbers, names in quotes, experimental functions) is accepted:
//! which one reads an expression is not its text's to say. Where a flag decides, parsing gives up without a problem.

mod cursor;
mod expression;
mod functions;
mod pattern;
mod selector;

use std::borrow::Cow;
use std::ops::Range;

/// What an expression says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// The matchers of its selectors, in the order of the text.
    pub matchers: Vec<Matcher<'a>>,
    /// Why Prometheus refuses it.
    pub problem: Option<Problem>,
}

/// `label="value"` inside a selector's braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher<'a> {
    /// The label's name.
    pub label: Cow<'a, str>,
    /// How they are compared.
    pub operator: Operator,
    /// What it is compared with.
    pub value: Cow<'a, str>,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Is,
    /// `!=`
    IsNot,
    /// `=~`
    Matches,
    /// `!~`
    DoesNotMatch,
}

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the text that are wrong.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What was expected, or how to mend it.
    pub help: String,
}

/// Parses one expression.
#[must_use]
pub fn parse(text: &str) -> Query<'_> {
    expression::parse(text)
}

#[cfg(test)]
mod tests;
