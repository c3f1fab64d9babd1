//! The few lines of a text that hold what is looked for: most lines of most files are never looked at.

use memchr::{memchr, memmem, memrchr};

/// Lines that hold one of these parts, with where they begin; each once, in order, with their ends. In time linear in
/// the text for each part.
pub(crate) fn holding<'t>(text: &'t str, parts: &[&str]) -> Vec<(usize, &'t str)> {
    let places = parts.iter().flat_map(|part| memmem::find_iter(text.as_bytes(), part));
    at(text, places.collect())
}

/// Lines of these places; each once, in order, with their ends.
pub(crate) fn at(text: &str, mut places: Vec<usize>) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    places.sort_unstable();
    let mut lines = Vec::new();
    let mut from = 0;
    for at in places {
        if at < from {
            continue;
        }
        let start = before(text, at);
        from = memchr(b'\n', &bytes[at..]).map_or(text.len(), |length| at + length + 1);
        lines.push((start, &text[start..from]));
    }
    lines
}

/// Where the line of a place begins.
pub(crate) fn before(text: &str, at: usize) -> usize {
    memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::holding;

    #[test]
    fn each_line_comes_once_in_order_with_its_end() {
        let text = "a x\nb\ny x y\n\nx";
        assert_eq!(holding(text, &["y", "x"]), [(0, "a x\n"), (6, "y x y\n"), (13, "x")]);
        assert_eq!(holding(text, &["z"]), []);
    }
}
