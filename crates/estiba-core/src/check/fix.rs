//! What would mend a finding: replacements of bytes, which the stage `mend` tries and proves.

use crate::facts::Facts;
use crate::source::{Span, only_near};

/// What would mend a finding: all of its edits, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order.
    pub title: String,
    /// Whether it does what was meant and nothing else; otherwise a person should look.
    pub is_safe: bool,
    /// The edits; they do not overlap, and may be in several files.
    pub edits: Vec<Edit>,
}

/// Bytes of a text become others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty where something is put in.
    pub span: Span,
    /// What comes.
    pub text: String,
}

impl Fix {
    /// A fix that a person should look at.
    pub(super) fn unsafely(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), is_safe: false, edits }
    }

    /// One that does what was meant and nothing else.
    pub(super) fn safely(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { is_safe: true, ..Self::unsafely(title, edits) }
    }
}

impl Edit {
    /// Puts a text in before a byte of a span's file.
    pub(super) fn insert(span: Span, at: usize, text: impl Into<String>) -> Self {
        Self { span: Span::new(span.file, at, at), text: text.into() }
    }
}

/// The slip of a name that a span holds once, where one known name only is near it.
pub(super) fn rename<'a>(
    facts: &Facts,
    span: Span,
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<Fix> {
    let near = only_near(wrong, known)?;
    let place = word(facts, span, wrong)?;
    Some(Fix::safely(format!("write `{near}` instead of `{wrong}`"), vec![Edit { span: place, text: near.to_owned() }]))
}

/// Where a span holds a word, if it does so once; the scheme of an address is no part of it.
fn word(facts: &Facts, span: Span, word: &str) -> Option<Span> {
    let text = facts.texts.sources.slice(span);
    let from = text.find("://").map_or(0, |at| at + 3);
    let ends = |c: char| !c.is_alphanumeric() && c != '_' && c != '-';
    let whole = |at: &usize| {
        text[..*at].chars().next_back().is_none_or(ends) && text[at + word.len()..].chars().next().is_none_or(ends)
    };
    let mut places = text[from..].match_indices(word).map(|(at, _)| from + at).filter(whole);
    let start = span.start as usize + places.next()?;
    places.next().is_none().then(|| Span::new(span.file, start, start + word.len()))
}

/// A span with the blanks around it up to whole lines, where nothing else stands on them.
pub(super) fn whole_lines(facts: &Facts, span: Span) -> Span {
    let text = &facts.texts.sources.get(span.file).text;
    let start = text[..span.start as usize].trim_end_matches([' ', '\t']).len();
    let rest = &text[span.end as usize..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    let end = span.end as usize + blanks;
    let begins = start == 0 || text[..start].ends_with('\n');
    if begins && text[end..].starts_with('\n') { Span::new(span.file, start, end + 1) } else { span }
}

#[cfg(test)]
mod tests {
    use super::rename;
    use crate::facts::testing::facts;
    use crate::source::Span;

    /// What a text becomes when a slip of `app` in it is mended.
    fn mended(text: &str, wrong: &str, known: &[&str]) -> Option<String> {
        let facts = facts(&[("x.txt", text)]);
        let (file, _) = facts.texts.get("x.txt").unwrap();
        let fix = rename(&facts, Span::new(file, 0, text.len()), wrong, known.iter().copied())?;
        let mut text = text.to_owned();
        text.replace_range(fix.edits[0].span.range(), &fix.edits[0].text);
        Some(text)
    }

    #[test]
    fn a_slip_becomes_the_one_name_that_is_near() {
        assert_eq!(mended("http://ap:80/ap-x", "ap", &["app", "database"]).as_deref(), Some("http://app:80/ap-x"));
        assert_eq!(mended("http://http1", "http1", &["http2", "http3"]), None, "two are near");
        assert_eq!(mended("ap,ap", "ap", &["app"]), None, "which one is meant");
    }
}
