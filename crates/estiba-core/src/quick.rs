//! Maps whose hash costs a few instructions.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map for names of a tree: they are short, and an attacker who makes them collide slows down the check of their own
/// tree, within the limits on its size and on commands that are followed.
pub(crate) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<QuickHasher>>;

/// The multiply-and-rotate hash of rustc (FxHash).
#[derive(Default)]
pub(crate) struct QuickHasher(u64);

impl QuickHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, after)) = rest.split_first_chunk() {
            self.add(u64::from_le_bytes(*word));
            rest = after;
        }
        if let Some((word, after)) = rest.split_first_chunk() {
            self.add(u64::from(u32::from_le_bytes(*word)));
            rest = after;
        }
        for byte in rest {
            self.add(u64::from(*byte));
        }
    }

    // What ends every text: without it each would go through `write` once more.
    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.add(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
