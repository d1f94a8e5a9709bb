//! One hash for states, tables and the checksums of files.

use std::hash::{BuildHasher, Hasher};

/// Spread a word over all bits, 0 to 0.
#[inline]
pub fn spread(word: u64) -> u64 {
    let product = u128::from(word) * 0xe703_7ed1_a0b4_28db;
    (product >> 64) as u64 ^ product as u64
}

/// A hash of one word that spreads over all bits.
#[inline]
pub fn hash_word(word: u64) -> u64 {
    let product = u128::from(0x9e37_79b9_7f4a_7c15 ^ word) * 0xa076_1d64_78bd_642f;
    let hash = (product >> 64) as u64 ^ product as u64 ^ word.rotate_left(32);
    hash.wrapping_mul(0xff51_afd7_ed55_8ccd) ^ (hash >> 32)
}

/// The hash of states for the standard library's tables, so that benchmarks compare tables and not hashes.
#[derive(Clone, Copy, Default, Debug)]
pub struct StateHash;

/// See [`StateHash`].
#[derive(Default, Debug)]
pub struct StateHasher(u64);

impl BuildHasher for StateHash {
    type Hasher = StateHasher;
    fn build_hasher(&self) -> StateHasher {
        StateHasher::default()
    }
}

impl Hasher for StateHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = hash_word(self.0 ^ spread(word));
    }
}
