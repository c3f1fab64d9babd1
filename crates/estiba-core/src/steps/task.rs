//! The work of finding out what scripts do, shared by as many threads as help.

use std::sync::OnceLock;

use super::value::Memory;
use super::{Entry, Library, ScriptEffects, run};
use crate::source::FileId;
use crate::syntax::bash::Script;
use crate::work::Queue;

/// What the scripts of a tree do, as soon as somebody has found it out.
pub struct Task<'t> {
    /// Path in the tree, id and text.
    files: Vec<(&'t str, FileId, &'t str)>,
    parsed: Queue<Entry<'t>>,
    library: OnceLock<Library<'t>>,
    followed: Queue<ScriptEffects>,
    effects: OnceLock<Vec<ScriptEffects>>,
}

impl<'t> Task<'t> {
    /// For the bash files of a tree, given as path in the tree, id and text.
    pub fn new(files: impl IntoIterator<Item = (&'t str, FileId, &'t str)>) -> Self {
        let mut files: Vec<(&str, FileId, &str)> = files.into_iter().collect();
        // The longest first: a thread that begins it last would let the others wait.
        files.sort_by_key(|(_, _, text)| std::cmp::Reverse(text.len()));
        Self {
            files,
            parsed: Queue::default(),
            library: OnceLock::new(),
            followed: Queue::default(),
            effects: OnceLock::new(),
        }
    }

    /// Takes a part in the work, and returns when all of it is done: as [`interpret`](super::interpret) would.
    pub fn help(&self, exists: &dyn Fn(&str) -> bool, mode: &str) -> &[ScriptEffects] {
        // Several rules ask, one after the other.
        if let Some(effects) = self.effects.get() {
            return effects;
        }
        let waiting = Waiting(self);
        let library = self.library();
        let mut scripts: Vec<&str> = library.scripts().collect();
        scripts.sort_by_key(|path| std::cmp::Reverse(library.length(path)));
        let mut memory = Memory::default();
        let follow = |at: usize| {
            let script = scripts.get(at)?;
            run::Run::script(library, exists, mode, &mut memory, script)
        };
        if let Some(mut effects) = self.followed.work(scripts.len(), follow) {
            effects.sort_by(|left, right| left.path.cmp(&right.path));
            let _ = self.effects.set(effects);
        }
        let effects = self.effects.wait();
        drop(waiting);
        effects
    }

    /// The syntax of a file. Takes a part in reading all of them, and waits for nothing else.
    pub fn syntax(&self, path: &str) -> Option<&Script<'t>> {
        self.library().get(path)
    }

    /// Takes a part in reading the files, and returns when all of them are read.
    fn library(&self) -> &Library<'t> {
        if let Some(library) = self.library.get() {
            return library;
        }
        let waiting = Waiting(self);
        let entry = |at: usize| self.files.get(at).map(|(path, id, text)| Entry::parse(path, *id, text));
        if let Some(entries) = self.parsed.work(self.files.len(), entry) {
            let _ = self.library.set(Library::of(entries));
        }
        let library = self.library.wait();
        drop(waiting);
        library
    }
}

/// Whatever happens to one who helps, nobody waits for ever.
struct Waiting<'s, 't>(&'s Task<'t>);

impl Drop for Waiting<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.library.set(Library::of(Vec::new()));
            let _ = self.0.effects.set(Vec::new());
        }
    }
}
