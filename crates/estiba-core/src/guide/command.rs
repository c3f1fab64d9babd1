//! The line of a block: a script of the tree and words for it, nothing that a shell would read otherwise.

use super::Place;
use crate::source::{Diagnostic, Spanned};

/// The script, as a path of the tree, and its arguments.
pub(super) fn read(command: &Spanned<String>, place: Place, folder: &str) -> Result<(String, Vec<String>), Diagnostic> {
    if let Some(strange) = command.value.chars().find(|c| !is_plain(*c)) {
        return Err(Diagnostic::error(
            "a command block holds more than a script and its words",
            command.span,
            format!("`{strange}` is read by the shell"),
        )
        .help("a block runs one script of the tree with plain words; what needs a shell belongs into a script"));
    }
    let mut words = command.value.split_whitespace();
    let mut first = words.next().unwrap_or_default();
    if place == Place::Server && first == "sudo" {
        first = words.next().unwrap_or_default();
    }
    let (start, expected) = match place {
        Place::Laptop => ("./".to_owned(), "`./`, from the folder of the guide".to_owned()),
        Place::Server => {
            let current = format!("{folder}/srv/current/");
            let expected = format!("`{current}`, the release in use");
            (current, expected)
        }
    };
    let Some(script) = first.strip_prefix(&start) else {
        let message = "a command block runs no script of the tree";
        return Err(Diagnostic::error(message, command.span, "this command").help(format!("begin it with {expected}")));
    };
    Ok((script.to_owned(), words.map(str::to_owned).collect()))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '/' | '-' | '_' | '=' | ':' | ',' | '@' | '+')
}
