//! The states seen so far: a dense array in the order of discovery, and a table of fingerprints into it.
//!
//! Exact: a fingerprint only says where to look, and the state itself is compared.

use std::hash::{BuildHasher, Hasher};

use super::array::Array;
use super::system::State;
use crate::error::Error;

/// Bits of a slot that number a state; the rest are its fingerprint. Numbers count from 1, so 0 is empty.
const NUMBER_BITS: u32 = 36;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;

/// States packed into `W` words.
pub struct Store<const W: usize> {
    states: Array<State<W>>,
    known: usize,
    table: Array<u64>,
    most_bytes: usize,
}

impl<const W: usize> Store<W> {
    /// An empty store that takes at most `most_bytes`.
    ///
    /// # Errors
    /// When the kernel does not grant the address space, which costs nothing until it is used.
    pub fn new(most_bytes: usize) -> Result<Self, Error> {
        let none = Error::NoAddressSpace(most_bytes >> 20);
        let rooms = Array::zeroed(most_bytes / size_of::<State<W>>()).zip(Array::zeroed(1 << 12));
        let (states, table) = rooms.ok_or(none)?;
        Ok(Store { states, known: 0, table, most_bytes })
    }

    /// All states, in the order of discovery.
    pub fn states(&self) -> &[State<W>] {
        &self.states[..self.known]
    }

    /// Bytes that the states and the table take.
    pub fn bytes(&self) -> usize {
        self.known * size_of::<State<W>>() + self.table.len() * size_of::<u64>()
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

    /// The number of a state, if it is here.
    pub fn find(&self, state: &State<W>) -> Option<usize> {
        let hash = Self::hash(state);
        let mut place = self.place(hash);
        loop {
            let slot = self.table[place];
            if slot == 0 {
                return None;
            }
            let number = (slot & NUMBER_MASK) as usize;
            if slot & !NUMBER_MASK == Self::fingerprint(hash) && self.states[number - 1] == *state {
                return Some(number - 1);
            }
            place = if place + 1 == self.table.len() { 0 } else { place + 1 };
        }
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
        if self.known >= self.table.len() / 5 * 4 {
            self.grow_table()?;
            return self.insert(state, hash);
        }
        if self.bytes() + size_of::<State<W>>() > self.most_bytes {
            return Err(self.out_of_memory());
        }
        self.states[self.known] = *state;
        self.known += 1;
        self.table[place] = Self::fingerprint(hash) | self.known as u64;
        Ok(Some(self.known - 1))
    }

    fn grow_table(&mut self) -> Result<(), Error> {
        let places = self.table.len() + self.table.len() / 2;
        if self.bytes() + places * size_of::<u64>() > self.most_bytes {
            return Err(self.out_of_memory());
        }
        self.table = Array::zeroed(places).ok_or_else(|| self.out_of_memory())?;
        let mut block = [0; 64];
        for start in (0..self.known).step_by(block.len()) {
            let numbers = start..self.known.min(start + block.len());
            let hashes = &mut block[..numbers.len()];
            for (hash, state) in hashes.iter_mut().zip(&self.states[numbers]) {
                *hash = Self::hash(state);
            }
            std::hint::black_box(hashes.iter().fold(0, |near, &hash| near ^ self.touch_table(hash)));
            for (number, &hash) in (start + 1..).zip(hashes.iter()) {
                let mut place = self.place(hash);
                while self.table[place] != 0 {
                    place = if place + 1 == self.table.len() { 0 } else { place + 1 };
                }
                self.table[place] = Self::fingerprint(hash) | number as u64;
            }
        }
        Ok(())
    }

    fn out_of_memory(&self) -> Error {
        let mib = |bytes: usize| bytes >> 20;
        Error::OutOfMemory { used: mib(self.bytes()), limit: mib(self.most_bytes), states: self.known }
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
