//! The texts that diagnostics point into.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::{FileId, Span};

/// One text with the name a person knows it by.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path as shown to people.
    pub name: String,
    /// The whole text; those that are built in are not copied.
    pub text: Cow<'static, str>,
    /// Where lines begin: counted once, when a place of this text is shown first.
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// Line and column of a byte offset, both from 1; columns count Unicode scalar values.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let lines = self.lines.get_or_init(|| {
            let breaks = self.text.match_indices('\n').map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(breaks).collect()
        });
        let line = lines.partition_point(|start| *start as usize <= offset);
        let start = lines.get(line.saturating_sub(1)).map_or(0, |start| *start as usize);
        (line, self.text[start..offset].chars().count() + 1)
    }
}

/// Every text of one run, by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a text and gives its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.add_text(name, Cow::Owned(text.into()))
    }

    /// As [`Sources::add`], for a text that may be built in.
    pub fn add_text(&mut self, name: impl Into<String>, text: Cow<'static, str>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile { name: name.into(), text, lines: OnceLock::new() });
        id
    }

    /// The text behind an id. Ids are only made by [`Sources::add`] of the same value.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The slice a span covers.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.range()).unwrap_or("")
    }
}
