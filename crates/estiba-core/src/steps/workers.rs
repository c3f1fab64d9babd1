//! The same work for many things on a few threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// More threads than this wait for each other more than they help.
const MOST: usize = 4;

/// Fewer things than this are done before a thread has started.
const WORTH: usize = 8;

/// `each` of every item, in the order of the items. Every thread has a memory of its own.
pub(crate) fn map<T: Sync, R: Send, M>(
    items: &[T],
    memory: impl Fn() -> M + Sync,
    each: impl Fn(&mut M, &T) -> R + Sync,
) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut memory = memory();
        let mut done = Vec::new();
        while let Some((at, item)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
        {
            done.push((at, each(&mut memory, item)));
        }
        done
    };
    let mut done = if threads < 2 || items.len() < WORTH {
        work()
    } else {
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                match other.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        })
    };
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn the_order_is_that_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(map(&items, || (), |(), item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }
}
