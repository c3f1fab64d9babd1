//! Compose's variables (<https://docs.docker.com/reference/compose-file/interpolation/>): what they become with the values
//! that the tree gives, and the short forms, where the colon of a variable's default divides nothing.

use std::borrow::Cow;

/// Defaults inside defaults: deeper ones stay as they are written.
const DEPTH: usize = 8;

/// A variable that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Its name.
    pub(super) name: String,
    /// Whether the text itself says what holds where it has no value: a default, or that Compose must stop.
    pub(super) answered: bool,
}

/// A text with its variables replaced. One without a value and without a default stays as it is written; `asked` is told
/// of each that has no value.
pub(super) fn substitute<'t>(
    text: &'t str,
    value: &dyn Fn(&str) -> Option<String>,
    asked: &mut dyn FnMut(Asked),
) -> Cow<'t, str> {
    if text.contains('$') { Cow::Owned(replace(text, value, asked, 0)) } else { Cow::Borrowed(text) }
}

fn replace(text: &str, value: &dyn Fn(&str) -> Option<String>, asked: &mut dyn FnMut(Asked), depth: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (shown, length) = variable(rest, value, asked, depth).unwrap_or_else(|| ("$".to_owned(), 1));
        out.push_str(&shown);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// What stands at a `$`: what it becomes, and how long it is.
fn variable(
    text: &str,
    value: &dyn Fn(&str) -> Option<String>,
    asked: &mut dyn FnMut(Asked),
    depth: usize,
) -> Option<(String, usize)> {
    if text.starts_with("$$") {
        return Some(("$".to_owned(), 2));
    }
    let name_end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let is_name = |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let Some(inner) = text.strip_prefix("${") else {
        let name = &text[1..1 + name_end(&text[1..])];
        let known = value(name).filter(|_| is_name(name));
        if known.is_none() && is_name(name) {
            asked(Asked { name: name.to_owned(), answered: false });
        }
        let whole = &text[..1 + name.len()];
        return Some((known.unwrap_or_else(|| whole.to_owned()), whole.len()));
    };
    let end = closing(inner)?;
    let (whole, body) = (&text[..end + 3], &inner[..end]);
    let (name, operator) = body.split_at(name_end(body));
    if !is_name(name) {
        return None;
    }
    let known = value(name);
    let filled = known.clone().filter(|known| !known.is_empty());
    let nested = |default: &str, asked: &mut dyn FnMut(Asked)| {
        if depth < DEPTH { replace(default, value, asked, depth + 1) } else { default.to_owned() }
    };
    let raw = || whole.to_owned();
    let shown = if let Some(default) = operator.strip_prefix(":-") {
        filled.unwrap_or_else(|| nested(default, asked))
    } else if let Some(default) = operator.strip_prefix('-') {
        known.unwrap_or_else(|| nested(default, asked))
    } else if let Some(other) = operator.strip_prefix(":+") {
        filled.map_or_else(String::new, |_| nested(other, asked))
    } else if let Some(other) = operator.strip_prefix('+') {
        known.map_or_else(String::new, |_| nested(other, asked))
    } else if operator.is_empty() || operator.starts_with(['?', ':']) {
        if known.is_none() {
            asked(Asked { name: name.to_owned(), answered: !operator.is_empty() });
        }
        known.unwrap_or_else(raw)
    } else {
        return None;
    };
    Some((shown, whole.len()))
}

/// Where the `}` stands that closes what was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = '\0';
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

/// The parts between colons that stand outside of braces.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let divides = |c: char| {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ':' && depth == 0
    };
    text.split(divides).collect()
}

#[cfg(test)]
mod tests {
    use super::{parts, substitute};

    fn with(text: &str) -> (String, Vec<(String, bool)>) {
        let value = |name: &str| match name {
            "SET" => Some("v".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let mut asked = Vec::new();
        let text = substitute(text, &value, &mut |it| asked.push((it.name, it.answered))).into_owned();
        (text, asked)
    }

    fn becomes(text: &str) -> String {
        with(text).0
    }

    #[test]
    fn a_colon_inside_braces_or_brackets_divides_nothing() {
        assert_eq!(parts("${A:-./a}:/b:ro"), ["${A:-./a}", "/b", "ro"]);
        assert_eq!(parts("[::1]:80:80"), ["[::1]", "80", "80"]);
        assert_eq!(parts("}:a"), ["}", "a"]);
    }

    #[test]
    fn every_form_of_a_variable() {
        assert_eq!(becomes("$SET/${SET}x"), "v/vx");
        assert_eq!(becomes("${EMPTY:-d}${EMPTY-d}|${NONE:-d}${NONE-d}"), "d|dd");
        assert_eq!(becomes("${SET:+a}${EMPTY:+a}${EMPTY+b}${NONE+c}"), "ab");
        assert_eq!(becomes("${NONE:-${SET:-x}}:${NONE:-127.0.0.1:80}"), "v:127.0.0.1:80");
        assert_eq!(becomes("$$SET ${SET?why} $ 5$"), "$SET v $ 5$");
    }

    #[test]
    fn what_has_no_value_stays_and_is_told() {
        let wanted = (
            "${NONE}-$OTHER-${MUST:?say it}".to_owned(),
            vec![("NONE".to_owned(), false), ("OTHER".to_owned(), false), ("MUST".to_owned(), true)],
        );
        assert_eq!(with("${NONE}-$OTHER-${MUST:?say it}"), wanted);
        assert_eq!(becomes("${open"), "${open");
    }
}
