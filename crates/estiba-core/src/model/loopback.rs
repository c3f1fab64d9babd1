//! Loopback ports of the host for `proxy.runs: host`: two for each service, so that a second container can start
//! beside the first.

use std::collections::BTreeSet;

use crate::tree::sha256;

/// Below Linux' ephemeral range (32768 and up), above what distributions' services use.
const FIRST: u16 = 20_000;
const PAIRS: u16 = 5_000;

/// Gives each name the first port of its pair. A name keeps its pair when other names come and go, unless two names
/// fall on one pair: then the later one in alphabetical order moves on.
#[derive(Default)]
pub(super) struct Pairs {
    taken: BTreeSet<u16>,
}

impl Pairs {
    /// The first port of the pair for `name`; `None` when all pairs are taken.
    pub(super) fn take(&mut self, name: &str) -> Option<u16> {
        let hash = sha256(name.as_bytes());
        let digits = u16::from_str_radix(hash.get(..4)?, 16).ok()?;
        let start = digits % PAIRS;
        let pair = (0..PAIRS).map(|step| (start + step) % PAIRS).find(|pair| !self.taken.contains(pair))?;
        self.taken.insert(pair);
        Some(FIRST + pair * 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_pair() {
        let alone = Pairs::default().take("jupiter-app");
        let mut pairs = Pairs::default();
        pairs.take("jupiter-aaa");
        assert_eq!(pairs.take("jupiter-app"), alone);
    }

    #[test]
    fn pairs_do_not_overlap() {
        let mut pairs = Pairs::default();
        let ports: BTreeSet<_> = (0..2_000).filter_map(|at| pairs.take(&format!("s{at}"))).collect();
        assert_eq!(ports.len(), 2_000);
        assert!(ports.iter().all(|port| port % 2 == 0 && *port < 30_000));
    }
}
