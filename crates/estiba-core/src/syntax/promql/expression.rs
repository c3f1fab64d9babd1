//! The grammar and the types of PromQL, in one pass
//! (<https://github.com/prometheus/prometheus/blob/main/promql/parser/generated_parser.y>).

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range as Bytes;

use super::cursor::{Cursor, Stop, wrong};
use super::functions::{self, More};
use super::{Matcher, Problem, Query};
use crate::source::nearest;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Scalar,
    Text,
    Vector,
    Range,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Scalar => "a number",
            Type::Text => "a text",
            Type::Vector => "an instant vector",
            Type::Range => "a range of time",
        }
    }
}

/// Deeper ones are not parsed: nobody writes them, and each level is a call.
const DEPTH: usize = 200;

/// An expression that was parsed.
pub(super) struct Parsed {
    pub(super) gives: Type,
    pub(super) kind: Kind,
    pub(super) at: Bytes<usize>,
}

/// What a modifier may follow.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Selector(Modifiers),
    Subquery(Modifiers),
    Other,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Modifiers {
    pub(super) offset: bool,
    pub(super) at: bool,
}

pub(super) struct Parser<'a> {
    pub(super) cursor: Cursor<'a>,
    depth: usize,
    pub(super) matchers: Vec<Matcher<'a>>,
    /// What is wrong with the types: of less importance than what is wrong with the grammar.
    mistyped: Option<Problem>,
}

pub(super) fn parse(text: &str) -> Query<'_> {
    let mut parser = Parser { cursor: Cursor { text, at: 0 }, depth: 0, matchers: Vec::new(), mistyped: None };
    let problem = match parser.whole() {
        Ok(()) => parser.mistyped,
        Err(Stop::Wrong(problem)) => Some(problem),
        Err(Stop::Unsure) => None,
    };
    Query { matchers: parser.matchers, problem }
}

const AGGREGATIONS: [&str; 14] = [
    "avg",
    "bottomk",
    "count",
    "count_values",
    "group",
    "limit_ratio",
    "limitk",
    "max",
    "min",
    "quantile",
    "stddev",
    "stdvar",
    "sum",
    "topk",
];

