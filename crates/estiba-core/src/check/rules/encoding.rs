use std::collections::BTreeSet;

use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::source::{Level, Span};

#[doc = include_str!("encoding.md")]
pub(crate) static RULE: Rule = Rule {
    id: "encoding",
    level: Level::Error,
    summary: "a character that looks like a blank or a quote, and is none for the program that reads it",
    page: include_str!("encoding.md"),
    check,
};

const MARK: char = '\u{feff}';

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    let mut said: BTreeSet<Span> = BTreeSet::new();
    for config in &world.facts.nginx {
        for directive in &config.directives {
            // A name that no nginx knows is the finding of `wrong-context`.
            for word in directive.args.iter().filter(|word| !word.quoted && !word.text.is_ascii()) {
                let Some((character, what)) = word.text.chars().find_map(|c| Some((c, look_alike(c)?))) else {
                    continue;
                };
                if !said.insert(word.span) {
                    continue;
                }
                let path = world.facts.path(word.span);
                let message = format!("{what} (U+{:04X}) is part of what nginx reads here", u32::from(character));
                let help = format!("type it anew with the keyboard's own characters: change {path}");
                sink.find(Draft::new(message, word.span, "nginx knows only the blank and the quotes of ASCII", help));
            }
        }
    }
    for (path, file, text) in world.facts.texts.iter() {
        if !text.strip_prefix(MARK).is_some_and(|rest| rest.starts_with("#!")) {
            continue;
        }
        let message = format!("{path} begins with a byte order mark, so that its `#!` is no first line");
        let help = format!("save it as UTF-8 without BOM: change {path}");
        let label = "Linux looks for `#!` in the first two bytes: cron, systemd and Docker do not start it";
        // A shell that starts it runs it all the same, with a complaint about its first line.
        sink.find(Draft::new(message, Span::new(file, 0, MARK.len_utf8()), label, help).level(Level::Warning));
    }
}

/// Characters that a text takes on where it is copied from a page or a word processor.
fn look_alike(c: char) -> Option<&'static str> {
    match c {
        '\u{a0}' | '\u{202f}' | '\u{2007}' => Some("a blank that does not break"),
        '\u{200b}'..='\u{200d}' | '\u{2060}' | MARK => Some("a character without width"),
        '\u{2018}'..='\u{201f}' => Some("a quote of typography"),
        _ => None,
    }
}
