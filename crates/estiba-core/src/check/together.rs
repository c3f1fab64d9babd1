//! A check in which threads share the whole way: they load the files, and go on with the scripts while one of them reads
//! the facts.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;

use super::world::{Follow, Scripts};
use super::{RULES, Report, Selection, run_with};
use crate::facts::{Facts, Loaded, Settings, Texts};
use crate::source::TreePath;
use crate::tree::{Tree, TreeFile};
use crate::work::{self, Queue};

/// Checks everything that a tree states.
///
/// For a process that ends afterwards: what was parsed is left to the system, because to free it piece by piece takes a
/// tenth of the time. One that goes on reads [`Facts`] and calls [`check`](super::check).
#[must_use]
pub fn check_tree(tree: &Tree) -> (Facts, Report) {
    let list = || Ok::<_, Infallible>(tree.iter().collect());
    let load = |(path, file): &(&TreePath, &TreeFile)| Ok(Loaded::of(path, file));
    let Ok(checked) = check_files(list, load, &Selection::default());
    checked
}

/// As [`check_tree`], with some of the rules, and of files that are still to be loaded.
///
/// # Errors
/// What listing the files gives, or the first of them that cannot be loaded.
pub fn check_files<F: Send + Sync, E: Send>(
    list: impl FnOnce() -> Result<Vec<F>, E>,
    load: impl Fn(&F) -> Result<Loaded, E> + Sync,
    selection: &Selection,
) -> Result<(Facts, Report), E> {
    let listed: OnceLock<Vec<F>> = OnceLock::new();
    let queue = Queue::default();
    let load_all = |files: &Vec<F>| queue.work(files.len(), |at| files.get(at).map(&load));
    let (sender, receiver) = mpsc::channel();
    // With the mode that is verified.
    let texts: OnceLock<(Arc<Texts>, String)> = OnceLock::new();
    let scripts = OnceLock::new();
    let help = || {
        let mut idle = Idle::default();
        if let Some(files) = load_all(idle.wait(&listed)) {
            let _ = sender.send(files);
        }
        let (texts, mode) = idle.wait(&texts);
        drop(idle);
        scripts.get_or_init(|| Scripts::of(texts, mode)).help();
    };
    let checked = thread::scope(|scope| {
        let _ = work::helpers(scope, usize::MAX, help);
        // However this ends, those who help wait for nothing any more.
        let _settled = (Settled(&listed), Settled(&texts));
        let files = list()?;
        let files = listed.get_or_init(|| files);
        let loaded = load_all(files).or_else(|| receiver.recv().ok()).unwrap_or_default();
        let mut files = loaded.into_iter().collect::<Result<Vec<_>, E>>()?;
        files.sort_unstable_by(|left, right| left.path.cmp(&right.path));
        let read = Arc::new(Texts::of_files(files));
        let settings = Settings::read(&read);
        let (texts, mode) = texts.get_or_init(|| (read, settings.mode().to_owned()));
        let scripts = scripts.get_or_init(|| Scripts::of(texts, mode));
        let facts = Facts::read(Arc::clone(texts), settings);
        let report = run_with(&facts, RULES.iter().copied(), selection, scripts);
        Ok((facts, report))
    });
    std::mem::forget(scripts);
    checked
}

/// A thread that has nothing to do yet. Until then it takes the memory that it is going to need: the system gives each page
/// when it is written for the first time, which is a tenth of the time of a whole run.
struct Idle {
    memory: Vec<u8>,
    /// Where the next page of it begins.
    next: usize,
}

impl Idle {
    const PAGE: usize = 4096;
    /// What a thread needs for a tree of a hundred files.
    const PAGES: usize = 768;

    fn wait<'s, T>(&mut self, what: &'s OnceLock<T>) -> &'s T {
        while what.get().is_none()
            && let Some(byte) = self.memory.spare_capacity_mut().get_mut(self.next)
        {
            byte.write(0);
            self.next += Self::PAGE;
        }
        // Nobody reads it: without this the compiler may leave the writing out.
        std::hint::black_box(&mut self.memory);
        what.wait()
    }
}

impl Default for Idle {
    fn default() -> Self {
        Self { memory: Vec::with_capacity(Self::PAGES * Self::PAGE), next: 0 }
    }
}

/// Something that others wait for, and get at the latest when this goes.
struct Settled<'s, T: Default>(&'s OnceLock<T>);

impl<T: Default> Drop for Settled<'_, T> {
    fn drop(&mut self) {
        let _ = self.0.set(T::default());
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::check_files;
    use crate::check::{Selection, check};
    use crate::facts::Facts;
    use crate::source::TreePath;
    use crate::tree::{Tree, TreeFile};

    const FILES: [(&str, &str); 3] = [
        ("scripts/b.sh", "#!/usr/bin/env bash\n# provides: network:b\nset -euo pipefail\ndocker network create a\n"),
        ("docker-compose.yml", "services:\n  a:\n    image: a\n    volumes: ['./none.conf:/etc/a.conf']\n"),
        ("scripts/a.sh", "#!/usr/bin/env bash\nset -euo pipefail\n\"$(dirname \"$0\")/c.sh\"\n"),
    ];

    fn load((path, text): &(&str, &str)) -> (TreePath, TreeFile) {
        let file = TreeFile { content: text.as_bytes().to_vec(), mode: 0o755, origin: None };
        (TreePath::parse(path).unwrap(), file)
    }

    #[test]
    fn files_in_any_order_are_the_tree_that_they_make() {
        let Ok((facts, report)) =
            check_files(|| Ok::<_, Infallible>(FILES.to_vec()), |file| Ok(load(file).into()), &Selection::default());
        let mut tree = Tree::default();
        for (path, file) in FILES.iter().map(load) {
            tree.insert(path, file);
        }
        let alone = Facts::of(&tree);
        let names = |facts: &Facts| facts.texts.iter().map(|(path, id, _)| (path.clone(), id)).collect::<Vec<_>>();
        assert_eq!(names(&facts), names(&alone));
        let found = |findings: &[crate::check::Finding]| {
            findings.iter().map(|finding| (finding.rule, finding.message.clone())).collect::<Vec<_>>()
        };
        assert_eq!(found(&report.findings), found(&check(&alone).findings));
        assert!(report.findings.len() > 1, "{:?}", found(&report.findings));
    }

    // Others wait for the files: nobody may wait for ever.
    #[test]
    fn what_cannot_be_read_ends_it() {
        let refused = check_files(|| Err::<Vec<()>, _>("list"), |()| Err("load"), &Selection::default());
        assert_eq!(refused.err(), Some("list"));
        let one = |file: &(&str, &str)| if file.0 == "scripts/a.sh" { Err("load") } else { Ok(load(file).into()) };
        assert_eq!(check_files(|| Ok(FILES.to_vec()), one, &Selection::default()).err(), Some("load"));
    }
}
