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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tree::{Directive, Parsed};
    use super::{MAX_DEPTH, parse};
    use crate::source::Sources;

    fn read(text: &str) -> (Sources, Parsed) {
        let mut sources = Sources::default();
        let file = sources.add("nginx.conf", text);
        let parsed = parse(file, text);
        (sources, parsed)
    }

    /// Every statement as one line: words in «», blocks in braces.
    fn shape(directives: &[Directive]) -> String {
        directives
            .iter()
            .map(|directive| {
                let args = directive.args.iter().map(|word| format!("«{}»", word.text)).collect::<String>();
                let block = directive.block.as_ref().map(|block| format!("{{{}}}", shape(&block.directives)));
                format!("«{}»{args}{}", directive.name.text, block.unwrap_or_else(|| ";".to_owned()))
            })
            .collect()
    }

    fn shape_of(text: &str) -> String {
        let (_, parsed) = read(text);
        assert_eq!(parsed.errors, [], "{text}");
        shape(&parsed.directives)
    }

    /// Each error as `line:column message`.
    fn errors(text: &str) -> Vec<String> {
        let (sources, parsed) = read(text);
        let place = |error: &super::super::tree::SyntaxError| {
            let (line, column) = sources.get(error.span.file).line_column(error.span.range().start);
            format!("{line}:{column} {}", error.message)
        };
        parsed.errors.iter().map(place).collect()
    }

    #[test]
    fn quotes_count_only_at_the_start_of_a_word() {
        assert_eq!(shape_of(r#"a b"c 'd e' "f;{}#";"#), "«a»«b\"c»«d e»«f;{}#»;");
    }

    #[test]
    fn a_variable_in_braces_opens_no_block() {
        assert_eq!(shape_of("a ${b}/$c ${d}://${e}/f;"), "«a»«${b}/$c»«${d}://${e}/f»;");
        assert_eq!(shape_of("if ($a){b c;}"), "«if»«($a)»{«b»«c»;}");
    }

    #[test]
    fn a_backslash_hides_one_character_and_mostly_stays() {
        assert_eq!(shape_of(r#"a \.php$ b\;c "\"\n" d\\e;"#), "«a»«\\.php$»«b\\;c»«\"\n»«d\\e»;");
    }

    #[test]
    fn a_bracket_may_follow_a_quoted_word() {
        assert_eq!(shape_of(r#"if ($a = "b") {}"#), "«if»«($a»«=»«b»«)»{}");
    }

    #[test]
    fn comments_begin_words_only_and_keep_their_place() {
        let text = "a b#c; # one\r\n# två\nd #;\n e;";
        let (sources, parsed) = read(text);
        assert_eq!(shape(&parsed.directives), "«a»«b#c»;«d»«e»;");
        let comments: Vec<_> = parsed.comments.iter().map(|span| sources.slice(*span)).collect();
        assert_eq!(comments, ["# one", "# två", "#;"]);
    }

    #[test]
    fn spans_survive_tabs_windows_lines_and_wide_characters() {
        let text = "# é日\r\n\tserver {\r\n\t\tserver_name \"bücher.example\";\r\n\t}\r\n";
        let (sources, parsed) = read(text);
        let inner = &parsed.directives[0].block.as_ref().unwrap().directives[0];
        assert_eq!(sources.slice(inner.args[0].span), "\"bücher.example\"");
        assert_eq!(sources.slice(inner.span), "server_name \"bücher.example\";");
        assert_eq!(sources.get(inner.span.file).line_column(inner.span.range().start), (3, 3));
    }

    #[test]
    fn errors_are_in_the_words_of_nginx_and_on_its_line() {
        assert_eq!(errors("a;\n\"b\"c;"), ["2:4 unexpected \"c\""]);
        assert_eq!(errors("a {\nb\n}\nc;"), ["3:1 unexpected \"}\""]);
        assert_eq!(errors("a;\n}\nb;"), ["2:1 unexpected \"}\""]);
        assert_eq!(errors(";{}"), ["1:1 unexpected \";\"", "1:2 unexpected \"{\""]);
        assert_eq!(errors("a {\nb;\n"), ["3:1 unexpected end of file, expecting \"}\""]);
        assert_eq!(errors("a {\nb 'c;\n}"), ["3:2 unexpected end of file, expecting \";\" or \"}\""]);
    }

    #[test]
    fn reading_goes_on_behind_an_error() {
        assert_eq!(shape(&read("a { b \"c\"d; e } f; } g; { h; } i").1.directives), "«a»{«b»«c»«d»;«e»;}«f»;«g»;«h»;");
    }

    #[test]
    fn an_unclosed_quote_is_named() {
        let (sources, parsed) = read("a {\n b 'c;\n}\n");
        assert_eq!(parsed.errors[0].opened.unwrap().range(), 7..8);
        let (_, parsed) = read("a {\n b {\n}\n");
        assert_eq!(sources.slice(parsed.errors[0].opened.unwrap()), "{");
        assert_eq!(parsed.errors[0].opened.unwrap().range().start, 2);
    }

    #[test]
    fn a_word_or_comment_beyond_the_buffer_of_nginx_is_too_long() {
        let at_limit = format!("{};", "a".repeat(4095));
        assert_eq!(errors(&at_limit), [""; 0]);
        assert_eq!(errors(&format!("\n{};", "a".repeat(4096))), ["2:1 too long parameter \"aaaaaaaaaa...\" started"]);
        assert_eq!(errors(&format!("# {}\na;", "é".repeat(4096))).len(), 1);
        let quoted = errors(&format!("a\n '{};", "b".repeat(5000)));
        assert_eq!(quoted[0], "2:3 too long parameter, probably missing terminating \"'\" character");
    }

    #[test]
    fn a_byte_order_mark_is_reported_and_the_rest_is_read() {
        let text = "\u{feff}user www-data;\nevents {}";
        assert_eq!(errors(text), ["1:1 unknown directive \"\u{feff}user\""]);
        assert_eq!(shape(&read(text).1.directives), "«user»«www-data»;«events»{}");
    }

    #[test]
    fn lua_is_one_piece() {
        let text = "content_by_lua_block { if #t > 0 then say('}') end -- it's }\n} a;";
        let (sources, parsed) = read(text);
        assert_eq!(parsed.errors, []);
        assert_eq!(parsed.directives[1].name.text, "a");
        let lua = parsed.directives[0].block.as_ref().unwrap().lua.unwrap();
        assert_eq!(sources.slice(lua), " if #t > 0 then say('}') end -- it's }\n");
    }

    #[test]
    fn deep_nesting_is_reported_once_and_left_out() {
        let deep = 200_000;
        let text = format!("{}x;{}y;", "a{".repeat(deep), "}".repeat(deep));
        let (_, parsed) = read(&text);
        assert_eq!(errors(&text), [format!("1:{} blocks are nested deeper than {MAX_DEPTH}", MAX_DEPTH * 2 + 2)]);
        assert_eq!(parsed.directives[1].name.text, "y");
    }

    fn words<'a>(directives: &'a [Directive], to: &mut Vec<&'a super::Word>) {
        for directive in directives {
            to.push(&directive.name);
            to.extend(&directive.args);
            words(directive.block.as_ref().map_or(&[], |block| &block.directives), to);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_every_span_holds_its_token(
            text in "(\\PC|[ \t\r\n;{}\"'\\\\$#)(a]|\\$\\{|_by_lua_block \\{|\u{feff}){0,60}"
        ) {
            let (sources, parsed) = read(&text);
            let mut all = Vec::new();
            words(&parsed.directives, &mut all);
            for word in all {
                let written = sources.slice(word.span);
                let inner = if word.quoted { &written[1..written.len() - 1] } else { written };
                prop_assert_eq!(super::super::token::unescape(inner), word.text.as_str());
            }
            for span in parsed.comments {
                prop_assert!(sources.slice(span).starts_with('#'));
            }
            for error in parsed.errors {
                prop_assert!(text.get(error.span.range()).is_some());
            }
        }
    }
}
