//! What the guide of a tree tells people to run: its command blocks, in order, each with its place.
//!
//! A block is a fence marked `sh laptop` or `sh server` and holds one command that runs one script of the tree. Fences
//! with another mark are examples and say nothing here.

mod command;

use crate::source::{Diagnostic, FileId, Level, Span, Spanned, last_part};
use crate::tree::sha256;

/// The file of a tree.
pub const GUIDE: &str = "GUIDE.md";

/// On which machine a block is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The person's own, in the folder of the guide.
    Laptop,
    /// The server, after a login.
    Server,
}

/// One command block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it is typed.
    pub place: Place,
    /// The headings above it, the outermost first, without the title of the guide.
    pub headings: Vec<String>,
    /// The line as it is typed.
    pub command: Spanned<String>,
    /// The script that it runs: a path of the tree.
    pub script: String,
    /// What the script is given.
    pub arguments: Vec<String>,
}

impl Block {
    /// The name of the step: the script's file name without `.sh`.
    #[must_use]
    pub fn step(&self) -> &str {
        let name = last_part(&self.script);
        name.strip_suffix(".sh").unwrap_or(name)
    }
}

/// The guide of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guide {
    /// The digest of its text, as `sha256sum` prints it.
    pub sha256: String,
    /// Its command blocks, in order.
    pub blocks: Vec<Block>,
}

impl Guide {
    /// The first block that runs a script.
    #[must_use]
    pub fn block(&self, step: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.step() == step)
    }
}

/// Reads a guide. `folder` is the folder of the project on the server; `exists` knows the files of the tree.
///
/// # Errors
/// Every block that cannot be run as it stands.
pub fn read(file: FileId, text: &str, folder: &str, exists: impl Fn(&str) -> bool) -> Result<Guide, Vec<Diagnostic>> {
    let mut headings: Vec<(usize, String)> = Vec::new();
    let mut blocks = Vec::new();
    let mut problems = Vec::new();
    let mut open: Option<Fence> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(file, at, at + line.trim_end().len());
        at += line.len();
        let line = line.trim_end();
        if let Some(fence) = &mut open {
            if line == "```" {
                if let Some(fence) = open.take()
                    && let Some(place) = fence.place
                {
                    match one(fence, place, &headings, folder, &exists) {
                        Ok(block) => blocks.push(block),
                        Err(problem) => problems.push(problem),
                    }
                }
            } else if !line.trim().is_empty() {
                fence.lines.push(Spanned::new(line.trim().to_owned(), span));
            }
        } else if let Some(mark) = line.strip_prefix("```") {
            let place = match mark.split_whitespace().collect::<Vec<_>>()[..] {
                ["sh", "laptop"] => Some(Place::Laptop),
                ["sh", "server"] => Some(Place::Server),
                ["sh" | "bash" | "shell", ..] => {
                    problems.push(
                        Diagnostic::error("a command block does not say where it is run", span, "this mark")
                            .help("mark it `sh laptop` or `sh server`; an example that nobody runs is marked `text`"),
                    );
                    None
                }
                _ => None,
            };
            open = Some(Fence { place, span, lines: Vec::new() });
        } else {
            let level = line.len() - line.trim_start_matches('#').len();
            if level > 1 && line[level..].starts_with(' ') {
                headings.retain(|(above, _)| *above < level);
                headings.push((level, line[level..].trim().to_owned()));
            }
        }
    }
    if let Some(fence) = open {
        problems.push(
            Diagnostic::error("a block is never closed", fence.span, "opened here").help("close it with a line ```"),
        );
    }
    if blocks.is_empty() && problems.is_empty() {
        problems.push(
            Diagnostic::new(Level::Error, format!("{GUIDE} holds no command block"))
                .help("a command that is to be run stands in a fence marked `sh laptop` or `sh server`"),
        );
    }
    if problems.is_empty() { Ok(Guide { sha256: sha256(text.as_bytes()), blocks }) } else { Err(problems) }
}

/// A fence that is being read.
struct Fence {
    place: Option<Place>,
    span: Span,
    lines: Vec<Spanned<String>>,
}

fn one(
    fence: Fence,
    place: Place,
    headings: &[(usize, String)],
    folder: &str,
    exists: &impl Fn(&str) -> bool,
) -> Result<Block, Diagnostic> {
    let mut lines = fence.lines.into_iter();
    let Some(command) = lines.next() else {
        let help = "a block holds one command that runs one script of the tree";
        return Err(Diagnostic::error("a command block is empty", fence.span, "this block").help(help));
    };
    if let Some(second) = lines.next() {
        return Err(Diagnostic::error("a command block holds more than one line", second.span, "the second one")
            .related(command.span, "the first one")
            .help("give each command a block of its own, so that it is clear when it has ended"));
    }
    let (script, arguments) = command::read(&command, place, folder)?;
    if !exists(&script) {
        return Err(Diagnostic::error(
            "a command block runs a script that the tree does not have",
            command.span,
            format!("`{script}` is not in the tree"),
        )
        .help("name a script of the tree, from the folder of the guide"));
    }
    let headings = headings.iter().map(|(_, title)| title.clone()).collect();
    Ok(Block { place, headings, command, script, arguments })
}

#[cfg(test)]
mod tests;
