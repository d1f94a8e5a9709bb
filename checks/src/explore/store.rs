//! The states seen so far: the packed states themselves in a hash table of buckets, and nothing beside them.
//!
//! Exact: states are compared whole, and their hash only says where to look. The table is cut into shards by the
//! first bits of the hash. Each shard belongs to one thread at a time, and grows by itself and in place: a state's
//! bucket is a monotone function of its hash, so a sweep from the end carries every state a little further up.
//!
//! A state of few bits more than one word is kept as its first word: the shard says the others. Its number is these
//! bits and a function of the first word, combined by exclusive or, so that each follows from the other.

use super::layout::Layout;
use super::shard::{BUCKET, FIRST_BUCKETS, Shard};
use super::system::State;
use crate::error::Error;
use crate::hash::{hash_word, spread};

/// How many bits of a hash say which shard.
pub(super) const SHARD_BITS: u32 = 4;

/// Shards of a store. More threads than these have nothing to do while states are stored.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;

/// States packed into `W` words.
pub struct Store<const W: usize> {
    shards: Vec<Part<W>>,
    most_bytes: usize,
}

/// The states of one shard.
pub(super) enum Part<const W: usize> {
    /// By all of their words.
    Whole(Shard<W>),
    /// By their first word.
    First(Shard<1>),
}

impl<const W: usize> Store<W> {
    /// An empty store of whole states that is meant to take at most `most_bytes`.
    ///
    /// # Errors
    /// When the kernel does not grant the address space, which costs nothing until it is used.
    pub fn new(most_bytes: usize) -> Result<Self, Error> {
        Store::of(most_bytes, |number, most| Some(Part::Whole(Shard::new(number, most)?)), W)
    }

    /// The same for states that are laid out like this, which may take less.
    ///
    /// # Errors
    /// As [`Store::new`].
    pub fn for_states(layout: &Layout, most_bytes: usize) -> Result<Self, Error> {
        if layout.words_kept() == layout.words {
            return Store::new(most_bytes);
        }
        Store::of(most_bytes, |number, most| Some(Part::First(Shard::new(number, most)?)), 1)
    }

    fn of(
        most_bytes: usize,
        part: impl Fn(usize, usize) -> Option<Part<W>>,
        words: usize,
    ) -> Result<Self, Error> {
        // hashes spread evenly, so no shard comes to twice its share
        let a_bucket = BUCKET * words * size_of::<u64>();
        let most = 2 * most_bytes / SHARDS / a_bucket + FIRST_BUCKETS + SHARDS;
        let shards = (0..SHARDS).map(|number| part(number, most)).collect::<Option<_>>();
        Ok(Store { shards: shards.ok_or(Error::NoAddressSpace(most_bytes >> 20))?, most_bytes })
    }

    /// How many states it has.
    pub fn known(&self) -> usize {
        self.shards.iter().map(Part::known).sum()
    }

    /// Bytes that the table takes.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(Part::bytes).sum()
    }

    /// Bytes that it will take at most when so many more states come.
    pub(super) fn bytes_with(&self, more: usize) -> usize {
        // twice an even share, lest one shard gets more than the others
        self.shards.iter().map(|part| part.bytes_with(2 * more / SHARDS + BUCKET)).sum()
    }

    /// The shards, each for somebody else to fill.
    pub(super) fn shards_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Part<W>> {
        self.shards.iter_mut()
    }

    /// Add a state: whether it is new.
    ///
    /// # Errors
    /// When the store would grow past its limit. Nothing is lost then.
    pub fn insert(&mut self, state: &State<W>, hash: u64) -> Result<bool, Error> {
        if self.find(state, hash).is_some() {
            return Ok(false);
        }
        let part = &self.shards[shard_of(hash)];
        let grown = self.bytes() + part.bytes_with(1) - part.bytes();
        if grown > self.most_bytes {
            let (used, limit) = (self.bytes() >> 20, self.most_bytes >> 20);
            return Err(Error::OutOfMemory { used, limit, states: self.known() });
        }
        Ok(self.shards[shard_of(hash)].insert(state, hash))
    }

    /// Where a state lies, if it is here: a number below [`places`](Store::places), its own until the store grows.
    pub fn find(&self, state: &State<W>, hash: u64) -> Option<usize> {
        let before: usize = self.shards[..shard_of(hash)].iter().map(Part::places).sum();
        Some(before + self.shards[shard_of(hash)].find(state, hash)?)
    }

    /// How many places there are.
    pub fn places(&self) -> usize {
        self.shards.iter().map(Part::places).sum()
    }

    /// A hash that spreads over all bits. What the second word has of its four lowest bits changes the shard, and nothing
    /// else.
    #[inline]
    pub fn hash(state: &State<W>) -> u64 {
        let second = state.get(1).copied().unwrap_or_default();
        let others = state.iter().skip(2).fold(spread(second >> SHARD_BITS), |all, word| spread(all ^ word));
        let word = state[0] ^ others;
        hash_word(word) ^ second << (u64::BITS - SHARD_BITS)
    }
}