/// Words that are no name of a metric where an expression begins.
const RESERVED: [&str; 6] = ["atan2", "bool", "group_left", "group_right", "ignoring", "on"];

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Result<(), Stop> {
        self.cursor.blanks();
        if self.cursor.rest().is_empty() {
            return Err(wrong(0..self.cursor.text.len(), "there is no expression", "write one, as up == 0"));
        }
        self.expression(0)?;
        self.cursor.blanks();
        match self.cursor.peek() {
            None => Ok(()),
            Some(')') => Err(wrong(self.cursor.at..self.cursor.at + 1, "this `)` closes nothing", "remove it")),
            Some('=') => Err(wrong(
                self.cursor.at..self.cursor.at + 1,
                "`=` compares labels, inside `{…}`",
                "write `==` to compare values",
            )),
            Some(_) => Err(self.cursor.unexpected("an operator or the end")),
        }
    }

    pub(super) fn mistype(&mut self, at: Bytes<usize>, message: impl Into<String>, help: impl Into<String>) {
        if self.mistyped.is_none() {
            self.mistyped = Some(Problem { at, message: message.into(), help: help.into() });
        }
    }

    /// An expression whose operators bind at least as tightly.
    fn expression(&mut self, least: u8) -> Result<Parsed, Stop> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Stop::Unsure);
        }
        let mut left = self.unary()?;
        while let Some((operator, binds)) = self.operator().filter(|&(_, binds)| binds >= least) {
            left = self.binary(left, operator, binds)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that is next, and how tightly it binds; it is not gone past.
    fn operator(&mut self) -> Option<(&'static str, u8)> {
        const SIGNS: [(&str, u8); 12] = [
            ("==", 3),
            ("!=", 3),
            (">=", 3),
            ("<=", 3),
            (">", 3),
            ("<", 3),
            ("+", 4),
            ("-", 4),
            ("*", 5),
            ("/", 5),
            ("%", 5),
            ("^", 6),
        ];
        const WORDS: [(&str, u8); 4] = [("or", 1), ("and", 2), ("unless", 2), ("atan2", 5)];
        self.cursor.blanks();
        if let Some(name) = self.cursor.name() {
            return WORDS.into_iter().find(|(word, _)| name.eq_ignore_ascii_case(word));
        }
        SIGNS.into_iter().find(|(sign, _)| self.cursor.rest().starts_with(sign))
    }

    fn binary(&mut self, left: Parsed, operator: &'static str, binds: u8) -> Result<Parsed, Stop> {
        let sign = self.cursor.at..self.cursor.at + operator.len();
        self.cursor.at = sign.end;
        let (compares, is_set) = (binds == 3, binds < 3);
        let gives_bool = self.cursor.eat_keyword("bool");
        let mut labels = Vec::new();
        let on = self.cursor.eat_keyword("on");
        let mut grouped = None;
        if on || self.cursor.eat_keyword("ignoring") {
            labels = self.labels()?;
            self.cursor.blanks();
            let start = self.cursor.at;
            if self.cursor.eat_keyword("group_left") || self.cursor.eat_keyword("group_right") {
                grouped = Some(start..self.cursor.at);
                self.cursor.blanks();
                let included = if self.cursor.peek() == Some('(') { self.labels()? } else { Vec::new() };
                let matched: HashSet<&str> = labels.iter().map(AsRef::as_ref).collect();
                if let Some(both) = included.iter().find(|label| on && matched.contains(label.as_ref())) {
                    let message = format!("`{both}` is matched and brought over at once");
                    self.mistype(start..self.cursor.at, message, "leave it out of one of them");
                }
            }
        }
        // A modifier of newer generations that a flag enables.
        self.cursor.blanks();
        let name = self.cursor.name().filter(|name| matches!(*name, "fill" | "fill_left" | "fill_right"));
        if name.is_some_and(|name| self.cursor.rest()[name.len()..].trim_start().starts_with('(')) {
            return Err(Stop::Unsure);
        }
        // Only `^` groups from the right.
        let right = self.expression(if binds == 6 { binds } else { binds + 1 })?;
        let at = left.at.start..right.at.end;
        for side in [&left, &right] {
            if !matches!(side.gives, Type::Scalar | Type::Vector) {
                let message =
                    format!("`{operator}` works on numbers and instant vectors, and this is {}", side.gives.name());
                let help =
                    if side.gives == Type::Range { "take a function of it first, as rate(…)" } else { "remove it" };
                self.mistype(side.at.clone(), message, help);
            }
        }
        let scalars = left.gives == Type::Scalar && right.gives == Type::Scalar;
        let vectors = left.gives == Type::Vector && right.gives == Type::Vector;
        if gives_bool && !compares {
            self.mistype(sign.clone(), "`bool` is for comparisons", "remove it");
        } else if compares && !gives_bool && scalars {
            self.mistype(sign.clone(), "two numbers are compared", format!("write `{operator} bool`"));
        }
        if is_set && (left.gives == Type::Scalar || right.gives == Type::Scalar) {
            let message = format!("`{operator}` is for two instant vectors");
            self.mistype(at.clone(), message, "make vectors of numbers by vector(…)");
        } else if !labels.is_empty() && !vectors {
            self.mistype(
                at.clone(),
                "labels are matched between two instant vectors only",
                "remove `on` or `ignoring`",
            );
        } else if let Some(grouped) = grouped.filter(|_| is_set && vectors) {
            self.mistype(grouped, format!("`{operator}` has no groups"), "remove `group_left` or `group_right`");
        }
        let gives = if scalars { Type::Scalar } else { Type::Vector };
        Ok(Parsed { gives, kind: Kind::Other, at })
    }

    fn unary(&mut self) -> Result<Parsed, Stop> {
        self.cursor.blanks();
        let start = self.cursor.at;
        if !matches!(self.cursor.peek(), Some('+' | '-')) {
            let first = self.primary()?;
            return self.modified(first);
        }
        self.cursor.at += 1;
        // Only `^` binds tighter than a sign.
        let operand = self.expression(6)?;
        if !matches!(operand.gives, Type::Scalar | Type::Vector) {
            let message = format!("a sign stands before {}", operand.gives.name());
            self.mistype(operand.at.clone(), message, "it may stand before numbers and instant vectors");
        }
        Ok(Parsed { gives: operand.gives, kind: Kind::Other, at: start..operand.at.end })
    }

    fn primary(&mut self) -> Result<Parsed, Stop> {
        let start = self.cursor.at;
        let simple = |gives, end| Parsed { gives, kind: Kind::Other, at: start..end };
        match self.cursor.peek() {
            Some('(') => {
                self.cursor.at += 1;
                let inner = self.expression(0)?;
                self.close(start)?;
                Ok(simple(inner.gives, self.cursor.at))
            }
            Some('{') => self.selector(start, None),
            Some('"' | '\'' | '`') => {
                self.cursor.string()?;
                Ok(simple(Type::Text, self.cursor.at))
            }
            Some(c)
                if c.is_ascii_digit()
                    || c == '.' && self.cursor.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) =>
            {
                self.cursor.number()?;
                Ok(simple(Type::Scalar, self.cursor.at))
            }
            _ => match self.cursor.name() {
                Some(name) => self.named(name),
                None if self.cursor.rest().starts_with("$") => {
                    let (at, _) = self.cursor.next();
                    Err(wrong(
                        at,
                        "`$` has no meaning in PromQL",
                        "variables are Grafana's: write what it would become",
                    ))
                }
                None => Err(self.cursor.unexpected("a metric, a number, a function or `(`")),
            },
        }
    }

    /// Past the `)` of a `(` at this byte.
    fn close(&mut self, open: usize) -> Result<(), Stop> {
        if self.cursor.eat(")") {
            return Ok(());
        }
        self.cursor.blanks();
        if self.cursor.rest().is_empty() {
            return Err(wrong(open..open + 1, "this `(` is not closed", "close it with `)`"));
        }
        Err(self.cursor.unexpected("an operator or `)`"))
    }

    fn named(&mut self, name: &'a str) -> Result<Parsed, Stop> {
        let start = self.cursor.at;
        let lower = name.to_ascii_lowercase();
        if matches!(lower.as_str(), "inf" | "nan") {
            self.cursor.at += name.len();
            return Ok(Parsed { gives: Type::Scalar, kind: Kind::Other, at: start..self.cursor.at });
        }
        if RESERVED.contains(&lower.as_str()) {
            return Err(self.cursor.unexpected("a metric, a number, a function or `(`"));
        }
        self.cursor.at += name.len();
        let after = self.cursor.at;
        self.cursor.blanks();
        let called = self.cursor.peek() == Some('(');
        if AGGREGATIONS.contains(&lower.as_str()) {
            let next = self.cursor.name().map(str::to_ascii_lowercase);
            if called || matches!(next.as_deref(), Some("by" | "without")) {
                return self.aggregation(start, &lower);
            }
        }
        if called {
            let keyword = matches!(lower.as_str(), "and" | "or" | "unless" | "offset" | "by" | "without");
            if !keyword && !name.contains(':') {
                return self.call(start, name);
            }
            return Err(self.cursor.unexpected("an operator or the end"));
        }
        self.cursor.at = after;
        self.selector(start, Some(name))
    }

    fn aggregation(&mut self, start: usize, name: &str) -> Result<Parsed, Stop> {
        let grouped = self.grouping()?;
        let arguments = self.arguments()?;
        if !grouped {
            let after = self.cursor.at;
            if !self.grouping()? {
                self.cursor.at = after;
            }
        }
        let at = start..self.cursor.at;
        let parameter = match name {
            "bottomk" | "limit_ratio" | "limitk" | "quantile" | "topk" => Some(Type::Scalar),
            "count_values" => Some(Type::Text),
            _ => None,
        };
        let expected: Vec<Type> = parameter.into_iter().chain([Type::Vector]).collect();
        if arguments.len() != expected.len() {
            // The grammar of Prometheus refuses this itself.
            let takes = if expected.len() == 1 { "one argument" } else { "two arguments" };
            return Err(wrong(
                at,
                format!("{name} takes {takes}, not {}", arguments.len()),
                format!("write it as {}", form(name, &expected)),
            ));
        }
        self.expect(name, &expected, &arguments);
        Ok(Parsed { gives: Type::Vector, kind: Kind::Other, at })
    }

    /// Past `by (…)` or `without (…)`, if it is next.
    fn grouping(&mut self) -> Result<bool, Stop> {
        let found = self.cursor.eat_keyword("by") || self.cursor.eat_keyword("without");
        if found {
            self.labels()?;
        }
        Ok(found)
    }

    fn call(&mut self, start: usize, name: &str) -> Result<Parsed, Stop> {
        let word = start..start + name.len();
        let Some(function) = functions::find(name) else {
            let help = match nearest(name, functions::names().chain(AGGREGATIONS)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a metric is written without `(`".to_owned(),
            };
            return Err(wrong(word, format!("there is no function `{name}`"), help));
        };
        // The second argument of `info` is labels, and may be none.
        let before = (name == "info").then(|| self.mistyped.clone());
        let arguments = self.arguments()?;
        if let Some(before) = before {
            self.mistyped = before;
        }
        let at = start..self.cursor.at;
        let least = function.takes.len() - usize::from(!matches!(function.more, More::No));
        let most = if matches!(function.more, More::Any) { usize::MAX } else { function.takes.len() };
        if (least..=most).contains(&arguments.len()) {
            self.expect(name, function.takes, &arguments);
        } else {
            let help = format!("write it as {}", form(name, function.takes));
            self.mistype(at.clone(), format!("{name} takes {}, not {}", counted(least, most), arguments.len()), help);
        }
        Ok(Parsed { gives: function.gives, kind: Kind::Other, at })
    }

    /// That each argument is what is expected in its place; the last place is that of all that come after it.
    fn expect(&mut self, name: &str, expected: &[Type], arguments: &[Parsed]) {
        for (place, argument) in arguments.iter().enumerate() {
            let Some(&wanted) = expected.get(place).or(expected.last()) else { continue };
            if argument.gives != wanted {
                let message = format!("{name} takes {} here, and this is {}", wanted.name(), argument.gives.name());
                let help = match (wanted, argument.gives) {
                    (Type::Range, Type::Vector) if matches!(argument.kind, Kind::Selector(_)) => {
                        "say of which time, as in metric[5m]".to_owned()
                    }
                    (Type::Range, Type::Vector) => "say of which time, as in (…)[5m:]".to_owned(),
                    (Type::Vector, Type::Range) => {
                        "take a function of it first, as rate(…), or remove the `[…]`".to_owned()
                    }
                    _ => format!("write it as {}", form(name, expected)),
                };
                self.mistype(argument.at.clone(), message, help);
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Parsed>, Stop> {
        let mut all = Vec::new();
        if !self.cursor.eat("(") {
            return Err(self.cursor.unexpected("`(`"));
        }
        let open = self.cursor.at - 1;
        if self.cursor.eat(")") {
            return Ok(all);
        }
        loop {
            all.push(self.expression(0)?);
            if !self.cursor.eat(",") {
                self.close(open)?;
                return Ok(all);
            }
            let comma = self.cursor.at - 1;
            self.cursor.blanks();
            if self.cursor.peek() == Some(')') {
                return Err(wrong(comma..comma + 1, "no argument comes after this comma", "remove it"));
            }
        }
    }

    /// The names in `(…)` of `by`, `on` and their like.
    fn labels(&mut self) -> Result<Vec<Cow<'a, str>>, Stop> {
        let mut all = Vec::new();
        if !self.cursor.eat("(") {
            return Err(self.cursor.unexpected("`(` and names of labels"));
        }
        loop {
            if self.cursor.eat(")") {
                return Ok(all);
            }
            self.cursor.blanks();
            if matches!(self.cursor.peek(), Some('"' | '\'' | '`')) {
                all.push(self.cursor.string()?);
            } else if let Some(name) = self.cursor.name() {
                self.cursor.at += name.len();
                all.push(Cow::Borrowed(name));
            } else {
                return Err(self.cursor.unexpected("the name of a label"));
            }
            if !self.cursor.eat(",") {
                if self.cursor.eat(")") {
                    return Ok(all);
                }
                return Err(self.cursor.unexpected("`,` or `)`"));
            }
        }
    }
}

fn counted(least: usize, most: usize) -> String {
    let number = |number: usize| match number {
        0 => "no argument".to_owned(),
        1 => "one argument".to_owned(),
        _ => format!("{number} arguments"),
    };
    match most {
        _ if least == most => number(least),
        usize::MAX => format!("at least {}", number(least)),
        _ => format!("{least} to {}", number(most)),
    }
}

/// How it is written: `rate(metric[5m])`.
fn form(name: &str, takes: &[Type]) -> String {
    let places = takes.iter().map(|it| match it {
        Type::Scalar => "1",
        Type::Text => "\"text\"",
        Type::Vector => "metric",
        Type::Range => "metric[5m]",
    });
    format!("{name}({})", places.collect::<Vec<_>>().join(", "))
}
