//! The states seen so far: a dense array in the order of discovery, and a table of fingerprints into it.
//!
//! Exact: a fingerprint only says where to look, and the state itself is compared.

use std::hash::{BuildHasher, Hasher};

use super::system::State;
use crate::error::Error;

/// Bits of a slot that number a state; the rest are its fingerprint. Numbers count from 1, so 0 is empty.
const NUMBER_BITS: u32 = 36;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;

/// States packed into `W` words.
pub struct Store<const W: usize> {
    states: Vec<State<W>>,
    table: Vec<u64>,
    most_bytes: usize,
}

impl<const W: usize> Store<W> {
    /// An empty store that takes at most `most_bytes`.
    pub fn new(most_bytes: usize) -> Self {
        Store { states: Vec::new(), table: vec![0; 1 << 10], most_bytes }
    }

    /// All states, in the order of discovery.
    pub fn states(&self) -> &[State<W>] {
        &self.states
    }

    /// Bytes that the states and the table take.
    pub fn bytes(&self) -> usize {
        self.states.len() * size_of::<State<W>>() + self.table.len() * size_of::<u64>()
    }

    /// A hash that spreads over all bits.
    #[inline]
    pub fn hash(state: &State<W>) -> u64 {
        let mut hash = 0x9e37_79b9_7f4a_7c15u64;
        for word in state {
            let product = u128::from(hash ^ word) * 0xa076_1d64_78bd_642f;
            hash = (product >> 64) as u64 ^ product as u64 ^ word.rotate_left(32);
        }
        hash.wrapping_mul(0xff51_afd7_ed55_8ccd) ^ (hash >> 32)
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.table.len() as u128) >> 64) as usize
    }

    #[inline]
    fn fingerprint(hash: u64) -> u64 {
        hash << NUMBER_BITS
    }

    /// Touch what [`insert`](Store::insert) will read first, so that many misses are under way at once.
    #[inline]
    pub fn touch_table(&self, hash: u64) -> u64 {
        self.table[self.place(hash)]
    }

    /// Touch the state that a slot numbers, if its fingerprint fits.
    #[inline]
    pub fn touch_state(&self, slot: u64, hash: u64) -> u64 {
        if slot != 0 && slot & !NUMBER_MASK == Self::fingerprint(hash) {
            return self.states[(slot & NUMBER_MASK) as usize - 1][0];
        }
        0
    }

    /// Add a state; its number if it is new.
    ///
    /// # Errors
    /// When the store would grow past its limit. Nothing is lost then.
    #[inline]
    pub fn insert(&mut self, state: &State<W>, hash: u64) -> Result<Option<usize>, Error> {
        let mut place = self.place(hash);
        loop {
            let slot = self.table[place];
            if slot == 0 {
                break;
            }
            let fits = slot & !NUMBER_MASK == Self::fingerprint(hash);
            if fits && self.states[(slot & NUMBER_MASK) as usize - 1] == *state {
                return Ok(None);
            }
            place = if place + 1 == self.table.len() { 0 } else { place + 1 };
        }
        if (self.states.len() + 1) * 5 > self.table.len() * 4 {
            self.grow_table()?;
            return self.insert(state, hash);
        }
        if self.states.len() == self.states.capacity() {
            self.grow_states()?;
        }
        self.states.push(*state);
        self.table[place] = Self::fingerprint(hash) | self.states.len() as u64;
        Ok(Some(self.states.len() - 1))
    }

    fn grow_table(&mut self) -> Result<(), Error> {
        let places = self.table.len() + self.table.len() / 2;
        self.reserve(places * size_of::<u64>())?;
        let mut table = Vec::new();
        table.try_reserve_exact(places).map_err(|_| self.out_of_memory())?;
        table.resize(places, 0);
        self.table = table;
        for number in 0..self.states.len() {
            let hash = Self::hash(&self.states[number]);
            let mut place = self.place(hash);
            while self.table[place] != 0 {
                place = if place + 1 == self.table.len() { 0 } else { place + 1 };
            }
            self.table[place] = Self::fingerprint(hash) | (number as u64 + 1);
        }
        Ok(())
    }

    fn grow_states(&mut self) -> Result<(), Error> {
        let more = (self.states.capacity() / 4).max(1 << 10);
        self.reserve(more * size_of::<State<W>>())?;
        self.states.try_reserve_exact(more).map_err(|_| self.out_of_memory())
    }

    fn reserve(&self, bytes: usize) -> Result<(), Error> {
        if self.bytes() + bytes > self.most_bytes { Err(self.out_of_memory()) } else { Ok(()) }
    }

    fn out_of_memory(&self) -> Error {
        let mib = |bytes: usize| bytes >> 20;
        Error::OutOfMemory { used: mib(self.bytes()), limit: mib(self.most_bytes), states: self.states.len() }
    }
}

/// [`Store::hash`] for the standard library's tables, so that benchmarks compare tables and not hashes.
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
        self.0 = Store::<2>::hash(&[self.0, word]);
    }
}
