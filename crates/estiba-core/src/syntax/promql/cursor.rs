//! The words of PromQL (<https://prometheus.io/docs/prometheus/latest/querying/basics/#literals>).

use std::borrow::Cow;
use std::ops::Range;

use super::Problem;

/// Why parsing ends early.
pub(super) enum Stop {
    /// Prometheus refuses it.
    Wrong(Problem),
    /// What decides is not in the text.
    Unsure,
}

pub(super) fn wrong(at: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Stop {
    Stop::Wrong(Problem { at, message: message.into(), help: help.into() })
}

pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes past what has no meaning: blanks, and comments to the end of a line.
    pub(super) fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// Goes past blanks and then past this, if it is next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// A name that may have colons, which are a metric's; nothing is gone past.
    pub(super) fn name(&self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let name = &rest[..end];
        (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
    }

    /// Past blanks, whether this keyword is next; in any case of letters.
    pub(super) fn eat_keyword(&mut self, keyword: &str) -> bool {
        self.blanks();
        let found = self.name().is_some_and(|name| name.eq_ignore_ascii_case(keyword));
        if found {
            self.at += keyword.len();
        }
        found
    }

    /// What is next, for a message: all of a word, or one character.
    pub(super) fn next(&self) -> (Range<usize>, String) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return (self.text.trim_end().len()..self.text.trim_end().len(), "the end".to_owned());
        };
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let end = if word(first) { rest.find(|c| !word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        (self.at..self.at + end, format!("`{}`", &rest[..end]))
    }

    pub(super) fn unexpected(&mut self, expected: &str) -> Stop {
        self.blanks();
        let (at, what) = self.next();
        wrong(at, format!("{what} is not expected here"), format!("expected {expected}"))
    }

    /// A number or a duration, each of which newer generations take for the other. The cursor stands at a digit or a dot.
    pub(super) fn number(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let rest = self.rest();
        let end = rest
            .char_indices()
            .find(|&(at, c)| {
                let exponent = matches!(c, '+' | '-') && rest[..at].ends_with(['e', 'E']) && !is_hex(rest);
                !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || exponent)
            })
            .map_or(rest.len(), |(at, _)| at);
        let (word, dots) = (&rest[..end], rest[..end].match_indices('.').nth(1));
        // Of `1.2.3`, the third number begins at the second dot.
        let word = dots.map_or(word, |(at, _)| &word[..at]);
        self.at += word.len();
        if is_number(word) {
            let value = word.replace('_', "").parse::<f64>().ok().filter(|_| !is_hex(word));
            if value.is_some_and(f64::is_infinite) {
                return Err(wrong(start..self.at, format!("`{word}` is too large a number"), "write Inf for infinity"));
            }
            return Ok(());
        }
        if duration(word).is_some() {
            return Ok(());
        }
        Err(wrong(start..self.at, format!("`{word}` is neither a number nor a duration"), "write it as 1.5, 1e3 or 5m"))
    }

    /// A text in quotes; the cursor stands at the first of them.
    /// Escapes are those of Go (<https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals>).
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        let start = self.at;
        let rest = self.rest();
        let quote = rest.chars().next().unwrap_or('"');
        let open = |end: usize| wrong(start..start + end, "a quote is not closed", format!("close it with `{quote}`"));
        if quote == '`' {
            let end = rest[1..].find('`').ok_or_else(|| open(rest.len()))? + 1;
            self.at += end + 1;
            return Ok(Cow::Borrowed(&rest[1..end]));
        }
        let mut unescaped = String::new();
        let mut at = 1;
        while let Some(c) = rest[at..].chars().next() {
            match c {
                '\n' => return Err(open(at)),
                '\\' => {
                    let (c, length) = escape(&rest[at + 1..], quote).map_err(|mistake| match mistake {
                        None => open(rest.len()),
                        Some(it) => wrong(start + at..start + at + 1 + it.length, it.message, it.help),
                    })?;
                    unescaped.push(c);
                    at += 1 + length;
                    continue;
                }
                c if c == quote => {
                    self.at += at + 1;
                    let raw = &rest[1..at];
                    return Ok(if raw.contains('\\') { Cow::Owned(unescaped) } else { Cow::Borrowed(raw) });
                }
                c => unescaped.push(c),
            }
            at += c.len_utf8();
        }
        Err(open(rest.trim_end().len()))
    }
}

/// What is wrong with an escape of so many bytes behind its backslash.
struct Mistake {
    length: usize,
    message: String,
    help: String,
}

/// The character that stands behind a backslash for another, and its bytes there; no mistake where the text ends too early.
fn escape(text: &str, quote: char) -> Result<(char, usize), Option<Mistake>> {
    let letter = text.chars().next().ok_or(None)?;
    let (begins, digits, radix) = match letter {
        'x' => (1, 2, 16),
        'u' => (1, 4, 16),
        'U' => (1, 8, 16),
        '0'..='7' => (0, 3, 8),
        'a' => return Ok(('\u{7}', 1)),
        'b' => return Ok(('\u{8}', 1)),
        'f' => return Ok(('\u{c}', 1)),
        'n' => return Ok(('\n', 1)),
        'r' => return Ok(('\r', 1)),
        't' => return Ok(('\t', 1)),
        'v' => return Ok(('\u{b}', 1)),
        '\\' => return Ok(('\\', 1)),
        c if c == quote => return Ok((c, 1)),
        _ => {
            let help = if letter.is_ascii_alphanumeric() || letter.is_ascii_punctuation() {
                format!("write `\\\\{letter}`, or quote it with backquotes, where `\\` is itself")
            } else {
                "write `\\\\` for a backslash".to_owned()
            };
            return Err(Some(Mistake {
                length: letter.len_utf8(),
                message: format!("`\\{letter}` is no escape"),
                help,
            }));
        }
    };
    let code: String = text[begins..].chars().take(digits).collect();
    if code.chars().count() < digits {
        return Err(None);
    }
    let length = begins + code.len();
    let found =
        u32::from_str_radix(&code, radix).ok().filter(|&code| radix == 16 || code < 256).and_then(char::from_u32);
    found.map(|c| (c, length)).ok_or_else(|| {
        let (message, help) = ("this escape is no character".to_owned(), "write the character itself".to_owned());
        Some(Mistake { length, message, help })
    })
}

fn is_hex(word: &str) -> bool {
    word.starts_with("0x") || word.starts_with("0X")
}

pub(super) fn is_number(word: &str) -> bool {
    if is_hex(word) {
        return word.len() > 2 && word[2..].chars().all(|c| c.is_ascii_hexdigit() || c == '_');
    }
    let (mantissa, exponent) = word.split_once(['e', 'E']).map_or((word, None), |(m, e)| (m, Some(e)));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|exponent| exponent.trim_start_matches(['+', '-']));
    mantissa.contains(|c: char| c.is_ascii_digit())
        && digits(whole)
        && digits(fraction)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

/// The milliseconds of a duration: units from the longest to the shortest, each once
/// (<https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations>).
pub(super) fn duration(word: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let (mut rest, mut next, mut sum) = (word, 0, 0_u64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let letters = &rest[digits..];
        let end = letters.find(|c: char| c.is_ascii_digit()).unwrap_or(letters.len());
        let found = UNITS.iter().skip(next).position(|(unit, _)| *unit == &letters[..end])?;
        let number: u64 = rest[..digits].parse().ok()?;
        sum = sum.checked_add(number.checked_mul(UNITS[next + found].1)?)?;
        next += found + 1;
        rest = &letters[end..];
    }
    (!word.is_empty()).then_some(sum)
}
