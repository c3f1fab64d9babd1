//! Standard output and standard error, coloured where a terminal reads them and `NO_COLOR` does not forbid it.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default().bold();

/// Writes to standard output. A reader that has gone (`| head`) is no error of ours.
pub(crate) fn print(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes to standard error.
pub(crate) fn complain(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// An error without a place.
pub(crate) fn error(message: &str, how: Option<&str>) {
    complain(&format!("{ERROR}error{ERROR:#}: {message}\n"));
    if let Some(how) = how {
        help(how);
    }
}

/// The way out.
pub(crate) fn help(how: &str) {
    complain(&format!("{HELP}help{HELP:#}: {how}\n"));
}

/// Names in a tree may be what somebody else wrote: nothing of it may steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Data for programs on standard output.
pub(crate) fn json<T: Serialize>(value: &T) {
    // Our structs hold strings and numbers only: nothing in them can fail to be written.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    print(&format!("{text}\n"));
}
