//! Selectors of PromQL and what may follow them
//! (<https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors>).

use std::borrow::Cow;

use super::cursor::{Stop, duration, is_number, wrong};
use super::expression::{Kind, Modifiers, Parsed, Parser, Type};
use super::{Matcher, Operator, pattern};

impl<'a> Parser<'a> {
    /// A metric and what its labels must be; the cursor stands behind its name.
    pub(super) fn selector(&mut self, start: usize, name: Option<&str>) -> Result<Parsed, Stop> {
        let after = self.cursor.at;
        self.cursor.blanks();
        let first = self.matchers.len();
        let mut quoted = false;
        if self.cursor.peek() == Some('{') {
            self.cursor.at += 1;
            quoted = self.matchers_into()?;
        } else {
            self.cursor.at = after;
        }
        let at = start..self.cursor.at;
        let own = &self.matchers[first..];
        if name.is_some() && (quoted || own.iter().any(|matcher| matcher.label == "__name__")) {
            self.mistype(at.clone(), "the metric is named twice", "leave one of them out");
        } else if name.is_none() && !quoted && own.iter().all(selects_all) {
            self.mistype(at.clone(), "this would select every series", "name the metric, or a label's value");
        }
        Ok(Parsed { gives: Type::Vector, kind: Kind::Selector(Modifiers::default()), at })
    }

    /// What stands in `{…}`, and whether the metric's name is a text there; the cursor stands behind the first brace.
    fn matchers_into(&mut self) -> Result<bool, Stop> {
        let open = self.cursor.at - 1;
        let mut named = false;
        loop {
            if self.cursor.eat("}") {
                return Ok(named);
            }
            self.cursor.blanks();
            let start = self.cursor.at;
            let quoted = matches!(self.cursor.peek(), Some('"' | '\'' | '`'));
            let label = if quoted {
                self.cursor.string()?
            } else {
                let name = self
                    .cursor
                    .name()
                    .map(|name| name.split(':').next().unwrap_or(name))
                    .filter(|name| !name.is_empty());
                let Some(name) = name else {
                    return Err(match self.cursor.peek() {
                        None => wrong(open..open + 1, "this `{` is not closed", "close it with `}`"),
                        _ => self.cursor.unexpected("the name of a label or `}`"),
                    });
                };
                self.cursor.at += name.len();
                Cow::Borrowed(name)
            };
            self.cursor.blanks();
            if quoted && matches!(self.cursor.peek(), Some(',' | '}')) {
                named = true;
            } else {
                self.matcher(start, label)?;
            }
            if !self.cursor.eat(",") && self.cursor.peek() != Some('}') {
                return Err(match self.cursor.peek() {
                    None => wrong(open..open + 1, "this `{` is not closed", "close it with `}`"),
                    _ => self.cursor.unexpected("`,` or `}`"),
                });
            }
        }
    }

    /// How a label is compared, and with what.
    fn matcher(&mut self, start: usize, label: Cow<'a, str>) -> Result<(), Stop> {
        const OPERATORS: [(&str, Operator); 4] =
            [("=~", Operator::Matches), ("!~", Operator::DoesNotMatch), ("!=", Operator::IsNot), ("=", Operator::Is)];
        let Some((sign, operator)) = OPERATORS.into_iter().find(|(sign, _)| self.cursor.rest().starts_with(sign))
        else {
            return Err(self.cursor.unexpected("`=`, `!=`, `=~` or `!~`"));
        };
        self.cursor.at += sign.len();
        self.cursor.blanks();
        if self.cursor.rest().starts_with('=') {
            let at = self.cursor.at - sign.len()..self.cursor.at + 1;
            return Err(wrong(at, "labels are compared by one `=`", "write `=`"));
        }
        if !matches!(self.cursor.peek(), Some('"' | '\'' | '`')) {
            return Err(self.cursor.unexpected("a value in quotes"));
        }
        let value = self.cursor.string()?;
        if matches!(operator, Operator::Matches | Operator::DoesNotMatch)
            && let Some(mistake) = pattern::mistake(&value)
        {
            let help = "<https://github.com/google/re2/wiki/Syntax> is what Prometheus reads".to_owned();
            return Err(wrong(start..self.cursor.at, format!("this is no regular expression: {mistake}"), help));
        }
        self.matchers.push(Matcher { label, operator, value });
        Ok(())
    }

