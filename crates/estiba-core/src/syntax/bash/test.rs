//! `[[ … ]]`.

use super::cursor::{Cursor, Parsed};
use super::tree::{Test, Word};
use super::word::Place;
use crate::source::Span;

const BINARY: [&str; 17] =
    ["==", "=~", "!=", "=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "-a", "-o"];

impl<'a> Cursor<'a> {
    /// After `[[`, up to `]]`, which is eaten.
    pub(super) fn test(&mut self, opened: Span) -> Parsed<Test<'a>> {
        let test = self.deeper(|cursor| cursor.test_or(opened))?;
        self.lines()?;
        if !self.eat("]]") {
            return self.unexpected("`]]`", Some(opened));
        }
        Ok(test)
    }

    fn test_or(&mut self, opened: Span) -> Parsed<Test<'a>> {
        let mut left = self.test_and(opened)?;
        let mut joined = 0;
        loop {
            self.lines()?;
            if !self.eat("||") {
                return Ok(left);
            }
            joined += 1;
            if joined > super::MAX_DEPTH {
                return self.fail("too many alternatives in one test", Some(opened));
            }
            let right = self.test_and(opened)?;
            left = Test::Or(Box::new(left), Box::new(right));
        }
    }

    fn test_and(&mut self, opened: Span) -> Parsed<Test<'a>> {
        let mut left = self.test_one(opened)?;
        let mut joined = 0;
        loop {
            self.lines()?;
            if !self.eat("&&") {
                return Ok(left);
            }
            joined += 1;
            if joined > super::MAX_DEPTH {
                return self.fail("too many conditions in one test", Some(opened));
            }
            let right = self.test_one(opened)?;
            left = Test::And(Box::new(left), Box::new(right));
        }
    }

    fn test_one(&mut self, opened: Span) -> Parsed<Test<'a>> {
        self.lines()?;
        if self.peek() == Some(b'!') && self.byte(1).is_some_and(|byte| b" \t\n(".contains(&byte)) {
            self.at += 1;
            return Ok(Test::Not(Box::new(self.deeper(|cursor| cursor.test_one(opened))?)));
        }
        if self.peek() == Some(b'(') {
            let inner = self.span(self.at, self.at + 1);
            self.at += 1;
            let test = self.deeper(|cursor| cursor.test_or(opened))?;
            self.lines()?;
            if !self.eat(")") {
                return self.unexpected("`)`", Some(inner));
            }
            return Ok(test);
        }
        let first = self.test_word(Place::Plain, opened)?;
        self.blanks();
        if first.bare().is_some_and(|text| text.len() == 2 && text.starts_with('-')) && !self.test_ends() {
            let operator = self.slice(first.span.start as usize, first.span.end as usize);
            return Ok(Test::Unary(operator, self.test_word(Place::Plain, opened)?));
        }
        let Some(operator) = BINARY.iter().copied().find(|operator| self.operator(operator)) else {
            return Ok(Test::Unary("-n", first));
        };
        self.blanks();
        let place = match operator {
            "=~" => Place::Regex,
            "==" | "=" | "!=" => Place::Pattern,
            _ => Place::Plain,
        };
        let second = self.test_word(place, opened)?;
        Ok(Test::Binary(first, operator, second))
    }

    fn operator(&mut self, operator: &str) -> bool {
        if !self.starts(operator) {
            return false;
        }
        let word = operator.starts_with('-') || operator == "=";
        if word && !self.byte(operator.len()).is_some_and(|byte| b" \t\n".contains(&byte)) {
            return false;
        }
        self.at += operator.len();
        true
    }

    fn test_ends(&self) -> bool {
        self.starts("]]") || self.starts("&&") || self.starts("||") || self.peek().is_none_or(|byte| byte == b')')
    }

    fn test_word(&mut self, place: Place, opened: Span) -> Parsed<Word<'a>> {
        self.blanks();
        let word = self.word(place)?;
        if word.span.start == word.span.end || word.bare() == Some("]]") {
            self.at = word.span.start as usize;
            return self.unexpected("a word", Some(opened));
        }
        Ok(word)
    }
}
