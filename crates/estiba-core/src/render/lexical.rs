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
    let mut pieces = pieces(text);
    // What stands behind the last expression encloses nothing.
    let last = pieces.iter().rposition(|piece| matches!(piece, Piece::Expression(_)));
    pieces.truncate(last.map_or(0, |last| last + 1));
    for piece in pieces {
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

/// The first token of a rendered text, marked by [`super::format::Format::mark`], that stands where free text must not
/// or that was written for another format: where its mark stands, and how the place is called.
pub(crate) fn misplaced(format: Format, marked: &str) -> Option<(usize, &'static str)> {
    let mut scanner = Scanner::new(format);
    let mut at = 0;
    while let Some(open) = marked[at..].find('\0').map(|found| at + found) {
        scanner.literal(&marked[at..open]);
        if let Some(place) = scanner.place() {
            return Some((open, place));
        }
        if !marked[open + 1..].starts_with(format.mark()) {
            return Some((open, "in a file of another format"));
        }
        scanner.expression();
        let inner = open + 2;
        at = marked[inner..].find('\0').map_or(marked.len(), |found| inner + found + 2);
    }
    None
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Code,
    Single,
    /// `$'…'` of bash, where a backslash escapes.
    Ansi,
    Double,
    Comment,
    /// What bash expands inside a double quote or between backticks; `Scanner::nest` says how deep.
    Expansion,
    /// A here-document of bash.
    Here(Document),
    /// A block scalar of YAML: lines indented more than this.
    Block(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Document {
    /// The word that ends it, alone on its line.
    word: String,
    /// `<<-`: tabs before the word do not count.
    tabs: bool,
}

struct Scanner {
    format: Format,
    state: State,
    /// The current line of the output, as far as it is known.
    line: String,
    /// Its leading spaces.
    indent: usize,
    /// Where `<<` stood in the code of this line.
    documents: Vec<usize>,
    /// Here-documents that begin with the next line, the last first.
    pending: Vec<Document>,
    /// What is open inside an expansion: `"`, `'`, `(`, `{` or a backtick; `A` for `$'…'`, `a` for arithmetic, `c` for
    /// `case … esac`, whose patterns end in `)`, and `#` for a comment.
    nest: Vec<char>,
    /// A command was substituted inside quotes on this line.
    substituted: bool,
    /// The character before was a backslash that escapes this one.
    escaped: bool,
}

impl Scanner {
    fn new(format: Format) -> Self {
        Self {
            format,
            state: State::Code,
            line: String::new(),
            indent: 0,
            documents: Vec::new(),
            pending: Vec::new(),
            nest: Vec::new(),
            substituted: false,
            escaped: false,
        }
    }

    /// Where we are, when that is no place for free text.
    fn place(&self) -> Option<&'static str> {
        match &self.state {
            // A backslash would escape the quote that begins the text.
            State::Code if self.escaped => Some("after a backslash"),
            // Bash reads quotes inside the substitution anew: where the outer quote ends is not certain.
            State::Code | State::Double if self.substituted => Some("inside a command substitution in quotes"),
            // Indentation of a block scalar's line is not yet its content; an expression there is.
            State::Block(indent) if self.line.len() == self.indent || self.indent > *indent => {
                Some("inside a block scalar")
            }
            State::Code | State::Block(_) => None,
            State::Single | State::Ansi => Some("inside a single quote"),
            State::Double => Some("inside a double quote"),
            State::Comment => Some("inside a comment"),
            State::Expansion if self.substituted => Some("inside a command substitution in quotes"),
            State::Expansion => Some("inside an expansion in quotes"),
            State::Here(_) => Some("inside a here-document"),
        }
    }

    /// An expression is a character of a word for what follows.
    fn expression(&mut self) {
        self.leave_block();
        self.line.push('x');
        self.escaped = false;
    }

    fn leave_block(&mut self) {
        if let State::Block(indent) = self.state
            && self.indent <= indent
        {
            self.state = State::Code;
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
            } else if self.line.len() == self.indent {
                self.indent += 1;
            }
            self.step(c);
            self.line.push(c);
        }
    }

    fn end_line(&mut self) {
        self.word_ends();
        for at in std::mem::take(&mut self.documents).into_iter().rev() {
            self.pending.extend(document(&self.line[at..]));
        }
        match &self.state {
            State::Comment => self.state = State::Code,
            State::Here(document) => {
                let line = if document.tabs { self.line.trim_start_matches('\t') } else { &self.line };
                if line == document.word {
                    self.state = if self.nest.is_empty() { State::Code } else { State::Expansion };
                }
            }
            State::Code if matches!(self.format, Format::Yaml | Format::Compose) => {
                let line = self.line.trim_end();
                let marker = line.rsplit([' ', '\t']).next().unwrap_or_default();
                if marker.starts_with(['|', '>']) && marker.chars().skip(1).all(|c| "+-0123456789".contains(c)) {
                    self.state = State::Block(self.indent.min(line.len()));
                }
            }
            _ => {}
        }
        if self.nest.last() == Some(&'#') {
            self.nest.pop();
        }
        if matches!(self.state, State::Code | State::Expansion)
            && let Some(next) = self.pending.pop()
        {
            self.state = State::Here(next);
        }
        self.substituted &= !self.nest.is_empty();
        self.escaped = false;
        self.indent = 0;
        self.line.clear();
    }

    fn step(&mut self, c: char) {
        if self.escaped {
            self.escaped = false;
            return;
        }
        let backslash_escapes = match self.format {
            Format::Bash => {
                !matches!(self.state, State::Single | State::Comment | State::Here(_))
                    && !matches!(self.nest.last(), Some('\'' | '#'))
            }
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
            State::Single | State::Ansi if c == '\'' => self.state = State::Code,
            State::Double if c == '"' => self.state = State::Code,
            State::Double if self.format == Format::Bash => self.expand(c, '"'),
            State::Expansion => self.expansion(c),
            _ => {}
        }
    }

    /// Whether `c` begins an expansion inside `outer`.
    fn expand(&mut self, c: char, outer: char) {
        let after_dollar = self.line.ends_with('$');
        if c == '`' || after_dollar && (c == '(' || c == '{') {
            self.substituted |= c != '{';
            self.nest = vec![outer, c];
            self.state = State::Expansion;
        }
    }

    /// Whether commands stand here, with words, quotes and here-documents of their own.
    fn in_command(&self) -> bool {
        matches!(self.nest.last(), Some('(' | '`' | 'c'))
    }

    fn expansion(&mut self, c: char) {
        if c.is_whitespace() || ";|&()<>`".contains(c) {
            self.word_ends();
        }
        let before = self.line.chars().next_back();
        let dollar = before == Some('$');
        let command = self.in_command();
        match (self.nest.last().copied().unwrap_or_default(), c) {
            ('\'' | 'A', '\'') => {
                self.nest.pop();
            }
            ('\'' | 'A' | '#', _) => {}
            ('(' | 'a', ')') | ('{', '}') | ('"', '"') | ('`', '`') => {
                self.nest.pop();
            }
            (_, '"' | '`') => self.nest.push(c),
            // `$((` is arithmetic: no words, and `<<` shifts.
            ('(', '(') if self.line.ends_with("$(") => self.nest.push('a'),
            ('a', '(') => self.nest.push('a'),
            ('(' | 'c', '(') => self.nest.push(c),
            (_, '(' | '{') if dollar => self.nest.push(c),
            (_, '\'') if command => self.nest.push(if dollar { 'A' } else { c }),
            (_, '#') if command && before.is_none_or(char::is_whitespace) => self.nest.push(c),
            (_, '<') if command => self.document_begins(),
            _ => {}
        }
        self.substituted |= self.nest.iter().any(|open| matches!(open, '(' | '`'));
        match self.nest.as_slice() {
            ['"'] => self.state = State::Double,
            [] => self.state = State::Code,
            _ => return,
        }
        self.nest.clear();
    }

    fn code(&mut self, c: char) {
        let before = self.line.chars().next_back();
        let begins_word = before.is_none_or(|before| before.is_whitespace() || "=:,[{(;".contains(before));
        let bash = self.format == Format::Bash;
        let quotes = match self.format {
            Format::Bash => true,
            // Elsewhere a quote inside a word is a character of it.
            Format::Nginx | Format::Yaml | Format::Compose | Format::Json => begins_word,
            _ => false,
        };
        let comments = matches!(self.format, Format::Bash | Format::Nginx | Format::Yaml | Format::Compose);
        match c {
            '\'' if bash && before == Some('$') => self.state = State::Ansi,
            '\'' if quotes && self.format != Format::Json => self.state = State::Single,
            '"' if quotes => self.state = State::Double,
            '#' if comments && before.is_none_or(|before| before.is_whitespace() || before == ';') => {
                self.state = State::Comment
            }
            '`' if bash => {
                self.substituted = true;
                self.nest = vec![c];
                self.state = State::Expansion;
            }
            '<' if bash => self.document_begins(),
            _ => {}
        }
    }

    /// `<` of a command, perhaps the second one. `<<<` is a string, not a document.
    fn document_begins(&mut self) {
        if self.line.ends_with("<<") {
            self.documents.pop();
        } else if self.line.ends_with('<') {
            self.documents.push(self.line.len() + 1);
        }
    }

    /// Looks at the word that ends here: inside a command substitution, `case` and `esac` say what a `)` means. Where
    /// `case` is no reserved word (`echo case`), its end is not found, and everything behind is refused: too much, never
    /// too little.
    fn word_ends(&mut self) {
        if self.state != State::Expansion || !self.in_command() {
            return;
        }
        let start = self.line.rfind(|c: char| c.is_whitespace() || ";|&()<>`".contains(c)).map_or(0, |at| at + 1);
        match &self.line[start..] {
            "case" => self.nest.push('c'),
            "esac" if self.nest.last() == Some(&'c') => {
                self.nest.pop();
            }
            _ => {}
        }
    }
}

/// The document that `WORD`, `-WORD` or `'WORD'` after `<<` begins.
fn document(after: &str) -> Option<Document> {
    let tabs = after.starts_with('-');
    let after = after.strip_prefix('-').unwrap_or(after).trim_start();
    let word: String = after
        .chars()
        .take_while(|c| !c.is_whitespace() && !";|&<>()".contains(*c))
        .filter(|c| !"'\"\\".contains(*c))
        .collect();
    (!word.is_empty()).then_some(Document { word, tabs })
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
    fn what_a_substitution_in_quotes_holds_does_not_end_it() {
        let substitution = "inside a command substitution in quotes";
        let begins = [
            "A=\"$(case x in\na) : ;;\n(b) : ;;\n",
            "A=\"$(cat <<EOF\nit's ) over\nEOF\n",
            "A=\"$(cat <<-'one' <<two\n)\n\tone\n)\ntwo\n",
            "A=\"$(echo $'it\\'s )'\n",
            "A=\"$( (cd x; case y in *) : ;; esac)\n",
        ];
        for begin in begins {
            let text = format!("{begin}echo \"<%= v %>\"\nesac\n)\"\nB=<%= w %>\n");
            let text = if begin.contains("(b)") { text } else { text.replace("esac\n", "") };
            let found = places(Format::Bash, &text);
            assert_eq!(found, [("v", substitution)], "{text}");
        }
        let inner = "A=\"$(cat <<EOF\n<%= a %>\nEOF\n)\"\nB=<%= b %>\n";
        assert_eq!(places(Format::Bash, inner), [("a", "inside a here-document")]);
        // A shift is no here-document, and a string no document.
        for fine in ["A=\"$((1 << 2))\"\nB=<%= b %>\n", "A=\"$(cat <<<x)\"\nB=<%= b %>\n", "A=\"$(in case)\"\n"] {
            assert_eq!(places(Format::Bash, fine), [], "{fine}");
        }
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
