//! Words: quotes, expansions, patterns.

use super::cursor::{Cursor, Parsed};
use super::few::Few;
use super::tree::{Parameter, Part, Word};

/// Letters and the like, by byte.
const PLAIN: Bytes = letters_and(b"_-.");
/// What names of variables are made of.
pub(super) const NAMED: Bytes = letters_and(b"_");

/// Which bytes are meant.
type Bytes = [bool; 256];

const fn letters_and(others: &[u8]) -> Bytes {
    let mut bytes = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        bytes[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        bytes[others[at] as usize] = true;
        at += 1;
    }
    bytes
}

/// How many of these a text begins with.
pub(super) fn length_of(bytes: &Bytes, text: &[u8]) -> usize {
    text.iter().position(|byte| !bytes[usize::from(*byte)]).unwrap_or(text.len())
}

/// Where a word stands decides what ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// An argument: ends at any metacharacter.
    Plain,
    /// Right of `==` and in `case`: `@(…)` belongs to it.
    Pattern,
    /// Right of `=~`: parentheses and bars belong to it.
    Regex,
    /// In `${…}`: ends at `}`.
    Braces,
    /// In `${…/pattern/…}`: ends at `/` too.
    Replaced,
    /// In `[…]` of a variable or an array: ends at `]`.
    Index,
}

