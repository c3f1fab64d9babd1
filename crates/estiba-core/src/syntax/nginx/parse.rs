//! Statements and blocks: the loop of nginx's `ngx_conf_parse`, with a stack in place of its recursion.

use super::lua;
use super::token::{Lexer, Stop};
use super::tree::{Block, Directive, Parsed, Word};
use crate::source::FileId;

/// Blocks nested deeper than this are reported and left out. nginx has no limit of its own, but no directive of its
/// standard modules needs more than a handful.
pub const MAX_DEPTH: usize = 100;

/// A block that is still open.
struct Open {
    /// The words before the brace; `None` when there were none.
    head: Option<(Word, Vec<Word>)>,
    brace: usize,
    directives: Vec<Directive>,
}

/// Reads a whole text. Never fails: what nginx would refuse is in [`Parsed::errors`], and reading goes on behind it.
///
/// * After `unexpected "…"` behind a quoted word, reading goes on as if a space stood there.
/// * A `}` in the middle of a statement ends that statement and closes its block.
/// * Blocks open at the end of the text are closed there; a statement without its `;` is dropped there.
#[must_use]
pub fn parse(file: FileId, text: &str) -> Parsed {
    let mut lexer = Lexer::new(file, text);
    skip_byte_order_mark(&mut lexer);

    let mut stack: Vec<Open> = Vec::new();
    let mut directives: Vec<Directive> = Vec::new();
    // How many open blocks are left out because they are too deep.
    let mut buried: Vec<usize> = Vec::new();

    loop {
        let mut words = Vec::new();
        let stop = lexer.read(&mut words);
        let mut words = words.into_iter();
        let head = words.next().map(|name| (name, words.collect::<Vec<_>>()));
        match stop {
            Stop::Semicolon(at) => {
                if let Some(head) = head.filter(|_| buried.is_empty()) {
                    directives.push(statement(&lexer, head, None, at + 1));
                }
            }
            Stop::BlockStart(brace) => {
                let is_lua = head.as_ref().is_some_and(|(name, _)| name.text.ends_with("_by_lua_block"));
                if is_lua {
                    let end = lua::closing_brace(text, brace + 1);
                    let close = end.unwrap_or(text.len());
                    lexer.at = end.map_or(close, |end| end + 1);
                    if end.is_none() {
                        let opened = Some(lexer.span(brace, brace + 1));
                        let place = lexer.span(close, close);
                        let message = "unexpected end of file, expecting terminating characters for lua code block";
                        lexer.error(place, message, opened);
                    }
                    if let Some(head) = head.filter(|_| buried.is_empty()) {
                        let end = lexer.at;
                        let lua = Some(lexer.span(brace + 1, close));
                        let block = Block { span: lexer.span(brace, end), directives: Vec::new(), lua };
                        directives.push(statement(&lexer, head, Some(block), end));
                    }
                } else if buried.is_empty() && stack.len() < MAX_DEPTH {
                    stack.push(Open { head, brace, directives: std::mem::take(&mut directives) });
                } else {
                    if buried.is_empty() {
                        let place = lexer.span(brace, brace + 1);
                        lexer.error(place, format!("blocks are nested deeper than {MAX_DEPTH}"), None);
                    }
                    buried.push(brace);
                }
            }
            Stop::BlockDone(at) => {
                if let Some(head) = head {
                    // The lexer has reported the missing `;` and will come to this brace again.
                    if buried.is_empty() {
                        let end = head.1.last().unwrap_or(&head.0).span.range().end;
                        directives.push(statement(&lexer, head, None, end));
                    }
                } else if buried.pop().is_none() {
                    if let Some(open) = stack.pop() {
                        directives = close(&lexer, open, directives, at + 1);
                        continue;
                    }
                    let place = lexer.span(at, at + 1);
                    lexer.error(place, "unexpected \"}\"", None);
                }
            }
            Stop::FileDone => break,
        }
    }

    let end = text.len();
    let innermost = buried.last().copied().or_else(|| stack.last().map(|open| open.brace));
    if let Some(brace) = innermost
        && lexer.errors.last().is_none_or(|error| error.span.range().start < end)
    {
        let opened = Some(lexer.span(brace, brace + 1));
        let place = lexer.span(end, end);
        lexer.error(place, "unexpected end of file, expecting \"}\"", opened);
    }
    while let Some(open) = stack.pop() {
        directives = close(&lexer, open, directives, end);
    }
    // A token found too long is reported where it began, perhaps behind errors of the statement around it.
    lexer.errors.sort_by_key(|error| error.span.start);
    Parsed { directives, comments: lexer.comments, errors: lexer.errors }
}

fn statement(lexer: &Lexer<'_>, (name, args): (Word, Vec<Word>), block: Option<Block>, end: usize) -> Directive {
    let span = lexer.span(name.span.range().start, end);
    Directive { name, args, block, span }
}

/// Gives the statements of the outer block, the closed one among them. A block without a name was already reported:
/// its statements count as the outer block's.
fn close(lexer: &Lexer<'_>, open: Open, inner: Vec<Directive>, end: usize) -> Vec<Directive> {
    let mut outer = open.directives;
    match open.head {
        Some(head) => {
            let block = Block { span: lexer.span(open.brace, end), directives: inner, lua: None };
            outer.push(statement(lexer, head, Some(block), end));
        }
        None => outer.extend(inner),
    }
    outer
}

/// nginx knows no byte order mark: it becomes part of the first word, which is then no directive it knows.
fn skip_byte_order_mark(lexer: &mut Lexer<'_>) {
    const MARK: char = '\u{feff}';
    if !lexer.text.starts_with(MARK) {
        return;
    }
    let mut words = Vec::new();
    Lexer::new(lexer.file, lexer.text).read(&mut words);
    let name = words.first().map_or("\u{feff}", |word| word.text.as_str());
    let place = lexer.span(0, MARK.len_utf8());
    lexer.error(place, format!("unknown directive \"{name}\""), None);
    lexer.at = MARK.len_utf8();
}
