//! Marks that templates of several kinds leave where nothing filled them in. Everything is found line by line, in time
//! linear in the text.

use std::cell::LazyCell;

use crate::source::lines;

/// What a mark looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `<% … %>`
    Estiba,
    /// `{{ … }}`, with whether Go's templates could read it.
    Braces {
        /// Whether the inside is an expression of Go's templates, as Docker and Prometheus expand them.
        go: bool,
    },
    /// `{% … %}`
    Statement,
    /// `__NAME__`
    Underscores,
    /// `${NAME}`, all capitals, or with a default value.
    Shell,
}

/// A mark, as a byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
    /// Whether the line is a comment of `#` up to here.
    pub(super) comment: bool,
    /// Where its line begins.
    pub(super) line: usize,
}

/// What marks begin with; the last is a plain variable where bash reads the text.
const BEGINNINGS: [&str; 5] = ["<%", "{{", "{%", "__", "${"];

/// Every mark of a text, in the order of lines. In bash `${NAME}` is none.
pub(super) fn marks(text: &str, bash: bool) -> Vec<Mark> {
    let beginnings = &BEGINNINGS[..BEGINNINGS.len() - usize::from(bash)];
    let mut marks = Vec::new();
    for (start, line) in lines::holding(text, beginnings) {
        of_line(line, start, &mut marks);
    }
    if bash {
        marks.retain(|mark| mark.kind != Kind::Shell);
    }
    marks
}

fn of_line(line: &str, offset: usize, marks: &mut Vec<Mark>) {
    let bytes = line.as_bytes();
    let comment = line.trim_start().starts_with('#');
    // The last closing of each pair: without one, looking for it from every opening would cost the square.
    let closes = ["%>", "}}", "%}"].map(|close| LazyCell::new(move || line.rfind(close).unwrap_or(0)));
    let [close_tag, close_braces, close_statement] = &closes;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| matches!(byte, b'<' | b'{' | b'_' | b'$')) {
        at += next;
        let rest = &bytes[at..];
        let found = if rest.starts_with(b"<%") && at + 2 <= **close_tag {
            line[at..].find("%>").map(|length| (at + length + 2, Kind::Estiba))
        } else if rest.starts_with(b"{{") && at + 2 <= **close_braces {
            line[at..].find("}}").map(|length| (at + length + 2, Kind::Braces { go: go(&line[at + 2..at + length]) }))
        } else if rest.starts_with(b"{%") && at + 2 <= **close_statement {
            let length = line[at..].find("%}").filter(|length| *length >= 2);
            length
                .filter(|length| statement(&line[at + 2..at + length]))
                .map(|length| (at + length + 2, Kind::Statement))
        } else if rest.starts_with(b"__") && (at == 0 || !is_word(bytes[at - 1]) && !b"${".contains(&bytes[at - 1])) {
            underscores(bytes, at).map(|end| (end, Kind::Underscores))
        } else if rest.starts_with(b"${") && (at == 0 || !b"\\$".contains(&bytes[at - 1])) {
            shell(bytes, at).map(|end| (end, Kind::Shell))
        } else {
            None
        };
        match found {
            Some((end, kind)) => {
                // GitHub's `${{ … }}` is no mark of a template of ours.
                if !(matches!(kind, Kind::Braces { .. }) && at > 0 && bytes[at - 1] == b'$') {
                    marks.push(Mark { start: offset + at, end: offset + end, kind, comment, line: offset });
                }
                at = end;
            }
            None if rest.starts_with(b"__") => at += rest.iter().take_while(|byte| is_word(**byte)).count(),
            None => at += 1,
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `__NAME__` in capitals; the names of C's preprocessor are no marks.
fn underscores(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
    let word = std::str::from_utf8(&bytes[at..at + length]).ok()?;
    let inner = word.strip_prefix("__")?.strip_suffix("__")?;
    let capitals = inner.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let named = inner.starts_with(|c: char| c.is_ascii_uppercase()) && !inner.ends_with('_');
    let c = ["FILE", "LINE", "DATE", "TIME", "FUNCTION"].contains(&inner);
    // A shell's variable.
    let assigned = bytes.get(at + length) == Some(&b'=');
    (capitals && named && !c && !assigned).then_some(at + length)
}

/// `${NAME}` in capitals, or `${name:-default}`: nginx and Prometheus have neither.
fn shell(bytes: &[u8], at: usize) -> Option<usize> {
    let name = bytes[at + 2..].iter().take_while(|byte| is_word(**byte)).count();
    let inner = &bytes[at + 2..at + 2 + name];
    let after = at + 2 + name;
    let capitals =
        inner.len() > 1 && inner[0].is_ascii_uppercase() && inner.iter().all(|byte| !byte.is_ascii_lowercase());
    match bytes.get(after) {
        Some(b'}') if capitals => Some(after + 1),
        Some(b':') if name > 0 && matches!(bytes.get(after + 1), Some(b'-' | b'?' | b'+')) => {
            // A default value longer than this is none.
            let end = bytes[after..].iter().take(200).position(|byte| *byte == b'}')?;
            Some(after + end + 1)
        }
        _ => None,
    }
}

/// Whether the inside of `{{ }}` is for Go's templates.
fn go(inner: &str) -> bool {
    let inner = inner.trim_start_matches('-').trim();
    if inner.is_empty() || inner.starts_with(['.', '$', '"', '(', '`', '/']) {
        return true;
    }
    let word = inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    const WORDS: [&str; 38] = [
        "and", "block", "break", "call", "continue", "define", "else", "end", "eq", "ge", "gt", "html", "if", "index",
        "join", "js", "json", "le", "len", "lower", "lt", "ne", "not", "or", "pad", "print", "printf", "println",
        "range", "slice", "split", "table", "template", "title", "truncate", "upper", "urlquery", "with",
    ];
    WORDS.contains(&word)
}

/// Whether the inside of `{% %}` begins as a statement of Jinja does.
fn statement(inner: &str) -> bool {
    let inner = inner.trim_start_matches(['-', '+']).trim_start();
    let word = inner.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    const WORDS: [&str; 17] = [
        "block", "call", "elif", "else", "endblock", "endfor", "endif", "endmacro", "endraw", "extends", "filter",
        "for", "from", "if", "import", "include", "set",
    ];
    WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Kind)> {
        marks(text, false).into_iter().map(|mark| (&text[mark.start..mark.end], mark.kind)).collect()
    }

    #[test]
    fn every_kind_is_found() {
        assert_eq!(found("a <%= x %> b"), [("<%= x %>", Kind::Estiba)]);
        assert_eq!(found("{{ domain }}"), [("{{ domain }}", Kind::Braces { go: false })]);
        assert_eq!(found("{{.State.Status}}{{ $value }}").len(), 2);
        assert_eq!(found("{{ end }}"), [("{{ end }}", Kind::Braces { go: true })]);
        assert_eq!(found("{% if a %}x{% endif %}").len(), 2);
        assert_eq!(found("server_name __DOMAIN__;"), [("__DOMAIN__", Kind::Underscores)]);
        assert_eq!(found("listen ${PORT}; set $a ${b:-c};"), [("${PORT}", Kind::Shell), ("${b:-c}", Kind::Shell)]);
    }

    #[test]
    fn what_others_expand_is_left() {
        let none = ["GF_A__FILE", "__address__", "$__rate_interval", "${{ secrets.A }}", "$${HOME}", "{%s}", "${host}"];
        for text in none {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn openings_without_an_end_cost_nothing() {
        let text = "{{<%{%__${".repeat(200_000);
        assert_eq!(found(&text), []);
    }
}
