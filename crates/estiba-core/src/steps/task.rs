//! The work of finding out what scripts do, shared by as many threads as help.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::value::Memory;
use super::{Entry, Library, ScriptEffects, run};
use crate::source::FileId;

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
        let waiting = Waiting(self);
        let entry = |at: usize| self.files.get(at).map(|(_, id, text)| Entry::parse(*id, text));
        if let Some(entries) = self.parsed.work(self.files.len(), entry) {
            let _ = self.library.set(Library::of(&self.files, entries));
        }
        let library = self.library.wait();
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
}

/// Whatever happens to one who helps, nobody waits for ever.
struct Waiting<'s, 't>(&'s Task<'t>);

impl Drop for Waiting<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.library.set(Library::of(&[], Vec::new()));
            let _ = self.0.effects.set(Vec::new());
        }
    }
}

/// Numbered pieces of work.
struct Queue<T> {
    next: AtomicUsize,
    done: Mutex<Vec<(usize, Option<T>)>>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { next: AtomicUsize::new(0), done: Mutex::new(Vec::new()) }
    }
}

impl<T> Queue<T> {
    /// Works until nothing is left. Who brings the last piece gets all of them, in the order of their numbers.
    fn work(&self, count: usize, mut each: impl FnMut(usize) -> Option<T>) -> Option<Vec<T>> {
        let mut own = Vec::new();
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                break;
            }
            own.push((at, each(at)));
        }
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.append(&mut own);
        if done.len() < count {
            return None;
        }
        let mut all = std::mem::take(&mut *done);
        all.sort_unstable_by_key(|(at, _)| *at);
        Some(all.into_iter().filter_map(|(_, piece)| piece).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn one_gets_every_piece_in_order() {
        let queue = Queue::default();
        let work = || queue.work(1000, |at| (at % 2 == 0).then_some(at));
        let got = std::thread::scope(|scope| {
            let others = [scope.spawn(work), scope.spawn(work)];
            let mut got = vec![work()];
            got.extend(others.into_iter().map(|other| other.join().unwrap()));
            got
        });
        let got: Vec<Vec<usize>> = got.into_iter().flatten().collect();
        assert_eq!(got, [(0..1000).step_by(2).collect::<Vec<_>>()]);
    }
}
