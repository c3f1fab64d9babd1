//! Free text as ONE whole token of a format, such that the format's own reader gives the same text back.

use std::fmt::Write;

use super::format::Format;

/// Quotes a text for a format.
///
/// # Errors
/// Why the format cannot carry it.
pub(crate) fn quote(format: Format, text: &str) -> Result<String, &'static str> {
    if text.contains('\0') {
        return Err("a NUL character");
    }
    match format {
        Format::Bash => Ok(bash(text)),
        Format::Yaml => Ok(yaml(text)),
        Format::Compose => Ok(yaml(&text.replace('$', "$$"))),
        Format::Nginx => nginx(text),
        Format::Json => Ok(serde_json::Value::String(text.to_owned()).to_string()),
        Format::Tsv if text.contains(['\t', '\n', '\r']) => Err("a tab or a line break"),
        Format::Tsv => Ok(text.to_owned()),
        Format::Markdown => Err("free text"),
        Format::Plain => Err("free text"),
    }
}

/// Single quotes keep everything but themselves
/// (<https://www.gnu.org/software/bash/manual/html_node/Single-Quotes.html>).
fn bash(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Double-quoted style with escapes for all that is not printable
/// (<https://yaml.org/spec/1.2.2/#57-escaped-characters>). Line and paragraph separators and the BOM are escaped too:
/// parsers of YAML 1.1 fold or refuse them.
fn yaml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            // Non-characters are not printable in YAML.
            c if (c as u32) & 0xfffe == 0xfffe => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// nginx knows `\"`, `\\` and, after those, `\t`, `\r`, `\n` inside quotes; a `$` always begins a variable, and nothing
/// escapes it (`ngx_conf_read_token` and `ngx_http_script_compile` of nginx).
fn nginx(text: &str) -> Result<String, &'static str> {
    if text.contains('$') {
        return Err("a `$`, which nginx always reads as a variable");
    }
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    // `NGX_CONF_BUFFER`: a longer word is "too long parameter".
    if quoted.len() >= 4096 { Err("a text of more than 4,000 bytes") } else { Ok(quoted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_each_format() {
        assert_eq!(quote(Format::Bash, "it's $x").unwrap(), r"'it'\''s $x'");
        assert_eq!(quote(Format::Compose, "a$b\"\n").unwrap(), r#""a$$b\"\n""#);
        assert_eq!(quote(Format::Yaml, "\u{2028}").unwrap(), r#""\u2028""#);
        assert_eq!(quote(Format::Nginx, r#"a"b\"#).unwrap(), r#""a\"b\\""#);
        assert!(quote(Format::Nginx, "$x").is_err());
        assert!(quote(Format::Bash, "\0").is_err());
    }
}
