//! `${NAME:-default}` in short forms (<https://docs.docker.com/reference/compose-file/interpolation/>): its colon divides
//! nothing.

/// The parts between colons that stand outside of braces.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let divides = |c: char| {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ':' && depth == 0
    };
    text.split(divides).collect()
}

/// A variable's default where it has one; the text as it is otherwise.
pub(super) fn value(text: &str) -> String {
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let default = inner.and_then(|inner| inner.split_once(":-").or_else(|| inner.split_once('-')));
    default.map_or(text, |(_, default)| default).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{parts, value};

    #[test]
    fn a_colon_inside_braces_or_brackets_divides_nothing() {
        assert_eq!(parts("${A:-./a}:/b:ro"), ["${A:-./a}", "/b", "ro"]);
        assert_eq!(parts("[::1]:80:80"), ["[::1]", "80", "80"]);
        assert_eq!(parts("}:a"), ["}", "a"]);
    }

    #[test]
    fn a_default_is_the_value() {
        assert_eq!(value("${A:-x}"), "x");
        assert_eq!(value("${A-x}"), "x");
        assert_eq!(value("${A}"), "${A}");
    }
}