    /// What may follow an expression: `[5m]`, `[1h:5m]`, `offset 5m`, `@ 0`.
    pub(super) fn modified(&mut self, mut parsed: Parsed) -> Result<Parsed, Stop> {
        loop {
            let end = self.cursor.at;
            self.cursor.blanks();
            let start = self.cursor.at;
            if self.cursor.peek() == Some('[') {
                parsed = self.range(parsed)?;
            } else if self.cursor.eat_keyword("offset") {
                self.offset(start, &mut parsed)?;
            } else if self.cursor.eat("@") {
                self.at_time(start, &mut parsed)?;
            } else if self.cursor.name().is_some_and(|name| matches!(name, "anchored" | "smoothed")) {
                return Err(Stop::Unsure);
            } else {
                self.cursor.at = end;
                return Ok(parsed);
            }
        }
    }

    fn range(&mut self, of: Parsed) -> Result<Parsed, Stop> {
        let open = self.cursor.at;
        let Some(inside) = without_comments(&self.cursor.rest()[1..]) else {
            return Err(wrong(open..open + 1, "this `[` is not closed", "close it with `]`"));
        };
        self.cursor.at += inside.len() + 2;
        let at = open..self.cursor.at;
        let (range, step) = inside.split_once(':').map_or((inside.as_str(), None), |(range, step)| (range, Some(step)));
        self.duration(range, open + 1, false)?;
        if let Some(step) = step {
            self.duration(step, open + 1 + range.len() + 1, true)?;
            if of.gives != Type::Vector {
                let message = format!("a subquery is of an instant vector, and this is {}", of.gives.name());
                self.mistype(of.at.clone(), message, "remove the `[…]` of one of them");
            }
            return Ok(Parsed {
                gives: Type::Range,
                kind: Kind::Subquery(Modifiers::default()),
                at: of.at.start..at.end,
            });
        }
        match of.kind {
            Kind::Selector(modifiers) if of.gives == Type::Vector => {
                if modifiers.offset || modifiers.at {
                    let help = "write the `[…]` first: metric[5m] offset 1h";
                    return Err(wrong(at, "`offset` and `@` come after the range", help));
                }
            }
            _ => {
                let help = format!("for what is computed, write a subquery: (…)[{}:]", range.trim());
                return Err(wrong(at, "only a metric has a range", help));
            }
        }
        Ok(Parsed { gives: Type::Range, kind: of.kind, at: of.at.start..at.end })
    }

    /// A duration between brackets, which begins at this byte of the text.
    fn duration(&self, written: &str, begins: usize, optional: bool) -> Result<(), Stop> {
        let word = written.trim_matches([' ', '\t', '\n', '\r']);
        if word.is_empty() && optional {
            return Ok(());
        }
        let start = begins + written.find(word).unwrap_or(0);
        let at = if word.is_empty() {
            begins.saturating_sub(1)..begins + written.len() + 1
        } else {
            start..start + word.len()
        };
        match duration(word) {
            Some(0) => Err(wrong(at, "a range of no time", "write a duration, as 5m")),
            Some(_) => Ok(()),
            // Seconds, to newer generations.
            None if is_number(word) => Ok(()),
            // Newer generations compute durations, if a flag says so.
            None if is_computed(word) => Err(Stop::Unsure),
            None if word.contains('$') => Err(wrong(at, "`$` has no meaning in PromQL", "write a duration, as 5m")),
            None => Err(wrong(at, format!("`{}` is no duration", in_one_line(word)), "write it as 5m, 90s or 1h30m")),
        }
    }

