//! Where the parser stands: bytes, blanks, comments, and here-documents that wait for the end of their line.

use super::MAX_DEPTH;
use super::few::Few;
use super::tree::{Argument, List, Name, Script, SyntaxError, Word};
use crate::quick::QuickMap;
use crate::source::{FileId, Span};

/// The parse ended; why stands in the cursor's errors.
pub(super) struct Stopped;

pub(super) type Parsed<T> = Result<T, Stopped>;

/// A here-document whose body has not been reached.
struct Waiting {
    index: usize,
    end: String,
    strip_tabs: bool,
    quoted: bool,
    opened: Span,
}

pub(super) struct Cursor<'a> {
    pub(super) file: FileId,
    /// Up to where reading ends: the whole text, or the end of the here-document that is being read.
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    /// Above zero inside backquotes, where one more backquote closes.
    pub(super) backquotes: usize,
    comments: Vec<Span>,
    documents: Vec<Word<'a>>,
    pub(super) functions: Vec<Name<'a>>,
    names: Vec<&'a str>,
    numbers: QuickMap<&'a str, u32>,
    errors: Vec<SyntaxError>,
    waiting: Vec<Waiting>,
    /// Room for the words of a command and for lists, until it is known how many they are.
    pub(super) spare_words: Vec<Vec<Argument<'a>>>,
    pub(super) spare_lists: Vec<List<'a>>,
}

/// Most of what a script has many of has one of something else: a command one redirect. `Vec` alone would make room for
/// four.
pub(super) fn push<T>(to: &mut Vec<T>, item: T) {
    if to.is_empty() {
        to.reserve_exact(1);
    }
    to.push(item);
}

/// What was gathered, in no more memory than it needs; the room stays for the next.
pub(super) fn exact<T>(room: &mut Vec<T>) -> Vec<T> {
    let mut all = Vec::with_capacity(room.len());
    all.append(room);
    all
}

impl<'a> Cursor<'a> {
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        let (comments, documents, errors, waiting) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let functions = Vec::new();
        Self {
            file,
            text,
            at: 0,
            depth: 0,
            backquotes: 0,
            comments,
            documents,
            functions,
            names: Vec::new(),
            numbers: QuickMap::default(),
            errors,
            waiting,
            spare_words: Vec::new(),
            spare_lists: Vec::new(),
        }
    }

    pub(super) fn script(mut self) -> Script<'a> {
        let mut list = Vec::new();
        if self.top(&mut list).is_ok()
            && let Some(waiting) = self.waiting.pop()
        {
            self.errors.push(SyntaxError {
                span: self.span(self.text.len(), self.text.len()),
                message: format!("the here-document has no end: a line `{}` is missing", waiting.end),
                opened: Some(waiting.opened),
            });
        }
        Script {
            list,
            comments: self.comments,
            functions: self.functions,
            names: self.names,
            documents: self.documents,
            errors: self.errors,
        }
    }

    pub(super) fn numbered(&mut self, text: &'a str) -> Name<'a> {
        let number = *self.numbers.entry(text).or_insert_with(|| {
            self.names.push(text);
            u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
        });
        Name { text, number }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    pub(super) fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// In line: the compiler knows most of what is asked for.
    #[inline]
    pub(super) fn starts(&self, with: &str) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(with.as_bytes()))
    }

    #[inline]
    pub(super) fn eat(&mut self, what: &str) -> bool {
        let found = self.starts(what);
        if found {
            self.at += what.len();
        }
        found
    }

    /// The character here, whole: spans never cut one.
    pub(super) fn character_length(&self) -> usize {
        self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    }

    pub(super) fn fail<T>(&mut self, message: impl Into<String>, opened: Option<Span>) -> Parsed<T> {
        let length = if self.at < self.text.len() { self.character_length() } else { 0 };
        let span = self.span(self.at.min(self.text.len()), (self.at + length).min(self.text.len()));
        self.errors.push(SyntaxError { span, message: message.into(), opened });
        Err(Stopped)
    }

    pub(super) fn unexpected<T>(&mut self, wanted: &str, opened: Option<Span>) -> Parsed<T> {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => "the end of the file".to_owned(),
            Some('\n') => "the end of the line".to_owned(),
            Some(character) => format!("`{character}`"),
        };
        self.fail(format!("{wanted} expected, found {found}"), opened)
    }

    pub(super) fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return self.fail(format!("nested more than {MAX_DEPTH} deep"), None);
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Spaces, tabs, continued lines, and a comment; never the end of a line.
    #[inline]
    pub(super) fn blanks(&mut self) {
        // Mostly there are none.
        if matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\\' | b'#')) {
            self.skip_blanks();
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            // Most stand at the beginning of a line, four by four.
            while self.eat("    ") {}
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
            match self.peek() {
                Some(b'\\') if self.byte(1) == Some(b'\n') => self.at += 2,
                Some(b'#') => {
                    let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                    let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    let line = self.slice(self.at, self.at + length);
                    let comment = self.span(self.at, self.at + line.trim_end_matches('\r').len());
                    // The blanks behind a command are read twice: once to see that it ended.
                    if self.comments.last().is_none_or(|last| last.start < comment.start) {
                        self.comments.push(comment);
                    }
                    self.at += length;
                }
                _ => return,
            }
        }
    }

    /// Blanks and ends of lines, with the here-documents that begin after them.
    pub(super) fn lines(&mut self) -> Parsed<()> {
        loop {
            self.blanks();
            if self.peek() != Some(b'\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    pub(super) fn newline(&mut self) -> Parsed<()> {
        self.at += 1;
        if self.waiting.is_empty() {
            return Ok(());
        }
        for waiting in std::mem::take(&mut self.waiting) {
            self.document(waiting)?;
        }
        Ok(())
    }

    pub(super) fn wait_for_document(&mut self, end: String, strip_tabs: bool, quoted: bool, opened: Span) -> usize {
        let index = self.documents.len();
        self.documents.push(Word { span: opened, parts: Few::None });
        self.waiting.push(Waiting { index, end, strip_tabs, quoted, opened });
        index
    }

    fn document(&mut self, waiting: Waiting) -> Parsed<()> {
        let start = self.at;
        loop {
            let rest = self.slice(self.at, self.text.len());
            if rest.is_empty() {
                // bash ends it at the end of the file with a warning; the script is not what its author meant.
                let message = format!("the here-document has no end: a line `{}` is missing", waiting.end);
                return self.fail(message, Some(waiting.opened));
            }
            let line = rest.split('\n').next().unwrap_or("");
            let bare = if waiting.strip_tabs { line.trim_start_matches('\t') } else { line };
            let (from, length) = (self.at, line.len());
            if bare.trim_end_matches('\r') == waiting.end {
                let parts = self.document_parts(start, from, waiting.quoted)?;
                if let Some(document) = self.documents.get_mut(waiting.index) {
                    *document = Word { span: Span::new(self.file, start, from), parts };
                }
                self.at = from + length;
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                return Ok(());
            }
            self.at = (from + length + 1).min(self.text.len());
        }
    }
}
