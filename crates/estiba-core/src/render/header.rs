//! The line of a template that says for whom and how it is rendered. It never reaches the output.

/// Passes: the files themselves; files that name others by content; the list of those names.
pub(super) const LAST_PASS: u8 = 3;

/// What begins a header, inside any format's comment.
pub(super) const MARK: &str = "estiba-template:";

/// A template's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Only where monitoring is described.
    pub(crate) monitoring: bool,
    /// Only for this kind of proxy: `container` or `host`.
    pub(crate) proxy: Option<String>,
    /// One file for each of these.
    pub(crate) each: Option<Each>,
    /// Permission bits; when absent, 0755 for a file that begins with `#!`, else 0644.
    pub(crate) mode: Option<u32>,
    /// When it is rendered.
    pub(crate) pass: u8,
    /// For a project's own template: the start of the SHA-256 of the built-in one it was made from.
    pub(crate) from: Option<String>,
}

/// What a template is rendered once for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Each {
    /// A public host.
    Site,
    /// An upstream.
    Upstream,
}

impl Header {
    /// Reads the header among the first three lines. Gives its line's byte range (line feed included) too.
    ///
    /// # Errors
    /// The part that is not understood, as a byte range, and what was expected.
    #[expect(clippy::type_complexity, reason = "a range with a message, and a range with a header, in one place")]
    pub(crate) fn read(
        text: &str,
    ) -> Result<(Self, Option<std::ops::Range<usize>>), (std::ops::Range<usize>, &'static str)> {
        let mut header = Self { monitoring: false, proxy: None, each: None, mode: None, pass: 1, from: None };
        let mut start = 0;
        for line in text.split_inclusive('\n').take(3) {
            if let Some(at) = line.find(MARK) {
                let from = start + at + MARK.len();
                let words = &line[at + MARK.len()..];
                for word in words.split_whitespace().take_while(|word| *word != "%>" && *word != "-->") {
                    let offset = word.as_ptr() as usize - words.as_ptr() as usize;
                    let range = from + offset..from + offset + word.len();
                    header.set(word).map_err(|expected| (range, expected))?;
                }
                return Ok((header, Some(start..start + line.len())));
            }
            start += line.len();
        }
        Ok((header, None))
    }

    fn set(&mut self, word: &str) -> Result<(), &'static str> {
        match word.split_once('=') {
            Some(("when", "monitoring")) => self.monitoring = true,
            Some(("proxy", kind @ ("container" | "host"))) => self.proxy = Some(kind.to_owned()),
            Some(("each", "site")) => self.each = Some(Each::Site),
            Some(("each", "upstream")) => self.each = Some(Each::Upstream),
            Some(("mode", bits)) => {
                let bits = u32::from_str_radix(bits, 8).ok().filter(|bits| *bits <= 0o777);
                self.mode = Some(bits.ok_or("expected permission bits such as `mode=0755`")?);
            }
            Some(("from", hash)) => self.from = Some(hash.to_owned()),
            Some(("pass", number)) => {
                let number = number.parse().ok().filter(|number| (1..=LAST_PASS).contains(number));
                self.pass = number.ok_or("expected `pass=1`, `pass=2` or `pass=3`")?;
            }
            _ => {
                return Err(
                    "expected `when=monitoring`, `proxy=container`, `proxy=host`, `each=site`, `each=upstream`, `mode=…` or `pass=…`",
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_in_any_comment() {
        let (header, line) = Header::read("#!/bin/bash\n# estiba-template: when=monitoring mode=0700\nx\n").unwrap();
        assert!(header.monitoring);
        assert_eq!(header.mode, Some(0o700));
        assert_eq!(line, Some(12..57));
        let (header, _) = Header::read("<%# estiba-template: pass=2 %>\n{}").unwrap();
        assert_eq!(header.pass, 2);
    }

    #[test]
    fn an_unknown_word_is_refused_where_it_stands() {
        let text = "# estiba-template: each=planet\n";
        let (range, _) = Header::read(text).unwrap_err();
        assert_eq!(&text[range], "each=planet");
    }
}
