//! Where in a format's own grammar a template's expressions stand. Inside a quote, a comment or a block of literal
//! text nothing can be quoted once more, so only words may stand there.

use std::ops::Range;

use super::format::Format;

/// An expression that stands where free text must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enclosed {
    /// The expression without its delimiters, as a byte range of the template.
    pub(crate) range: Range<usize>,
    /// "inside a double quote", for messages.
    pub(crate) place: &'static str,
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(Range<usize>),
    Expression(Range<usize>),
}

/// Every enclosed expression of a template.
pub(crate) fn enclosed(format: Format, text: &str) -> Vec<Enclosed> {
    let mut scanner = Scanner::new(format);
    let mut found = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Literal(range) => scanner.literal(&text[range]),
            Piece::Expression(range) => {
                if let Some(place) = scanner.place() {
                    found.push(Enclosed { range, place });
                }
                scanner.expression();
            }
        }
    }
    found
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("<%").map(|found| at + found) {
        pieces.push(Piece::Literal(at..open));
        let Some(close) = text[open..].find("%>").map(|found| open + found) else {
            return pieces;
        };
        if text[open..].starts_with("<%=") {
            // `-` trims white space around: no part of the expression.
            let inner = open + 3..close;
            pieces.push(Piece::Expression(inner));
        }
        at = close + 2;
    }
    pieces.push(Piece::Literal(at..text.len()));
    pieces
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Code,
    Single,
    Double,
    Comment,
    /// A here-document of bash, until this word stands alone.
    Here(String),
    /// A block scalar of YAML: lines indented more than this.
    Block(usize),
}

struct Scanner {
    format: Format,
    state: State,
    /// The current line of the output, as far as it is known.
    line: String,
    /// A here-document or block scalar that begins with the next line.
    pending: Option<State>,
    /// The character before was a backslash that escapes this one.
    escaped: bool,
}

impl Scanner {
    fn new(format: Format) -> Self {
        Self { format, state: State::Code, line: String::new(), pending: None, escaped: false }
    }

