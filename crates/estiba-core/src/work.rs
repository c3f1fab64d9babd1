//! Work in pieces that do not need each other, shared by threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// More threads wait for each other more than they help.
const MOST_THREADS: usize = 4;

/// How many threads can help the one that asks.
pub(crate) fn others() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS) - 1
}

/// What each piece becomes, in their order.
pub(crate) fn map<T: Sync, U: Send>(pieces: &[T], each: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let queue = Queue::default();
    let help = || queue.work(pieces.len(), |at| pieces.get(at).map(&each));
    thread::scope(|scope| {
        // Where no thread can be started, this one does it.
        let helpers: Vec<_> = (0..others().min(pieces.len().saturating_sub(1)))
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, help).ok())
            .collect();
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
