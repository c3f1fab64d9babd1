//! What the scripts of a tree do, told from their text.
//!
//! Each script is run without running it: constants and arrays of `scripts/settings.sh` are known, sourced files and
//! functions are entered, loops over known arrays are unrolled, and where a condition is not known both ways are looked
//! at. What only a run can know is a hole in a [`Text`]. Code given to `trap` and `eval` is not entered.

mod builtin;
mod command;
mod docker;
mod effect;
mod expand;
mod known;
mod name;
mod recall;
mod reference;
mod run;
mod string;
mod task;
mod text;
mod value;

pub use effect::{Deleted, Effect, EffectKind, Naming, Reference, ScriptEffects, Unknown};
pub use task::Task;
pub use text::Text;

use crate::quick::QuickMap;
use crate::source::{FileId, Span};
use crate::syntax::bash::{self, Script, Word};
use builtin::Builtin;
use name::{Names, Number};

/// The reason of an [`Unknown`] after which nothing more of a script is known.
pub const EXHAUSTED: &str = "the script runs through more commands than are followed";

/// The reason of an [`Unknown`] where a script reads another one that is not known.
pub const SOURCED: &str = "what is sourced here is not known";

impl<'a> Entry<'a> {
    fn parse(path: &'a str, id: FileId, text: &'a str) -> Self {
        Self { path, id, text, parsed: bash::parse(id, text), numbers: Vec::new() }
    }
}

/// The bash files of a tree, each parsed once.
pub struct Library<'a> {
    /// In the order of their paths.
    files: Vec<Entry<'a>>,
    by_path: QuickMap<&'a str, usize>,
    by_id: QuickMap<FileId, usize>,
    names: Names<'a>,
    commands: QuickMap<&'a str, Called>,
}

/// What a command of some name may be.
#[derive(Clone, Copy, Default)]
struct Called {
    /// A function that one of the files defines.
    function: Option<Number>,
    builtin: Option<Builtin>,
}

struct Entry<'a> {
    path: &'a str,
    id: FileId,
    text: &'a str,
    parsed: Script<'a>,
    /// Of its names, in the library.
    numbers: Vec<Number>,
}

impl<'a> Library<'a> {
    /// Parses files given as path in the tree, id and text.
    pub fn parse(files: impl IntoIterator<Item = (&'a str, FileId, &'a str)>) -> Self {
        let files: Vec<(&str, FileId, &str)> = files.into_iter().collect();
        let entries = files.iter().map(|(path, id, text)| Entry::parse(path, *id, text)).collect();
        Self::of(entries)
    }

    /// From what each file was parsed to.
    fn of(mut files: Vec<Entry<'a>>) -> Self {
        files.sort_unstable_by_key(|entry| entry.path);
        let mut names = Names::default();
        let mut commands: QuickMap<&str, Called> = QuickMap::default();
        for (name, builtin) in builtin::by_name() {
            commands.insert(name, Called { builtin: Some(builtin), function: None });
        }
        for entry in &mut files {
            entry.numbers = names.add(&entry.parsed);
            for name in &entry.parsed.functions {
                commands.entry(name.text).or_default().function = Some(name::number(&entry.numbers, *name));
            }
        }
        let by_path = files.iter().enumerate().map(|(at, entry)| (entry.path, at)).collect();
        let by_id = files.iter().enumerate().map(|(at, entry)| (entry.id, at)).collect();
        Self { files, by_path, by_id, names, commands }
    }

    /// The syntax of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Script<'a>> {
        self.entry(path).map(|entry| &entry.parsed)
    }

    /// The files that begin with `#!`, in the order of their paths.
    pub fn scripts(&self) -> impl Iterator<Item = &'a str> {
        self.files.iter().filter(|entry| entry.text.starts_with("#!")).map(|entry| entry.path)
    }

    /// How long a file is, in bytes.
    fn length(&self, path: &str) -> usize {
        self.entry(path).map_or(0, |entry| entry.text.len())
    }

    fn entry(&self, path: &str) -> Option<&Entry<'a>> {
        self.files.get(*self.by_path.get(path)?)
    }

    fn document(&self, id: FileId, index: usize) -> Option<&Word<'a>> {
        self.files.get(*self.by_id.get(&id)?)?.parsed.documents.get(index)
    }

    /// The path of `# shellcheck source=…` in the line before a command.
    fn hint(&self, path: &str, span: Span) -> Option<String> {
        let entry = self.entry(path)?;
        let next = entry.parsed.comments.partition_point(|comment| comment.end <= span.start);
        let comment = entry.parsed.comments.get(next.checked_sub(1)?)?;
        let between = entry.text.get(comment.end as usize..span.start as usize)?;
        let text = entry.text.get(comment.range())?;
        let hint = text.strip_prefix('#')?.trim().strip_prefix("shellcheck ")?;
        let named = hint.split_whitespace().find_map(|word| word.strip_prefix("source="))?;
        if !between.trim().is_empty() || named == "/dev/null" {
            return None;
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Some(run::normal(&format!("{folder}/{named}")))
    }
}

/// What each script with `#!` does, in one mode (`minimal` or `hybrid`), in the order of their paths.
///
/// `exists` says whether the tree has a file or a folder at a path.
#[must_use]
pub fn interpret<'a>(library: &'a Library<'a>, exists: &dyn Fn(&str) -> bool, mode: &str) -> Vec<ScriptEffects> {
    interpret_with(library, exists, mode, value::Memory::default())
}

fn interpret_with<'a>(
    library: &'a Library<'a>,
    exists: &dyn Fn(&str) -> bool,
    mode: &str,
    mut memory: value::Memory<'a>,
) -> Vec<ScriptEffects> {
    library.scripts().filter_map(|script| run::Run::script(library, exists, mode, &mut memory, script)).collect()
}

#[cfg(test)]
mod tests;
