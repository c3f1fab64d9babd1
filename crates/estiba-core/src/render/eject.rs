//! A built-in template as the beginning of a project's own, with a note of what it came from.

use super::header::MARK;
use super::templates::{SUFFIX, Template, Templates, built_in_text};
use crate::source::{Diagnostic, Level, Span, last_part};
use crate::tree::sha256;

/// Hexadecimal characters of a hash that are noted: 64 bits, against chance, not against malice.
const NOTED: usize = 16;

/// The text to write to `templates/<name>` of a project; `None` when there is no such built-in template.
#[must_use]
pub fn eject(name: &str) -> Option<(String, String)> {
    let name = if name.ends_with(SUFFIX) { name.to_owned() } else { format!("{name}{SUFFIX}") };
    let text = built_in_text(&name)?;
    Some((noted(&name, text), name))
}

fn noted(name: &str, text: &str) -> String {
    let note = format!("from={}", fingerprint(text));
    let mut start = 0;
    for line in text.split_inclusive('\n').take(3) {
        if let Some(at) = line.find(MARK) {
            let (before, after) = text.split_at(start + at + MARK.len());
            return format!("{before} {note}{after}");
        }
        start += line.len();
    }
    let output = name.strip_suffix(SUFFIX).unwrap_or(name);
    // A part is included as it is, its first line too: only a comment of the engine leaves no trace.
    let part = last_part(output).starts_with('_');
    let line = if !part && [".sh", ".yml", ".yaml", ".conf"].iter().any(|end| output.ends_with(end)) {
        format!("# {MARK} {note}\n")
    } else {
        format!("<%# {MARK} {note} %>\n")
    };
    let first = if text.starts_with("#!") { text.find('\n').map_or(text.len(), |at| at + 1) } else { 0 };
    format!("{}{line}{}", &text[..first], &text[first..])
}

fn fingerprint(text: &str) -> String {
    sha256(text.as_bytes())[..NOTED].to_owned()
}

/// A warning for each own template whose original is another by now.
#[must_use]
pub fn moved(templates: &Templates) -> Vec<Diagnostic> {
    let moved = |template: &&Template| {
        let from = template.header.from.as_deref().filter(|_| template.own);
        from.is_some() && built_in_text(&template.name).is_some_and(|text| Some(fingerprint(text).as_str()) != from)
    };
    templates.iter().filter(moved).map(|template| {
        let range = template.header_line.clone().unwrap_or(0..0);
        let message = format!("the built-in template `{}` has changed since yours was made from it", template.name);
        Diagnostic::new(Level::Warning, message)
            .at(Span::new(template.file, range.start, range.end.saturating_sub(1).max(range.start)), "made from an older one")
            .help(format!("compare with `estiba templates show {}`, then note its new hash (`estiba templates list` shows it)", template.name))
    }).collect()
}

/// The noted part of a built-in template's hash.
#[must_use]
pub fn built_in_fingerprint(name: &str) -> Option<String> {
    built_in_text(name).map(fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::header::Header;

    #[test]
    fn the_note_goes_behind_a_shebang_and_reads_back() {
        let text = noted("a.sh.template", "#!/bin/bash\necho\n");
        assert!(text.starts_with("#!/bin/bash\n# estiba-template: from="));
        assert!(Header::read(&text).expect("a header").0.from.is_some());
    }

    #[test]
    fn the_note_joins_a_header() {
        let text = noted("a.json.template", "<%# estiba-template: pass=2 %>\n{}\n");
        let (header, _) = Header::read(&text).expect("a header");
        assert_eq!(header.pass, 2);
        assert!(header.from.is_some());
    }
}