    /// Where we are, when that is no place for free text.
    fn place(&self) -> Option<&'static str> {
        match (&self.state, self.format) {
            // Indentation of a block scalar's line is not yet its content; an expression there is.
            (State::Block(indent), _) if self.line_indent().is_none_or(|at| at > *indent) => {
                Some("inside a block scalar")
            }
            (State::Code | State::Block(_), _) => None,
            (State::Single, _) => Some("inside a single quote"),
            (State::Double, _) => Some("inside a double quote"),
            (State::Comment, _) => Some("inside a comment"),
            (State::Here(_), _) => Some("inside a here-document"),
        }
    }

    /// Columns before the first character that is no space; `None` on a line of spaces only.
    fn line_indent(&self) -> Option<usize> {
        let indent = self.line.len() - self.line.trim_start_matches(' ').len();
        (indent < self.line.len()).then_some(indent)
    }

    /// An expression is a character of a word for what follows.
    fn expression(&mut self) {
        self.leave_block();
        self.line.push('x');
        self.escaped = false;
    }

    fn leave_block(&mut self) {
        if let State::Block(indent) = self.state {
            let at = self.line.len() - self.line.trim_start_matches(' ').len();
            if at <= indent {
                self.state = State::Code;
            }
        }
    }

    fn literal(&mut self, text: &str) {
        for c in text.chars() {
            if c == '\n' {
                self.end_line();
                continue;
            }
            if c != ' ' {
                self.leave_block();
            }
            self.step(c);
            self.line.push(c);
        }
    }

    fn end_line(&mut self) {
        match &self.state {
            State::Comment => self.state = State::Code,
            State::Here(word) if self.line.trim_start_matches('\t') == word => self.state = State::Code,
            State::Code if matches!(self.format, Format::Yaml | Format::Compose) => {
                let line = self.line.trim_end();
                let marker = line.rsplit([' ', '\t']).next().unwrap_or_default();
                if marker.starts_with(['|', '>']) && marker.chars().skip(1).all(|c| "+-0123456789".contains(c)) {
                    let indent = line.len() - line.trim_start_matches(' ').len();
                    self.state = State::Block(indent);
                }
            }
            _ => {}
        }
        if self.state == State::Code
            && let Some(next) = self.pending.take()
        {
            self.state = next;
        }
        self.escaped = false;
        self.line.clear();
    }

    fn step(&mut self, c: char) {
        if self.escaped {
            self.escaped = false;
            return;
        }
        let backslash_escapes = match self.format {
            Format::Bash => self.state != State::Single && self.state != State::Comment,
            Format::Nginx => self.state != State::Comment,
            Format::Yaml | Format::Compose | Format::Json => self.state == State::Double,
            _ => false,
        };
        if c == '\\' && backslash_escapes {
            self.escaped = true;
            return;
        }
        match self.state {
            State::Code => self.code(c),
            State::Single if c == '\'' => self.end_quote(c),
            State::Double if c == '"' => self.end_quote(c),
            _ => {}
        }
    }

    fn end_quote(&mut self, c: char) {
        self.state = State::Code;
        // `<<'WORD'`
        if self.format == Format::Bash {
            self.here_document(c);
        }
    }

    fn code(&mut self, c: char) {
        let before = self.line.chars().next_back();
        let begins_word = before.is_none_or(|before| before.is_whitespace() || "=:,[{(;".contains(before));
        let quotes = match self.format {
            Format::Bash => true,
            // Elsewhere a quote inside a word is a character of it.
            Format::Nginx | Format::Yaml | Format::Compose | Format::Json => begins_word,
            _ => false,
        };
        let comments = matches!(self.format, Format::Bash | Format::Nginx | Format::Yaml | Format::Compose);
        match c {
            '\'' if quotes && self.format != Format::Json => self.state = State::Single,
            '"' if quotes => self.state = State::Double,
            '#' if comments && before.is_none_or(|before| before.is_whitespace() || before == ';') => {
                self.state = State::Comment
            }
            _ if self.format == Format::Bash => self.here_document(c),
            _ => {}
        }
    }

    /// `<<WORD`, `<<-WORD`, `<<'WORD'`: the word is complete when the line ends, so it is read again with each character.
    fn here_document(&mut self, c: char) {
        let mut line = self.line.clone();
        line.push(c);
        if let Some(at) = line.rfind("<<") {
            let word = line[at + 2..].trim_start_matches('-').trim().trim_matches(['\'', '"']);
            if !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_') {
                self.pending = Some(State::Here(word.to_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(format: Format, text: &str) -> Vec<(&str, &'static str)> {
        enclosed(format, text).into_iter().map(|found| (text[found.range].trim(), found.place)).collect()
    }

    #[test]
    fn quotes_and_comments_of_bash() {
        let text = "A=<%= a %>\nB='<%= b %>' # <%= c %>\nC=\"\\\"<%= d %>\"\ncat <<EOF\n<%= e %>\nEOF\nD=<%= f %>\ncat <<-'END' >x\n<%= g %>\n\tEND\nE=<%= h %>\n";
        let want = [
            ("b", "inside a single quote"),
            ("c", "inside a comment"),
            ("d", "inside a double quote"),
            ("e", "inside a here-document"),
            ("g", "inside a here-document"),
        ];
        assert_eq!(places(Format::Bash, text), want);
    }

    #[test]
    fn blocks_of_yaml_end_with_their_indentation() {
        let text = "a: |\n  x <%= a %>\nb: <%= b %>\nc: \"<%= c %>\"\nit's: <%= d %>\n";
        assert_eq!(places(Format::Yaml, text), [("a", "inside a block scalar"), ("c", "inside a double quote")]);
    }

    #[test]
    fn blocks_of_the_template_are_no_text() {
        let text = "<% if x == \"'\" %>\nlisten <%= a %>; # <%= b %>\n<% endif %>\n";
        assert_eq!(places(Format::Nginx, text), [("b", "inside a comment")]);
    }
}
