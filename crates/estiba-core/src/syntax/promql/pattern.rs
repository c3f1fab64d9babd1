//! What makes a pattern no regular expression of RE2 (<https://github.com/google/re2/wiki/Syntax>), as far as it is beyond doubt.

/// `:^xdigit:` is the longest name between brackets.
const LONGEST_CLASS: usize = 9;

/// Why it is none.
pub(super) fn mistake(pattern: &str) -> Option<&'static str> {
    if pattern.contains("\\Q") {
        return None;
    }
    let mut chars = pattern.chars().peekable();
    let mut open = 0_usize;
    // What `*` would repeat: nothing yet, one thing, or what is repeated already.
    let mut last = Last::Nothing;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let Some(escaped) = chars.next() else { return Some("it ends with a backslash") };
                let octal = matches!(escaped, '1'..='7') && matches!(chars.peek(), Some('0'..='7'));
                if matches!(escaped, '1'..='9') && !octal {
                    return Some("RE2 has no references to groups");
                }
                last = Last::Thing;
            }
            '[' => {
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
                // A bracket that comes first is one of the characters.
                let mut first = true;
                loop {
                    match chars.next() {
                        None => return Some("a `[` is not closed"),
                        Some('\\') => {
                            let _ = chars.next();
                        }
                        Some('[') if chars.peek() == Some(&':') => {
                            // A class like [:alpha:] is closed by its own bracket.
                            let named: String = chars.clone().take(LONGEST_CLASS).take_while(|&c| c != ']').collect();
                            if named.len() > 1 && named.ends_with(':') {
                                let _ = chars.nth(named.chars().count());
                            }
                        }
                        Some(']') if !first => break,
                        Some(_) => {}
                    }
                    first = false;
                }
                last = Last::Thing;
            }
            '(' => {
                if chars.peek() == Some(&'?') {
                    let kind: String = chars.clone().skip(1).take(2).collect();
                    if kind.starts_with(['=', '!']) || matches!(kind.as_str(), "<=" | "<!") {
                        return Some("RE2 does not look ahead or behind");
                    }
                    // Flags and names are letters, up to a colon or the end of the name.
                    while chars.peek().is_some_and(|c| !matches!(c, ':' | '>' | ')')) {
                        chars.next();
                    }
                    if matches!(chars.peek(), Some(':' | '>')) {
                        chars.next();
                    }
                }
                open += 1;
                last = Last::Nothing;
            }
            ')' => {
                if open == 0 {
                    return Some("a `)` closes nothing");
                }
                open -= 1;
                last = Last::Thing;
            }
            '|' => last = Last::Nothing,
            '*' | '+' | '?' => match last {
                Last::Nothing => return Some("there is nothing before it that could be repeated"),
                Last::Repeated => return Some("what is repeated cannot be repeated again"),
                Last::Thing => {
                    // Lazy, as in `a*?`.
                    if chars.peek() == Some(&'?') {
                        chars.next();
                    }
                    last = Last::Repeated;
                }
            },
            _ => last = Last::Thing,
        }
    }
    (open > 0).then_some("a `(` is not closed")
}

#[derive(Clone, Copy)]
enum Last {
    Nothing,
    Thing,
    Repeated,
}
