//! The extent of a `*_by_lua_block`: OpenResty reads Lua there, in which `#`, `;` and quotes mean other things.

/// The offset of the brace that closes the block whose code begins at `from`, or `None` when it is never closed.
pub(super) fn closing_brace(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = from;
    loop {
        match *bytes.get(at)? {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            quote @ (b'"' | b'\'') => {
                at += 1;
                while *bytes.get(at)? != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at += 2;
                at = match long_bracket(bytes, at) {
                    Some(level) => after_long_bracket(bytes, at, level)?,
                    None => at + bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?,
                };
                continue;
            }
            b'[' => {
                if let Some(level) = long_bracket(bytes, at) {
                    at = after_long_bracket(bytes, at, level)?;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The number of `=` between the two brackets that open a long string or comment at `at`.
fn long_bracket(bytes: &[u8], at: usize) -> Option<usize> {
    let inner = bytes.get(at..)?.strip_prefix(b"[")?;
    let level = inner.iter().take_while(|byte| **byte == b'=').count();
    (inner.get(level) == Some(&b'[')).then_some(level)
}

fn after_long_bracket(bytes: &[u8], open: usize, level: usize) -> Option<usize> {
    let mut at = open + level + 2;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == b']')? + 1;
        let equals = bytes[at..].iter().take_while(|byte| **byte == b'=').count();
        at += equals;
        if equals == level && bytes.get(at) == Some(&b']') {
            return Some(at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::closing_brace;

    #[test]
    fn braces_in_strings_and_comments_close_nothing() {
        let text =
            "\n local a = \"}\\\"}\" -- }\n local b = [==[ }]] ]=] ]==] --[[ } ]]\n t = {'}'} if #t > 0 then end\n}";
        assert_eq!(closing_brace(text, 0), Some(text.len() - 1));
    }

    #[test]
    fn an_open_block_string_or_comment_has_no_end() {
        for text in ["a = {}", "a = '}", "--[[ }", "[=[ } ]]", "-- }", "'\\"] {
            assert_eq!(closing_brace(text, 0), None, "{text}");
        }
    }
}
