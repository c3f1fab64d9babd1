//! Commands: lists, pipelines, compound commands, redirects, assignments.

use super::cursor::{Cursor, Parsed, exact, push};
use super::few::Few;
use super::tree::{
    AndOr, Argument, ArithmeticFor, Arm, AssignedValue, Assignment, Case, Command, CommandKind, For, Function, Join,
    List, Loop, Part, Pipeline, Redirect, Target, Word,
};
use super::word::{NAMED, Place, length_of};
use crate::source::Spanned;

/// Words that end a list where a command could begin.
const CLOSING: [&str; 8] = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];

const REDIRECTS: [&str; 13] = ["&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", ">>", ">&", ">|", "<", ">", ""];

/// What may stand behind a reserved word.
fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'`')
}

impl<'a> Cursor<'a> {
    /// The whole text; what was read before an error stays in `list`.
    pub(super) fn top(&mut self, list: &mut List<'a>) -> Parsed<()> {
        self.list_into(list)?;
        if self.at < self.text.len() {
            return self.unexpected("a command", None);
        }
        Ok(())
    }

    /// Commands up to a closing word, `)`, `;;` or the end.
    pub(super) fn list(&mut self) -> Parsed<List<'a>> {
        let mut list = self.spare_lists.pop().unwrap_or_default();
        self.list_into(&mut list)?;
        let all = exact(&mut list);
        self.spare_lists.push(list);
        Ok(all)
    }

    fn list_into(&mut self, list: &mut List<'a>) -> Parsed<()> {
        loop {
            self.lines()?;
            if self.list_ends() {
                return Ok(());
            }
            let mut and_or = self.and_or()?;
            self.blanks();
            let mut separated = true;
            if self.peek() == Some(b'&') && self.byte(1) != Some(b'&') {
                self.at += 1;
                and_or.background = true;
            } else if self.peek() == Some(b';') && self.byte(1) != Some(b';') && self.byte(1) != Some(b'&') {
                self.at += 1;
            } else if self.peek() == Some(b'\n') {
                self.newline()?;
            } else {
                separated = false;
            }
            list.push(and_or);
            if !separated {
                return Ok(());
            }
        }
    }

    fn list_ends(&self) -> bool {
        match self.peek() {
            None | Some(b')') => true,
            Some(b'`') => self.backquotes > 0,
            Some(b';') => true,
            // What the closing words begin with.
            Some(b'}' | b't' | b'e' | b'f' | b'd') => CLOSING.contains(&self.reserved()),
            _ => false,
        }
    }

    /// The plain word here, if it could be a reserved one.
    fn reserved(&self) -> &'a str {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = rest.iter().take(10).position(|byte| ends_word(*byte)).unwrap_or_else(|| rest.len().min(10));
        self.text.get(self.at..self.at + length).unwrap_or("")
    }

    #[inline]
    fn keyword(&mut self, word: &str) -> bool {
        let found = self.starts(word) && self.byte(word.len()).is_none_or(ends_word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect(&mut self, word: &str, start: usize) -> Parsed<()> {
        if self.keyword(word) {
            return Ok(());
        }
        let opened = self.span(start, start + self.text.as_bytes().get(start).map_or(0, |_| 1));
        self.unexpected(&format!("`{word}`"), Some(opened))
    }

    fn and_or(&mut self) -> Parsed<AndOr<'a>> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let join = if self.eat("&&") {
                Join::And
            } else if self.eat("||") {
                Join::Or
            } else {
                return Ok(AndOr { first, rest, background: false });
            };
            self.lines()?;
            let next = self.pipeline()?;
            push(&mut rest, (join, next));
        }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline<'a>> {
        let mut negated = false;
        while matches!(self.peek(), Some(b'!' | b't')) {
            if self.keyword("!") {
                negated = !negated;
            } else if !self.keyword("time") {
                break;
            }
            self.blanks();
        }
        let mut commands = Few::One(self.command()?);
        loop {
            self.blanks();
            if self.peek() != Some(b'|') || self.byte(1) == Some(b'|') {
                return Ok(Pipeline { negated, commands });
            }
            self.at += 1;
            self.eat("&");
            self.lines()?;
            commands.push(self.command()?);
        }
    }

    pub(super) fn command(&mut self) -> Parsed<Command<'a>> {
        self.deeper(Self::command_here)
    }

    fn command_here(&mut self) -> Parsed<Command<'a>> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'(') => {
                if self.byte(1) == Some(b'(') && self.arithmetic_ends(start + 2).is_some() {
                    self.at += 2;
                    CommandKind::Arithmetic(Box::new(self.arithmetic_word()?))
                } else {
                    self.at += 1;
                    CommandKind::Subshell(self.parenthesized(start)?)
                }
            }
            Some(b'{' | b'[' | b'i' | b'w' | b'u' | b'f' | b's' | b'c') => match self.reserved() {
                "{" => {
                    self.at += 1;
                    let list = self.list()?;
                    self.expect("}", start)?;
                    CommandKind::Group(list)
                }
                "[[" => {
                    self.at += 2;
                    CommandKind::Test(Box::new(self.test(self.span(start, start + 2))?))
                }
                "if" => self.conditional(start)?,
                "while" | "until" => self.repeated(start)?,
                "for" | "select" => self.each(start)?,
                "case" => self.case(start)?,
                "function" => {
                    self.at += "function".len();
                    self.blanks();
                    return self.function(start);
                }
                _ => return self.simple(start),
            },
            _ => return self.simple(start),
        };
        let mut redirects = Vec::new();
        let mut end = self.at;
        loop {
            self.blanks();
            let Some(redirect) = self.redirect()? else { break };
            push(&mut redirects, redirect);
            end = self.at;
        }
        Ok(Command { kind, redirects, span: self.span(start, end) })
    }

    fn arithmetic_word(&mut self) -> Parsed<Word<'a>> {
        let start = self.at;
        let parts = self.arithmetic()?;
        Ok(Word { span: self.span(start, self.at.saturating_sub(2)), parts })
    }

    fn conditional(&mut self, start: usize) -> Parsed<CommandKind<'a>> {
        self.at += 2;
        let mut branches = Vec::new();
        loop {
            let condition = self.list()?;
            self.expect("then", start)?;
            let then = self.list()?;
            push(&mut branches, (condition, then));
            if !self.keyword("elif") {
                break;
            }
        }
        let otherwise = if self.keyword("else") { Some(self.list()?) } else { None };
        self.expect("fi", start)?;
        Ok(CommandKind::If { branches, otherwise })
    }

    fn repeated(&mut self, start: usize) -> Parsed<CommandKind<'a>> {
        let until = self.keyword("until");
        if !until {
            self.at += "while".len();
        }
        let condition = self.list()?;
        let body = self.body(start)?;
        Ok(CommandKind::Loop(Box::new(Loop { until, condition, body })))
    }

    fn body(&mut self, start: usize) -> Parsed<List<'a>> {
        self.expect("do", start)?;
        let body = self.list()?;
        self.expect("done", start)?;
        Ok(body)
    }

    fn each(&mut self, start: usize) -> Parsed<CommandKind<'a>> {
        if !self.keyword("select") {
            self.at += "for".len();
        }
        self.blanks();
        if self.eat("((") {
            let header = self.arithmetic_word()?;
            self.separator()?;
            return Ok(CommandKind::ArithmeticFor(Box::new(ArithmeticFor { header, body: self.body(start)? })));
        }
        let from = self.at;
        let name = self.name();
        if name.is_empty() {
            return self.unexpected("a name", None);
        }
        let name = Spanned::new(self.numbered(name), self.span(from, self.at));
        self.lines()?;
        let mut words = None;
        if self.keyword("in") {
            let list = words.insert(Vec::new());
            loop {
                self.blanks();
                let word = self.word(Place::Plain)?;
                if word.span.start == word.span.end {
                    break;
                }
                list.push(word);
            }
        }
        self.separator()?;
        Ok(CommandKind::For(Box::new(For { name, words, body: self.body(start)? })))
    }

    fn separator(&mut self) -> Parsed<()> {
        self.blanks();
        self.eat(";");
        self.lines()
    }

    fn case(&mut self, start: usize) -> Parsed<CommandKind<'a>> {
        self.at += "case".len();
        self.blanks();
        let subject = self.word(Place::Plain)?;
        self.lines()?;
        self.expect("in", start)?;
        let mut arms = Vec::new();
        loop {
            self.lines()?;
            if self.keyword("esac") {
                return Ok(CommandKind::Case(Box::new(Case { subject, arms })));
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                let pattern = self.word(Place::Pattern)?;
                push(&mut patterns, pattern);
                self.blanks();
                if self.eat(")") {
                    break;
                }
                if !self.eat("|") {
                    let opened = self.span(start, start + "case".len());
                    return self.unexpected("`)`", Some(opened));
                }
            }
            let body = self.list()?;
            let falls_through = self.starts(";&") || self.starts(";;&");
            arms.push(Arm { patterns, body, falls_through });
            if !(self.eat(";;&") || self.eat(";;") || self.eat(";&")) {
                self.lines()?;
                self.expect("esac", start)?;
                return Ok(CommandKind::Case(Box::new(Case { subject, arms })));
            }
        }
    }

    /// At the name.
    fn function(&mut self, start: usize) -> Parsed<Command<'a>> {
        let from = self.at;
        let word = self.word(Place::Plain)?;
        let name = self.numbered(self.slice(from, word.span.end as usize));
        let name = Spanned::new(name, word.span);
        self.blanks();
        if self.eat("(") {
            self.blanks();
            if !self.eat(")") {
                return self.unexpected("`)`", None);
            }
        }
        self.lines()?;
        let body = self.command()?;
        let span = self.span(start, body.span.end as usize);
        self.functions.push(name.value);
        Ok(Command { kind: CommandKind::Function(Box::new(Function { name, body })), redirects: Vec::new(), span })
    }

    fn simple(&mut self, start: usize) -> Parsed<Command<'a>> {
        let (mut assignments, mut redirects) = (Vec::new(), Vec::new());
        let mut words = self.spare_words.pop().unwrap_or_default();
        let mut declares = false;
        let mut end = start;
        loop {
            self.blanks();
            if self.redirect_may_begin()
                && let Some(redirect) = self.redirect()?
            {
                push(&mut redirects, redirect);
                end = self.at;
                continue;
            }
            if (words.is_empty() || declares) && self.assignment_begins() {
                let assignment = self.assignment()?;
                if words.is_empty() {
                    push(&mut assignments, assignment);
                } else {
                    words.push(Argument::Assignment(Box::new(assignment)));
                }
                end = self.at;
                continue;
            }
            let word = self.word(Place::Plain)?;
            if word.span.start == word.span.end {
                break;
            }
            end = self.at;
            if words.is_empty() {
                declares = matches!(word.bare(), Some("declare" | "local" | "export" | "readonly" | "typeset"));
                // Read again as a name, so only where that costs nothing.
                let named = word.bare().is_some() && assignments.is_empty() && redirects.is_empty();
                if named && self.call_parentheses() {
                    self.spare_words.push(words);
                    self.at = start;
                    return self.function(start);
                }
            }
            words.push(Argument::Word(word));
        }
        if end == start {
            return self.unexpected("a command", None);
        }
        self.at = end;
        let all = exact(&mut words);
        self.spare_words.push(words);
        Ok(Command { kind: CommandKind::Simple { assignments, words: all }, redirects, span: self.span(start, end) })
    }

    /// `()` after the first word: a function is defined.
    fn call_parentheses(&self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let mut rest = rest.iter().filter(|byte| !matches!(byte, b' ' | b'\t'));
        rest.next() == Some(&b'(') && rest.next() == Some(&b')')
    }

    fn assignment_begins(&self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = length_of(&NAMED, rest);
        if length == 0 || rest[0].is_ascii_digit() {
            return false;
        }
        match rest.get(length) {
            Some(b'=') => true,
            Some(b'+') => rest.get(length + 1) == Some(&b'='),
            Some(b'[') => {
                let line = &rest[length..rest.len().min(length + 256)];
                let close = line.windows(2).position(|pair| pair == b"]=" || pair == b"]+");
                let blank = line.iter().position(|byte| b" \t\n;".contains(byte)).unwrap_or(line.len());
                close.is_some_and(|close| close < blank)
            }
            _ => false,
        }
    }

    fn assignment(&mut self) -> Parsed<Assignment<'a>> {
        let start = self.at;
        let name = self.name();
        let mut index = None;
        if self.eat("[") {
            index = Some(Box::new(self.word(Place::Index)?));
            if !self.eat("]") {
                return self.unexpected("`]`", None);
            }
        }
        let append = self.eat("+");
        if !self.eat("=") {
            return self.unexpected("`=`", None);
        }
        let value = if self.peek() == Some(b'(') {
            let opened = self.span(self.at, self.at + 1);
            self.at += 1;
            let mut elements = Vec::new();
            loop {
                self.lines()?;
                if self.eat(")") {
                    break;
                }
                let key = if self.peek() == Some(b'[') && self.key_begins() {
                    self.at += 1;
                    let key = self.word(Place::Index)?;
                    if !self.eat("]=") {
                        return self.unexpected("`]=`", Some(opened));
                    }
                    Some(key)
                } else {
                    None
                };
                let keyed = key.is_some();
                let value = self.word(Place::Plain)?;
                if value.span.start == value.span.end && !keyed {
                    return self.unexpected("`)`", Some(opened));
                }
                elements.push((key, value));
            }
            AssignedValue::Array(elements)
        } else {
            let word = self.word(Place::Plain)?;
            AssignedValue::Word((word.span.start < word.span.end).then_some(word))
        };
        Ok(Assignment { name: self.numbered(name), index, append, value, span: self.span(start, self.at) })
    }

    fn key_begins(&self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(512)];
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        line.windows(2).any(|pair| pair == b"]=")
    }

    /// Most words show at once that they are none.
    fn redirect_may_begin(&self) -> bool {
        matches!(self.peek(), Some(b'0'..=b'9' | b'{' | b'<' | b'>' | b'&'))
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect<'a>>> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start;
        match self.peek() {
            Some(b'0'..=b'9') => {
                while at < self.text.len() && bytes[at].is_ascii_digit() && at - start < 6 {
                    at += 1;
                }
            }
            Some(b'{') => {
                at += 1;
                while at < self.text.len()
                    && (bytes[at] == b'_' || bytes[at].is_ascii_alphanumeric())
                    && at - start < 64
                {
                    at += 1;
                }
                if at == start + 1 || at >= self.text.len() || bytes[at] != b'}' {
                    return Ok(None);
                }
                at += 1;
            }
            Some(b'<' | b'>' | b'&') => {}
            _ => return Ok(None),
        }
        let descriptor = (at > start).then(|| self.slice(start, at));
        self.at = at;
        let first = self.peek();
        let begins = |operator: &&str| operator.as_bytes().first().copied() == first && self.starts(operator);
        let operator = REDIRECTS.iter().copied().find(begins).unwrap_or("");
        let process = matches!(operator, "<" | ">") && self.byte(1) == Some(b'(');
        if operator.is_empty() || process || (operator.starts_with('&') && descriptor.is_some()) {
            self.at = start;
            return Ok(None);
        }
        self.at += operator.len();
        self.blanks();
        let word = self.word(Place::Plain)?;
        if word.span.start == word.span.end {
            return self.unexpected("a file", Some(self.span(start, at + operator.len())));
        }
        let span = self.span(start, self.at);
        let target = if matches!(operator, "<<" | "<<-") {
            let quoted = !matches!(&*word.parts, [Part::Literal(_)]);
            let end = word.constant().unwrap_or_default().into_owned();
            Target::HereDocument(self.wait_for_document(end, operator == "<<-", quoted, span))
        } else {
            Target::Word(word)
        };
        Ok(Some(Redirect { descriptor, operator, target, span }))
    }
}