    fn offset(&mut self, start: usize, of: &mut Parsed) -> Result<(), Stop> {
        self.cursor.blanks();
        if matches!(self.cursor.peek(), Some('-' | '+')) {
            self.cursor.at += 1;
            self.cursor.blanks();
        }
        let computed = self.cursor.name().is_some_and(|name| matches!(name, "max" | "min" | "range" | "step"));
        if computed || self.cursor.peek() == Some('(') {
            return Err(Stop::Unsure);
        }
        if !self.cursor.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            return Err(self.cursor.unexpected("a duration, as 5m"));
        }
        self.cursor.number()?;
        self.modify(start, of, "offset", |modifiers| &mut modifiers.offset)
    }

    fn at_time(&mut self, start: usize, of: &mut Parsed) -> Result<(), Stop> {
        self.cursor.blanks();
        let name = self.cursor.name().map(str::to_ascii_lowercase);
        if let Some("start" | "end") = name.as_deref() {
            self.cursor.at += name.map_or(0, |name| name.len());
            if !self.cursor.eat("(") || !self.cursor.eat(")") {
                return Err(self.cursor.unexpected("`()`"));
            }
        } else {
            if matches!(self.cursor.peek(), Some('-' | '+')) {
                self.cursor.at += 1;
                self.cursor.blanks();
            }
            if self.cursor.name().is_some_and(|name| matches!(name.to_ascii_lowercase().as_str(), "inf" | "nan")) {
                let (at, _) = self.cursor.next();
                return Err(wrong(at, "this is no time", "write seconds since 1970, or start()"));
            }
            if !self.cursor.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
                return Err(self.cursor.unexpected("a time: seconds since 1970, start() or end()"));
            }
            self.cursor.number()?;
        }
        self.modify(start, of, "@", |modifiers| &mut modifiers.at)
    }

    fn modify(
        &mut self,
        start: usize,
        of: &mut Parsed,
        word: &str,
        which: fn(&mut Modifiers) -> &mut bool,
    ) -> Result<(), Stop> {
        let at = start..self.cursor.at;
        let (Kind::Selector(modifiers) | Kind::Subquery(modifiers)) = &mut of.kind else {
            let help = "write it behind the metric, its range or a subquery";
            return Err(wrong(at, format!("`{word}` follows what has no time of its own"), help));
        };
        if std::mem::replace(which(modifiers), true) {
            return Err(wrong(at, format!("`{word}` stands twice"), "remove one of them"));
        }
        of.at.end = self.cursor.at;
        Ok(())
    }
}

fn in_one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands before the `]`, with blanks for the bytes of comments.
fn without_comments(text: &str) -> Option<String> {
    let mut inside = String::new();
    let mut comment = false;
    for c in text.chars() {
        match c {
            ']' if !comment => return Some(inside),
            '#' => comment = true,
            '\n' => comment = false,
            _ => {}
        }
        if comment {
            inside.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            inside.push(c);
        }
    }
    None
}

/// Whether it may be a duration that is computed: numbers, durations and signs between them.
fn is_computed(word: &str) -> bool {
    let word = &word.replace("step()", "1+1").replace("range()", "1+1");
    let signs = word.contains(['+', '-', '*', '/', '%', '^', '(']);
    let count = |sign| word.matches(sign).count();
    let only = word.chars().all(|c| c.is_ascii_alphanumeric() || "+-*/%^(),. \t\n".contains(c));
    let whole = word.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ')') && !word.contains("()");
    signs && only && whole && count('(') == count(')') && (word.contains('(') || !word.contains(','))
}

/// Whether it leaves all series in, beyond doubt.
fn selects_all(matcher: &Matcher<'_>) -> bool {
    match matcher.operator {
        Operator::Is => matcher.value.is_empty(),
        Operator::IsNot => !matcher.value.is_empty(),
        Operator::Matches => matches!(matcher.value.as_ref(), "" | ".*"),
        Operator::DoesNotMatch => matcher.value == ".+",
    }
}
