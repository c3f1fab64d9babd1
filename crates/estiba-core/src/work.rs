//! Work in pieces that do not need each other, shared by threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};

/// More threads wait for each other more than they help.
const MOST_THREADS: usize = 4;

/// Starts as many threads as can help the one that asks, at most `most`. Where none can be started, there are none.
pub(crate) fn helpers<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    most: usize,
    help: impl Fn() -> T + Copy + Send + 'scope,
) -> Vec<ScopedJoinHandle<'scope, T>> {
    let others = place::count().clamp(1, MOST_THREADS) - 1;
    (0..others.min(most)).map_while(|_| beside(scope, help)).collect()
}

/// Starts a thread on another processor than this one, where there is one and the system lets it.
///
/// Some kernels (seen: Linux 6.18 in a small virtual machine) start a thread on the processor of its maker and move it with
/// a later tick, milliseconds after: all the time that a whole run takes.
pub fn beside<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Option<ScopedJoinHandle<'scope, T>> {
    let here = place::current();
    let there = move || {
        place::leave(here);
        work()
    };
    let started = thread::Builder::new().spawn_scoped(scope, there).ok()?;
    // It stands in the queue behind this one until it has left.
    thread::yield_now();
    Some(started)
}

#[cfg(target_os = "linux")]
mod place {
    use std::sync::OnceLock;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Those that the thread which asked first may use; one that left a processor would count too few.
    fn all() -> Option<&'static CpuSet> {
        static ALL: OnceLock<Option<CpuSet>> = OnceLock::new();
        ALL.get_or_init(|| sched_getaffinity(None).ok()).as_ref()
    }

    pub(super) fn count() -> usize {
        all().map_or(1, |all| all.count() as usize)
    }

    /// The processor that runs this thread.
    pub(super) fn current() -> usize {
        sched_getcpu()
    }

    /// Runs this thread on any other processor, until it ends.
    pub(super) fn leave(processor: usize) {
        let Some(mut others) = all().copied() else { return };
        others.unset(processor);
        if others.count() > 0 {
            // Refused in some sandboxes: then it stays where it is.
            let _ = sched_setaffinity(None, &others);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod place {
    pub(super) fn count() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    pub(super) fn current() -> usize {
        0
    }

    pub(super) fn leave(_processor: usize) {}
}

/// What each piece becomes, in their order.
pub fn map<T: Sync, U: Send>(pieces: &[T], each: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let queue = Queue::default();
    let help = || queue.work(pieces.len(), |at| pieces.get(at).map(&each));
    thread::scope(|scope| {
        let helpers = helpers(scope, pieces.len().saturating_sub(1), help);
        let mut made = help();
        for helper in helpers {
            let theirs = helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            made = made.or(theirs);
        }
        made.unwrap_or_default()
    })
}

/// Numbered pieces of work.
pub(crate) struct Queue<T> {
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
    pub(crate) fn work(&self, count: usize, mut each: impl FnMut(usize) -> Option<T>) -> Option<Vec<T>> {
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
    use super::{Queue, map};

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

    #[test]
    fn what_pieces_become_comes_in_their_order() {
        let pieces: Vec<usize> = (0..1000).collect();
        assert_eq!(map(&pieces, |piece| piece * 2), (0..1000).map(|piece| piece * 2).collect::<Vec<_>>());
    }
}