impl<'a> Cursor<'a> {
    /// A word, which may be empty.
    pub(super) fn word(&mut self, place: Place) -> Parsed<Word<'a>> {
        let start = self.at;
        let mut parts = Few::None;
        self.deeper(|cursor| cursor.word_parts(place, &mut parts))?;
        Ok(Word { span: self.span(start, self.at), parts })
    }

    fn word_parts(&mut self, place: Place, parts: &mut Few<Part<'a>>) -> Parsed<()> {
        let mut from = self.at;
        let mut open = 0usize;
        let begin = self.at;
        let inner = matches!(place, Place::Braces | Place::Replaced | Place::Index);
        loop {
            self.at += self.plain_length();
            let Some(byte) = self.peek() else { break };
            match byte {
                b'}' if matches!(place, Place::Braces | Place::Replaced) => break,
                b'/' if place == Place::Replaced && self.at > begin => break,
                b'[' if place == Place::Index => open += 1,
                b']' if place == Place::Index && open == 0 => break,
                b']' if place == Place::Index => open -= 1,
                b'(' if place == Place::Regex => open += 1,
                b')' if place == Place::Regex && open > 0 => open -= 1,
                b'|' if place == Place::Regex && self.byte(1) == Some(b'|') && open == 0 => break,
                b'|' if place == Place::Regex => {}
                b' ' | b'\t' | b'\n' | b'&' | b'<' | b'>' if place == Place::Regex && open > 0 => {}
                b'`' if self.backquotes > 0 => break,
                b'<' | b'>' if self.byte(1) == Some(b'(') && !inner && place != Place::Regex => {
                    self.flush(from, parts);
                    parts.push(self.process()?);
                    from = self.at;
                    continue;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' if !inner => {
                    let glob_before = self.at > from && b"?*+@!".contains(&self.text.as_bytes()[self.at - 1]);
                    let after_glob = self.at == from
                        && matches!(parts.last(), Some(Part::Glob(glob)) if glob.len() == 1 && !glob.starts_with('['));
                    if byte == b'(' && place == Place::Pattern && (glob_before || after_glob) {
                        let first = if after_glob {
                            parts.pop();
                            self.at - 1
                        } else {
                            self.flush_to(from, self.at - 1, parts);
                            self.at - 1
                        };
                        self.skip_balanced()?;
                        parts.push(Part::Glob(self.slice(first, self.at)));
                        from = self.at;
                        continue;
                    }
                    break;
                }
                b'\\' => {
                    self.flush(from, parts);
                    self.at += 1;
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    } else if self.at < self.text.len() {
                        let length = self.character_length();
                        parts.push(Part::Quoted(self.slice(self.at, self.at + length)));
                        self.at += length;
                    }
                    from = self.at;
                    continue;
                }
                b'\'' => {
                    self.flush(from, parts);
                    parts.push(self.single()?);
                    from = self.at;
                    continue;
                }
                b'"' => {
                    self.flush(from, parts);
                    parts.push(self.double()?);
                    from = self.at;
                    continue;
                }
                b'$' => {
                    self.flush(from, parts);
                    if self.byte(1) == Some(b'"') {
                        self.at += 1;
                        parts.push(self.double()?);
                    } else {
                        self.dollar(parts, false)?;
                    }
                    from = self.at;
                    continue;
                }
                b'`' => {
                    self.flush(from, parts);
                    parts.push(self.backquoted()?);
                    from = self.at;
                    continue;
                }
                b'*' | b'?' if place != Place::Index => {
                    self.flush(from, parts);
                    parts.push(Part::Glob(self.slice(self.at, self.at + 1)));
                    self.at += 1;
                    from = self.at;
                    continue;
                }
                b'[' if place != Place::Index => {
                    if let Some(length) = self.bracket() {
                        self.flush(from, parts);
                        parts.push(Part::Glob(self.slice(self.at, self.at + length)));
                        self.at += length;
                        from = self.at;
                        continue;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        self.flush(from, parts);
        Ok(())
    }

    /// How many bytes here are letters and the like: most of a word, and nowhere special.
    fn plain_length(&self) -> usize {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        length_of(&PLAIN, rest)
    }

    fn flush(&self, from: usize, parts: &mut Few<Part<'a>>) {
        self.flush_to(from, self.at, parts);
    }

    fn flush_to(&self, from: usize, to: usize, parts: &mut Few<Part<'a>>) {
        if to > from {
            parts.push(Part::Literal(self.slice(from, to)));
        }
    }

    /// The length of `[…]` where it is a set of characters. The look ahead is short, so that many `[` stay linear.
    fn bracket(&self) -> Option<usize> {
        for length in 2..64 {
            match self.byte(length)? {
                b']' => return Some(length + 1),
                b' ' | b'\n' | b'"' | b'\'' | b'$' | b'`' | b';' | b'(' | b')' | b'/' => return None,
                _ => {}
            }
        }
        None
    }

    fn skip_balanced(&mut self) -> Parsed<()> {
        let opened = self.span(self.at, self.at + 1);
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => self.at += 1,
                b'\'' => {
                    self.single()?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Ok(());
            }
        }
        self.at = self.text.len();
        self.unexpected("`)`", Some(opened))
    }

    fn single(&mut self) -> Parsed<Part<'a>> {
        let opened = self.span(self.at, self.at + 1);
        let start = self.at + 1;
        match self.slice(start, self.text.len()).find('\'') {
            Some(length) => {
                self.at = start + length + 1;
                Ok(Part::Quoted(self.slice(start, start + length)))
            }
            None => {
                self.at = self.text.len();
                self.unexpected("`'`", Some(opened))
            }
        }
    }

    pub(super) fn double(&mut self) -> Parsed<Part<'a>> {
        let opened = self.span(self.at, self.at + 1);
        self.at += 1;
        let mut parts = Few::None;
        self.deeper(|cursor| cursor.quoted_parts(&mut parts, true))?;
        if !self.eat("\"") {
            return self.unexpected("`\"`", Some(opened));
        }
        Ok(Part::Double(parts.into_boxed()))
    }

    /// Text in which only `$`, backquotes and `\` are special, up to `"` or to the end.
    fn quoted_parts(&mut self, parts: &mut Few<Part<'a>>, quoted: bool) -> Parsed<()> {
        let mut from = self.at;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|byte| b"\"\\$`".contains(byte)).unwrap_or(rest.len());
            let Some(byte) = self.peek() else { break };
            match byte {
                b'"' if quoted => break,
                b'\\' => {
                    let escaped = self.byte(1);
                    let special =
                        matches!(escaped, Some(b'$' | b'`' | b'\\' | b'\n')) || (quoted && escaped == Some(b'"'));
                    if special {
                        self.quote(from, parts);
                        self.at += 1;
                        from = if escaped == Some(b'\n') { self.at + 1 } else { self.at };
                    }
                    self.at += 1;
                }
                b'$' => {
                    self.quote(from, parts);
                    self.dollar(parts, true)?;
                    from = self.at;
                }
                b'`' if self.backquotes == 0 => {
                    self.quote(from, parts);
                    parts.push(self.backquoted()?);
                    from = self.at;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        self.quote(from, parts);
        Ok(())
    }

    fn quote(&self, from: usize, parts: &mut Few<Part<'a>>) {
        if self.at > from {
            parts.push(Part::Quoted(self.slice(from, self.at)));
        }
    }

    pub(super) fn document_parts(&mut self, start: usize, end: usize, quoted: bool) -> Parsed<Few<Part<'a>>> {
        if quoted {
            return Ok(Few::One(Part::Quoted(self.slice(start, end))));
        }
        let (at, whole) = (self.at, self.text);
        self.at = start;
        self.text = self.slice(0, end);
        let mut parts = Few::None;
        let result = self.deeper(|cursor| cursor.quoted_parts(&mut parts, false));
        self.at = at;
        self.text = whole;
        result.map(|()| parts)
    }

    /// At `$`.
    fn dollar(&mut self, parts: &mut Few<Part<'a>>, quoted: bool) -> Parsed<()> {
        let start = self.at;
        match self.byte(1) {
            Some(b'(') => {
                if self.byte(2) == Some(b'(') && self.arithmetic_ends(start + 3).is_some() {
                    self.at += 3;
                    parts.push(Part::Arithmetic(self.arithmetic()?.into_boxed()));
                    return Ok(());
                }
                self.at += 2;
                let list = self.parenthesized(start)?;
                parts.push(Part::Substitution(Box::new(list)));
            }
            Some(b'{') => parts.push(self.braced()?),
            Some(b'\'') if !quoted => parts.push(self.dollar_single()?),
            Some(byte) if byte == b'_' || byte.is_ascii_alphabetic() => {
                self.at += 1;
                let name = self.name();
                parts.push(self.plain_parameter(name, start));
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?-$!".contains(&byte) => {
                self.at += 2;
                let name = self.slice(start + 1, self.at);
                parts.push(self.plain_parameter(name, start));
            }
            _ => {
                self.at += 1;
                parts.push(Part::Literal("$"));
            }
        }
        Ok(())
    }

    fn plain_parameter(&mut self, name: &'a str, start: usize) -> Part<'a> {
        Part::Parameter(Box::new(Parameter {
            name: self.numbered(name),
            length: false,
            indirect: false,
            index: None,
            operator: "",
            operand: None,
            span: self.span(start, self.at),
        }))
    }

    pub(super) fn name(&mut self) -> &'a str {
        let start = self.at;
        self.at += length_of(&NAMED, self.text.as_bytes().get(self.at..).unwrap_or_default());
        self.slice(start, self.at)
    }

    /// `${…}`
    fn braced(&mut self) -> Parsed<Part<'a>> {
        let start = self.at;
        let opened = self.span(start, start + 2);
        self.at += 2;
        let next_ends = |cursor: &Self| matches!(cursor.byte(1), Some(b'}'));
        let length = self.peek() == Some(b'#') && !next_ends(self);
        if length {
            self.at += 1;
        }
        let indirect = !length && self.peek() == Some(b'!') && !next_ends(self);
        if indirect {
            self.at += 1;
        }
        let mut name = self.name();
        if name.is_empty() {
            if !self.peek().is_some_and(|byte| b"@*#?-$!".contains(&byte)) {
                return self.unexpected("a name", Some(opened));
            }
            self.at += 1;
            name = self.slice(self.at - 1, self.at);
        }
        let mut index = None;
        if self.eat("[") {
            index = Some(Box::new(self.word(Place::Index)?));
            if !self.eat("]") {
                return self.unexpected("`]`", Some(opened));
            }
        }
        const OPERATORS: [&str; 22] = [
            ":-", ":=", ":+", ":?", "##", "#", "%%", "%", "//", "/#", "/%", "/", "^^", "^", ",,", ",", "@", "-", "=",
            "+", "?", ":",
        ];
        let operator = match self.peek() {
            Some(b'}') => "",
            _ => OPERATORS.iter().copied().find(|operator| self.eat(operator)).unwrap_or(""),
        };
        let mut operand = None;
        if !operator.is_empty() {
            let place = if operator.starts_with('/') { Place::Replaced } else { Place::Braces };
            let mut word = self.word(place)?;
            if place == Place::Replaced && self.eat("/") {
                // The replacement is kept with the pattern: nobody computes it yet.
                let replacement = self.word(Place::Braces)?;
                word.parts.push(Part::Literal("/"));
                word.parts.append(replacement.parts);
                word.span = self.span(word.span.start as usize, self.at);
            }
            operand = Some(Box::new(word));
        }
        if !self.eat("}") {
            return self.unexpected("`}`", Some(opened));
        }
        let (name, span) = (self.numbered(name), self.span(start, self.at));
        Ok(Part::Parameter(Box::new(Parameter { name, length, indirect, index, operator, operand, span })))
    }

    /// `$'…'` with its escapes resolved.
    fn dollar_single(&mut self) -> Parsed<Part<'a>> {
        let opened = self.span(self.at, self.at + 2);
        self.at += 2;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return self.unexpected("`'`", Some(opened)),
                Some(b'\'') => break,
                Some(b'\\') => {
                    self.at += 1;
                    let length = self.character_length();
                    match self.slice(self.at, (self.at + length).min(self.text.len())) {
                        "n" => text.push('\n'),
                        "t" => text.push('\t'),
                        "r" => text.push('\r'),
                        "a" => text.push('\u{7}'),
                        "e" => text.push('\u{1b}'),
                        escaped @ ("'" | "\"" | "\\") => text.push_str(escaped),
                        other => {
                            text.push('\\');
                            text.push_str(other);
                        }
                    }
                    self.at = (self.at + length).min(self.text.len());
                }
                Some(_) => {
                    let length = self.character_length();
                    text.push_str(self.slice(self.at, self.at + length));
                    self.at += length;
                }
            }
        }
        self.at += 1;
        Ok(Part::Resolved(text.into_boxed_str()))
    }

    fn backquoted(&mut self) -> Parsed<Part<'a>> {
        let start = self.at;
        self.at += 1;
        self.backquotes += 1;
        let list = self.deeper(|cursor| cursor.list());
        self.backquotes -= 1;
        let list = list?;
        if !self.eat("`") {
            let opened = self.span(start, start + 1);
            return self.unexpected("a backquote", Some(opened));
        }
        Ok(Part::Substitution(Box::new(list)))
    }

    fn process(&mut self) -> Parsed<Part<'a>> {
        let start = self.at;
        self.at += 2;
        let list = self.parenthesized(start)?;
        Ok(Part::Process(Box::new(list)))
    }

    /// A list up to `)`, which is eaten.
    pub(super) fn parenthesized(&mut self, start: usize) -> Parsed<super::List<'a>> {
        let opened = self.span(start, start + 1);
        // Inside, a backquote opens again.
        let backquotes = std::mem::take(&mut self.backquotes);
        let list = self.deeper(|cursor| cursor.list());
        self.backquotes = backquotes;
        let list = list?;
        if !self.eat(")") {
            return self.unexpected("`)`", Some(opened));
        }
        Ok(list)
    }

    /// Where the `))` that closes an arithmetic expression begins; `None` where these parentheses are a subshell's.
    pub(super) fn arithmetic_ends(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut open = 0usize;
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'(' => open += 1,
                b')' if open == 0 => return (bytes.get(at + 1) == Some(&b')')).then_some(at),
                b')' => open -= 1,
                b'\\' => at += 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// The expansions of an arithmetic expression, up to `))`, which is eaten.
    pub(super) fn arithmetic(&mut self) -> Parsed<Few<Part<'a>>> {
        let Some(close) = self.arithmetic_ends(self.at) else { return self.unexpected("`))`", None) };
        let whole = self.text;
        self.text = self.slice(0, close);
        let mut parts = Few::None;
        let result = self.deeper(|cursor| cursor.quoted_parts(&mut parts, false));
        self.text = whole;
        result?;
        self.at = close + 2;
        Ok(parts)
    }
}