/// The shard of a hash.
#[inline]
pub(super) fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARD_BITS)) as usize
}

impl<const W: usize> Part<W> {
    fn known(&self) -> usize {
        match self {
            Part::Whole(shard) => shard.known(),
            Part::First(shard) => shard.known(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Part::Whole(shard) => shard.bytes(),
            Part::First(shard) => shard.bytes(),
        }
    }

    fn bytes_with(&self, more: usize) -> usize {
        match self {
            Part::Whole(shard) => shard.bytes_with(more),
            Part::First(shard) => shard.bytes_with(more),
        }
    }

    fn places(&self) -> usize {
        match self {
            Part::Whole(shard) => shard.places(),
            Part::First(shard) => shard.places(),
        }
    }

    fn find(&self, state: &State<W>, hash: u64) -> Option<usize> {
        match self {
            Part::Whole(shard) => shard.find(state, hash),
            Part::First(shard) => shard.find(&[state[0]], hash),
        }
    }

    fn insert(&mut self, state: &State<W>, hash: u64) -> bool {
        match self {
            Part::Whole(shard) => shard.insert(state, hash),
            Part::First(shard) => shard.insert(&[state[0]], hash),
        }
    }

    /// Add many states, one after the other: which are new.
    pub(super) fn insert_all(&mut self, states: &[State<W>], new: &mut Vec<bool>) {
        match self {
            Part::Whole(shard) => shard.insert_all(states, |state| *state, new),
            Part::First(shard) => shard.insert_all(states, |state| [state[0]], new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For a full table ten bytes a state, and twice that, lest one shard gets more than others.
    #[test]
    fn more_states_are_said_to_take_what_they_may() {
        let mut store = Store::<1>::new(64 << 20).expect("some megabytes");
        assert_eq!(store.bytes_with(0), store.bytes());
        for number in 0..10_000 {
            store.insert(&[number], Store::hash(&[number])).expect("room");
        }
        for more in [100_000, 1_000_000] {
            let said = store.bytes_with(more) as f64 / more as f64;
            assert!((17.0..24.0).contains(&said), "{said} bytes a state");
        }
    }

    /// A shard that is full grows if that fits to the last byte.
    #[test]
    fn what_fits_exactly_is_stored_and_one_byte_less_is_too_little() {
        let mut store = Store::<1>::new(1 << 20).expect("a megabyte");
        let grown = |store: &Store<1>, number: u64| {
            let part = &store.shards[shard_of(Store::hash(&[number]))];
            (part.bytes_with(1) > part.bytes()).then(|| store.bytes() - part.bytes() + part.bytes_with(1))
        };
        let mut numbers = 0..;
        let (number, needed) = numbers
            .find_map(|number| {
                let needed = grown(&store, number);
                if needed.is_none() {
                    store.insert(&[number], Store::hash(&[number])).expect("room");
                }
                needed.map(|needed| (number, needed))
            })
            .expect("some shard is full");
        store.most_bytes = needed - 1;
        let full = store.insert(&[number], Store::hash(&[number]));
        assert!(matches!(full, Err(Error::OutOfMemory { .. })));
        store.most_bytes = needed;
        assert!(matches!(store.insert(&[number], Store::hash(&[number])), Ok(true)));
    }
}
