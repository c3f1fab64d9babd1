//! JSON (<https://www.rfc-editor.org/rfc/rfc8259>) as Go's `encoding/json` takes it, to the nodes of YAML, which it is a part of: of
//! a key that stands twice the last counts, and half of a surrogate pair is U+FFFD.

use crate::source::{Diagnostic, FileId, Span};
use crate::syntax::yaml::{Keyed, Limits, Node, NodeKind, ScalarStyle};

/// Reads one value with its place.
///
/// # Errors
/// A text that is too large, too deep or not JSON.
pub fn load(file: FileId, text: &str, limits: Limits) -> Result<Node, Box<Diagnostic>> {
    let mut reader = Reader { file, text, at: 0, depth: 0, nodes: 0, limits };
    if text.len() > limits.bytes {
        return Err(reader.expected(0, "the file is too large to be read"));
    }
    let root = reader.value()?;
    reader.blanks();
    match reader.peek() {
        None => Ok(root),
        Some(_) => Err(reader.expected(reader.at, "nothing more is expected after the value")),
    }
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    depth: usize,
    nodes: usize,
    limits: Limits,
}

type Read<T> = Result<T, Box<Diagnostic>>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Whether this byte comes next; then it is read.
    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expected(&self, at: usize, label: &str) -> Box<Diagnostic> {
        let until = self.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        let help = "export it again, or mend it there; `python3 -m json.tool FILE` reads it as strictly";
        Box::new(Diagnostic::error("the file is not valid JSON", Span::new(self.file, at, until), label).help(help))
    }

    fn node(&self, start: usize, kind: NodeKind) -> Node {
        Node { span: Span::new(self.file, start, self.at), kind }
    }

    fn value(&mut self) -> Read<Node> {
        self.blanks();
        let start = self.at;
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(self.expected(start, "there are too many values"));
        }
        match self.peek() {
            Some(b'{') => self.nested(Self::map),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => {
                let text = self.string()?;
                Ok(self.node(start, NodeKind::Scalar { text, style: ScalarStyle::Quoted }))
            }
            _ => self.plain(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<NodeKind>) -> Read<Node> {
        let start = self.at;
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.expected(start, "values are nested too deep"));
        }
        self.at += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(self.node(start, kind))
    }

    fn list(&mut self) -> Read<NodeKind> {
        let mut items = Vec::new();
        self.blanks();
        if self.takes(b']') {
            return Ok(NodeKind::List(items));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            if self.takes(b']') {
                return Ok(NodeKind::List(items));
            }
            if !self.takes(b',') {
                return Err(self.expected(self.at, "a comma or `]` is expected here"));
            }
        }
    }

    fn map(&mut self) -> Read<NodeKind> {
        let mut map = Keyed::with_capacity(0);
        self.blanks();
        if self.takes(b'}') {
            return Ok(NodeKind::Map(map.entries));
        }
        loop {
            self.blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected(start, "a key in double quotes is expected here"));
            }
            let text = self.string()?;
            let key = self.node(start, NodeKind::Scalar { text, style: ScalarStyle::Quoted });
            self.blanks();
            if !self.takes(b':') {
                return Err(self.expected(self.at, "a colon is expected here"));
            }
            let value = self.value()?;
            match key.text().and_then(|name| map.find(name)) {
                Some(before) => map.entries[before] = (key, value),
                None => map.push(key, value),
            }
            self.blanks();
            if self.takes(b'}') {
                return Ok(NodeKind::Map(map.entries));
            }
            if !self.takes(b',') {
                return Err(self.expected(self.at, "a comma or `}` is expected here"));
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn plain(&mut self) -> Read<Node> {
        let start = self.at;
        while let Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.') = self.peek() {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            return Err(self.expected(start, "a value is expected here"));
        }
        Ok(self.node(start, NodeKind::Scalar { text: word.to_owned(), style: ScalarStyle::Plain }))
    }

    /// From its first quote to its last.
    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut text = String::new();
        let mut from = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    text.push_str(&self.text[from..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push_str(&self.text[from..self.at]);
                    text.push(self.escaped()?);
                    from = self.at;
                }
                Some(0..=0x1f) | None => {
                    return Err(self.expected(self.at, "the text in quotes does not end on its line"));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escaped(&mut self) -> Read<char> {
        let start = self.at;
        self.at += 2;
        Ok(match self.text.as_bytes().get(start + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(escaped @ (b'"' | b'\\' | b'/')) => char::from(*escaped),
            Some(b'u') => {
                let first = self.unit(start)?;
                let low = self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")).then(|| {
                    let second = self.text.get(self.at + 2..self.at + 6)?;
                    hexadecimal(second).filter(|unit| (0xdc00..0xe000).contains(unit))
                });
                match (first, low.flatten()) {
                    (0xd800..0xdc00, Some(low)) => {
                        self.at += 6;
                        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('\u{fffd}')
                    }
                    _ => char::from_u32(first).unwrap_or('\u{fffd}'),
                }
            }
            _ => return Err(self.expected(start, "this escape is none of JSON's")),
        })
    }

    /// The four digits behind `\u`.
    fn unit(&mut self, start: usize) -> Read<u32> {
        let unit = self.text.get(self.at..self.at + 4).and_then(hexadecimal);
        self.at += 4;
        unit.ok_or_else(|| self.expected(start, "four hexadecimal digits are expected behind `\\u`"))
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// `-1.5e+3`, and no `+1`, `.5`, `1.` or `01`.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (word, None),
    };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && part.is_none_or(digits) && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::syntax::yaml;

    fn read(text: &str) -> Read<Node> {
        load(Sources::default().add("a.json", text), text, Limits::default())
    }

    #[test]
    fn what_is_json_is_what_yaml_makes_of_it() {
        for text in [
            r#"{"a": [1, -2.5e+3, "é\n\"\\\/\u00e9", true, null, {}, []], "b c": {"d": "😀"}}"#,
            "[\r\n\t1 ,\r\n\t2 ]\r\n",
            "\"x\"",
            " 0 ",
        ] {
            let file = Sources::default().add("a.json", text);
            let expected = yaml::load(file, text, Limits::default()).unwrap().root;
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_where_it_stands() {
        for (text, at) in [
            ("", 0),
            ("{\"a\": 1,}", 8),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{a: 1}", 1),
            ("{\"a\" 1}", 5),
            ("{\"a\": 'x'}", 6),
            ("[01]", 1),
            ("[+1]", 1),
            ("[.5]", 1),
            ("[1.]", 1),
            ("[1e]", 1),
            ("[tru]", 1),
            ("\"a\nb\"", 2),
            ("\"\\x\"", 1),
            ("\"\\u00g0\"", 1),
            ("\"\\u00", 1),
            ("{\"a\": [1", 8),
            ("{} {}", 3),
            ("// x\n{}", 0),
            ("\u{feff}{}", 0),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!(problem.primary.unwrap().span.range().start, at, "{text}");
        }
    }

    #[test]
    fn surrogates_are_put_together() {
        for (text, value) in [
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ude00x""#, "\u{fffd}x"),
        ] {
            assert_eq!(read(text).unwrap().text(), Some(value), "{text}");
        }
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts() {
        let count = 2 * yaml::FEW;
        let many: String = (0..count).map(|number| format!(",\"k{number}\": 0")).collect();
        for (more, keys) in [("", 2), (&*many, 2 + count)] {
            let root = read(&format!(r#"{{"a": 1, "b": 2, "a": 3{more}}}"#)).unwrap();
            assert_eq!(root.get("a").and_then(Node::text), Some("3"));
            assert_eq!(root.map().unwrap().len(), keys);
        }
    }

    #[test]
    fn what_is_too_much_is_refused() {
        assert!(read(&"[".repeat(500_000)).is_err());
        assert!(read(&"{\"a\":".repeat(500_000)).is_err());
        let many = |count: usize| format!("[{}0]", "0,".repeat(count));
        assert!(read(&many(Limits::default().nodes - 2)).is_ok());
        assert!(read(&many(Limits::default().nodes - 1)).is_err());
    }
}
