//! Where a byte of a file means more than it shows: no edit is made there.

use crate::check::Edit;

/// Why an edit is not made.
pub(super) fn reason(path: &str, text: &str, edit: &Edit) -> Option<&'static str> {
    if text.get(edit.span.range()).is_none() {
        return Some("its place is no place of the file");
    }
    if !path.ends_with(".yml") && !path.ends_with(".yaml") {
        return None;
    }
    let at = edit.span.start as usize;
    let line = line_at(text, at);
    if line.contains('$') {
        return Some("a variable stands on the line");
    }
    if has_mark(line, '*') || siblings(text, at).any(|line| line.trim_start().starts_with("<<:")) {
        return Some("it takes over what stands at an anchor");
    }
    anchored(text, at).then_some("it stands below an anchor, which is used elsewhere too")
}

fn line_at(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    text[start..].split('\n').next().unwrap_or_default()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '-']).len()
}

/// Whether a word of a line is an anchor (`&`) or an alias (`*`).
fn has_mark(line: &str, mark: char) -> bool {
    let code = line.split(" #").next().unwrap_or_default();
    code.split([' ', ',', '[', '{', '(']).any(|word| {
        word.strip_prefix(mark).is_some_and(|name| name.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

/// Whether a place is in the block of a line that sets an anchor.
fn anchored(text: &str, at: usize) -> bool {
    let mut within: Option<usize> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let blank = line.trim().is_empty() || line.trim_start().starts_with('#');
        if !blank && within.is_some_and(|outer| indent(line) <= outer) {
            within = None;
        }
        if within.is_none() && has_mark(line, '&') {
            within = Some(indent(line));
        }
        start += line.len();
        if at < start {
            return within.is_some();
        }
    }
    within.is_some()
}

/// Lines of the block that a place stands in.
fn siblings(text: &str, at: usize) -> impl Iterator<Item = &str> {
    let own = indent(line_at(text, at));
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let deeper = move |line: &&str| line.trim().is_empty() || indent(line) >= own;
    let before = text[..start].lines().rev().take_while(deeper);
    let behind = text[start..].lines().take_while(deeper);
    before.chain(behind).filter(move |line| indent(line) == own)
}

#[cfg(test)]
mod tests {
    use super::{anchored, has_mark};

    #[test]
    fn an_anchor_holds_its_block() {
        let text = "a: &one\n  b: 1\n\n  c: 2\nd: 3\ne: [&two x, y]\nf: 'a & b'\n";
        let at = |word: &str| anchored(text, text.find(word).unwrap());
        assert!(at("b: 1") && at("c: 2") && at("y]") && !at("d: 3") && !at("f:"));
        assert!(has_mark("<<: *base", '*') && !has_mark("- '*.example.com'", '*') && !has_mark("a: b # &c", '&'));
    }
}
