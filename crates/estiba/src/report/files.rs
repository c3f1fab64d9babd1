//! What a check reads, for people and for programs.

use estiba_core::check::Reading;
use serde::Serialize;

use super::out;
use crate::cli::Format;

/// Version 1 of the list.
#[derive(Serialize)]
struct FilesJson<'a> {
    version: u8,
    files: Vec<FileJson<'a>>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    kind: &'a str,
    judged: bool,
    why: &'a str,
}

/// Shows every file with its part in a run.
pub(crate) fn print(readings: &[Reading], format: Format) {
    if format == Format::Json {
        let files = readings.iter().map(|reading| FileJson {
            path: &reading.path,
            kind: reading.kind,
            judged: reading.judged,
            why: &reading.why,
        });
        out::json(&FilesJson { version: 1, files: files.collect() });
        return;
    }
    for reading in readings {
        let mark = if reading.judged { ' ' } else { '-' };
        let path = reading.path.escape_debug();
        out::print(&format!("{mark} {:<12} {path}: {}\n", reading.kind, reading.why.escape_debug()));
    }
    let left = readings.iter().filter(|reading| !reading.judged).count();
    out::print(&format!("{} files read, {left} left alone (-)\n", readings.len() - left));
}
