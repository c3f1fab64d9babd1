//! Places as editors know them: files by their URIs, lines from 0, columns in the unit that was agreed on.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::report::places;

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Utf8,
    Utf16,
}

impl Unit {
    /// The place of a byte.
    pub(super) fn position(self, text: &str, offset: usize) -> Value {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count();
        let rest = before.rsplit('\n').next().unwrap_or_default();
        json!({ "line": line, "character": self.width(rest) })
    }

    pub(super) fn range(self, text: &str, range: std::ops::Range<usize>) -> Value {
        json!({ "start": self.position(text, range.start), "end": self.position(text, range.end) })
    }

    /// The byte of a place; behind a line's end it is that end.
    pub(super) fn offset(self, text: &str, position: &Value) -> usize {
        let number = |key: &str| position[key].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
        let (line, character) = (number("line"), number("character"));
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let rest = text[start..].split(['\n', '\r']).next().unwrap_or_default();
        let mut width = 0;
        for (at, c) in rest.char_indices() {
            if width >= character {
                return start + at;
            }
            width += if self == Self::Utf8 { c.len_utf8() } else { c.len_utf16() };
        }
        start + rest.len()
    }

    fn width(self, text: &str) -> usize {
        if self == Self::Utf8 { text.len() } else { text.encode_utf16().count() }
    }
}

/// The URI of a file.
pub(super) fn uri(path: &Path) -> String {
    places::uri(&path.to_string_lossy())
}

/// The file of a URI.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let encoded = uri.strip_prefix("file://")?;
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    Some(PathBuf::from(String::from_utf8(bytes).ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Unit, path, uri};

    #[test]
    fn a_place_and_its_byte_are_one_in_both_units() {
        let text = "a: 1\nñ𝄞x: 2\r\nc";
        for unit in [Unit::Utf8, Unit::Utf16] {
            for (offset, _) in text.char_indices().filter(|(_, c)| *c != '\n') {
                assert_eq!(unit.offset(text, &unit.position(text, offset)), offset, "{unit:?}");
            }
        }
        assert_eq!(Unit::Utf16.position(text, text.find('x').unwrap_or(0))["character"], 3);
        assert_eq!(Unit::Utf8.position(text, text.find('x').unwrap_or(0))["character"], 6);
    }

    #[test]
    fn a_path_becomes_a_uri_and_back() {
        let there = std::path::Path::new("/srv/año a/x.yml");
        assert_eq!(uri(there), "file:///srv/a%C3%B1o%20a/x.yml");
        assert_eq!(path(&uri(there)).as_deref(), Some(there));
    }
}
