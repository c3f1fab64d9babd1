use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::{FileId, Level, Span};
use crate::syntax::nginx::variables;

#[doc = include_str!("heredoc_eats_nginx_vars.md")]
pub(crate) static RULE: Rule = Rule {
    id: "heredoc-eats-nginx-vars",
    level: Level::Error,
    summary: "a script writes a configuration of nginx, and the shell replaces nginx' variables in it",
    page: include_str!("heredoc_eats_nginx_vars.md"),
    check,
};

/// Directives by which a text is known as a configuration of nginx.
const DIRECTIVES: [&str; 5] = ["proxy_pass ", "server_name ", "listen ", "proxy_set_header ", "fastcgi_pass "];

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for contract in &world.facts.contracts {
        let text = &*world.facts.texts.sources.get(contract.file).text;
        if text.contains("<<") && DIRECTIVES.iter().any(|directive| text.contains(directive)) {
            script(sink, contract.script.as_str(), contract.file, text);
        }
    }
}

/// A document that is open.
struct Open<'t> {
    end: &'t str,
    tabs: bool,
    quoted: bool,
    start: Span,
    nginx: bool,
    eaten: Option<(Span, &'t str)>,
}

fn script(sink: &mut Sink<'_>, path: &str, file: FileId, text: &str) {
    let mut open: Option<Open<'_>> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        match &mut open {
            Some(document) => {
                let own = if document.tabs { bare.trim_start_matches('\t') } else { bare };
                if own == document.end {
                    if let (true, false, Some((span, name))) = (document.nginx, document.quoted, document.eaten) {
                        let message = format!("the shell replaces `${name}` in what is meant for nginx");
                        let help =
                            format!("quote the word, `<<'{}'`, or write `\\${name}`: change {path}", document.end);
                        let draft = Draft::new(message, span, "nothing is left of it in the file", help);
                        sink.find(draft.related(document.start, "this word is not quoted"));
                    }
                    open = None;
                } else {
                    document.nginx |= DIRECTIVES.iter().any(|directive| bare.contains(directive));
                    if document.eaten.is_none() {
                        document.eaten = eaten(text, file, start, bare);
                    }
                }
            }
            None => open = begun(file, start, bare),
        }
        start += line.len();
    }
}

/// The document that a line begins.
fn begun(file: FileId, start: usize, line: &str) -> Option<Open<'_>> {
    if line.trim_start().starts_with('#') || line.contains("<<<") {
        return None;
    }
    let at = line.find("<<")?;
    let rest = &line[at + 2..];
    let (tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start();
    let quoted = rest.starts_with(['\'', '"', '\\']);
    let word = rest.trim_start_matches(['\'', '"', '\\']);
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    let end = &word[..end];
    let span = Span::new(file, start + at, start + line.len());
    (!end.is_empty()).then_some(Open { end, tabs, quoted, start: span, nginx: false, eaten: None })
}

/// The first of nginx' variables in a line that the shell would replace, unless the script sets one of that name.
fn eaten<'t>(text: &'t str, file: FileId, start: usize, line: &'t str) -> Option<(Span, &'t str)> {
    line.match_indices('$').find_map(|(at, _)| {
        let backslashes = line[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        let rest = line[at + 1..].trim_start_matches('{');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        let counts = backslashes % 2 == 0
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && variables::is_defined(name)
            && !is_set(text, name);
        let whole = line[at..].len() - rest.len() + end;
        counts.then(|| (Span::new(file, start + at, start + at + whole), name))
    })
}

/// Whether a script gives a variable a value.
fn is_set(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + name.len()..];
        let begins = before.is_empty() || before.ends_with([' ', '\n', '\t', ';', '(']);
        let assigned = after.starts_with('=');
        let read = ["read ", "for ", "read -r ", "local ", "-p "].iter().any(|word| before.ends_with(word));
        begins && (assigned || read)
    })
}
