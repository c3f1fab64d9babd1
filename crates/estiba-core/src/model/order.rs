//! Services in the order in which they can start.

use std::collections::{BTreeMap, BTreeSet};

/// A topological order of `edges` (name → what it needs). Among those that can start, the order of `names` holds.
///
/// # Errors
/// The names of one cycle, in order.
pub(super) fn order(names: &[String], edges: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<usize>, Vec<String>> {
    let index: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let needs =
        |at: usize| edges.get(&names[at]).into_iter().flatten().filter_map(|name| index.get(name.as_str()).copied());
    let mut state = vec![State::New; names.len()];
    let mut sorted = Vec::with_capacity(names.len());
    // Depth first with a stack of its own: a chain of ten thousand services must not overflow ours.
    for start in 0..names.len() {
        let mut stack = vec![(start, false)];
        while let Some((at, left)) = stack.pop() {
            if left {
                state[at] = State::Done;
                sorted.push(at);
                continue;
            }
            match state[at] {
                State::Done => continue,
                State::Open => return Err(cycle(at, names, &state, needs)),
                State::New => {}
            }
            state[at] = State::Open;
            stack.push((at, true));
            let mut open: Vec<_> = needs(at).filter(|next| state[*next] != State::Done).collect();
            if let Some(back) = open.iter().find(|next| state[**next] == State::Open) {
                return Err(cycle(*back, names, &state, needs));
            }
            open.sort_unstable_by(|a, b| b.cmp(a));
            stack.extend(open.into_iter().map(|next| (next, false)));
        }
    }
    Ok(sorted)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Follows open nodes from `start` until one repeats.
fn cycle<I: Iterator<Item = usize>>(
    start: usize,
    names: &[String],
    state: &[State],
    needs: impl Fn(usize) -> I,
) -> Vec<String> {
    let mut path = vec![start];
    let mut at = start;
    while let Some(next) = needs(at).find(|next| state[*next] == State::Open) {
        if let Some(from) = path.iter().position(|seen| *seen == next) {
            return path[from..].iter().map(|at| names[*at].clone()).collect();
        }
        path.push(next);
        at = next;
    }
    path.into_iter().map(|at| names[at].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(list: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        list.iter().map(|(a, b)| ((*a).to_owned(), b.iter().map(|b| (*b).to_owned()).collect())).collect()
    }

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_is_needed_comes_first() {
        let order = order(&names(&["app", "db", "web"]), &edges(&[("app", &["db"]), ("web", &["app"])])).unwrap();
        assert_eq!(order, [1, 0, 2]);
    }

    #[test]
    fn a_cycle_is_named() {
        let cycle =
            order(&names(&["x", "a", "b"]), &edges(&[("x", &["a"]), ("a", &["b"]), ("b", &["a"])])).unwrap_err();
        let mut sorted = cycle.clone();
        sorted.sort();
        assert_eq!(sorted, ["a", "b"]);
    }

    #[test]
    fn a_long_chain_is_no_trouble() {
        let list: Vec<String> = (0..50_000).map(|at| format!("s{at}")).collect();
        let edges = (0..49_999).map(|at| (format!("s{at}"), BTreeSet::from([format!("s{}", at + 1)]))).collect();
        assert_eq!(order(&list, &edges).unwrap()[0], 49_999);
    }
}
