//! Words and what ends them: `ngx_conf_read_token`, state by state, with nginx's own names for the states.

use super::tree::{SyntaxError, Word};
use crate::source::{FileId, Span};

/// `NGX_CONF_BUFFER`: nginx holds the token it is reading, or the comment, in one buffer of this many bytes.
const BUFFER: usize = 4096;

/// What ended a run of words, and the offset of that character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Semicolon(usize),
    BlockStart(usize),
    BlockDone(usize),
    FileDone,
}

pub(super) struct Lexer<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) comments: Vec<Span>,
    pub(super) errors: Vec<SyntaxError>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        Self { file, text, at: 0, comments: Vec::new(), errors: Vec::new() }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, opened: Option<Span>) {
        self.errors.push(SyntaxError { span, message: message.into(), opened });
    }

    fn unexpected(&mut self, at: usize) {
        let Some(character) = self.text.get(at..).and_then(|rest| rest.chars().next()) else { return };
        let span = self.span(at, at + character.len_utf8());
        self.error(span, format!("unexpected \"{character}\""), None);
    }

    /// Reads one run of words into `words`, which the caller gives empty.
    ///
    /// A `}` that breaks off a statement stays unread, so that it can still close its block.
    pub(super) fn read(&mut self, words: &mut Vec<Word>) -> Stop {
        let bytes = self.text.as_bytes();
        let (mut need_space, mut last_space, mut sharp_comment) = (false, true, false);
        let (mut variable, mut quoted, mut s_quoted, mut d_quoted) = (false, false, false, false);
        let mut start = self.at;
        let mut too_long = false;

        loop {
            let at = self.at;
            let Some(&ch) = bytes.get(at) else {
                if sharp_comment {
                    self.comment(start, at);
                }
                if words.is_empty() && last_space {
                    return Stop::FileDone;
                }
                let opened = (s_quoted || d_quoted).then(|| self.span(start - 1, start));
                let end = self.span(at, at);
                self.error(end, "unexpected end of file, expecting \";\" or \"}\"", opened);
                words.clear();
                return Stop::FileDone;
            };
            if at - start >= BUFFER && !too_long {
                too_long = true;
                self.too_long(start, d_quoted, s_quoted);
            }
            self.at += 1;

            if sharp_comment {
                if ch == b'\n' {
                    sharp_comment = false;
                    self.comment(start, at);
                } else {
                    continue;
                }
            }
            if quoted {
                quoted = false;
                continue;
            }
            if need_space {
                need_space = false;
                last_space = true;
                match ch {
                    b' ' | b'\t' | b'\r' | b'\n' => continue,
                    b';' => return Stop::Semicolon(at),
                    b'{' => return Stop::BlockStart(at),
                    // nginx ends a word here so that `if ("$a" = "b")` can be written.
                    b')' => {}
                    // Going on as if a space stood before it.
                    _ => self.unexpected(at),
                }
            }
            if last_space {
                start = at;
                too_long = false;
                match ch {
                    b' ' | b'\t' | b'\r' | b'\n' => {}
                    b';' if words.is_empty() => self.unexpected(at),
                    b';' => return Stop::Semicolon(at),
                    b'{' => {
                        if words.is_empty() {
                            self.unexpected(at);
                        }
                        return Stop::BlockStart(at);
                    }
                    b'}' => {
                        if !words.is_empty() {
                            self.unexpected(at);
                            self.at = at;
                        }
                        return Stop::BlockDone(at);
                    }
                    b'#' => sharp_comment = true,
                    _ => {
                        last_space = false;
                        match ch {
                            b'\\' => quoted = true,
                            b'"' => d_quoted = true,
                            b'\'' => s_quoted = true,
                            b'$' => variable = true,
                            _ => {}
                        }
                        if d_quoted || s_quoted {
                            start += 1;
                        }
                    }
                }
                continue;
            }

            if ch == b'{' && variable {
                continue;
            }
            variable = false;
            match ch {
                b'\\' => quoted = true,
                b'$' => variable = true,
                b'"' if d_quoted => {
                    d_quoted = false;
                    need_space = true;
                    words.push(self.word(start, at, true));
                }
                b'\'' if s_quoted => {
                    s_quoted = false;
                    need_space = true;
                    words.push(self.word(start, at, true));
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' if !d_quoted && !s_quoted => {
                    last_space = true;
                    words.push(self.word(start, at, false));
                    match ch {
                        b';' => return Stop::Semicolon(at),
                        b'{' => return Stop::BlockStart(at),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    fn comment(&mut self, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or("");
        let end = start + text.trim_end_matches('\r').len();
        self.comments.push(self.span(start, end));
    }

    fn too_long(&mut self, start: usize, d_quoted: bool, s_quoted: bool) {
        let message = if d_quoted || s_quoted {
            let quote = if d_quoted { '"' } else { '\'' };
            format!("too long parameter, probably missing terminating \"{quote}\" character")
        } else {
            let first = self.text.as_bytes().get(start..start + 10).unwrap_or_default();
            format!("too long parameter \"{}...\" started", String::from_utf8_lossy(first))
        };
        let first = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let opened = (d_quoted || s_quoted).then(|| self.span(start - 1, start));
        self.error(self.span(start, start + first), message, opened);
    }

    fn word(&self, start: usize, end: usize, quoted: bool) -> Word {
        let text = unescape(self.text.get(start..end).unwrap_or(""));
        let span = if quoted { self.span(start - 1, end + 1) } else { self.span(start, end) };
        Word { span, text, quoted }
    }
}

pub(super) fn unescape(written: &str) -> String {
    if !written.contains('\\') {
        return written.to_owned();
    }
    let mut text = String::with_capacity(written.len());
    let mut rest = written.chars();
    while let Some(character) = rest.next() {
        let plain = if character == '\\' {
            match rest.as_str().chars().next() {
                Some(escaped @ ('"' | '\'' | '\\')) => Some(escaped),
                Some('t') => Some('\t'),
                Some('r') => Some('\r'),
                Some('n') => Some('\n'),
                _ => None,
            }
        } else {
            None
        };
        if plain.is_some() {
            rest.next();
        }
        text.push(plain.unwrap_or(character));
    }
    text
}
