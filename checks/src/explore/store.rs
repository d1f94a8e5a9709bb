//! The states seen so far: the packed states themselves in a hash table of buckets, and nothing beside them.
//!
//! Exact: states are compared whole, and their hash only says where to look. The table is cut into shards by the
//! first bits of the hash. Each shard belongs to one thread at a time, and grows by itself and in place: a state's
//! bucket is a monotone function of its hash, so a sweep from the end carries every state a little further up.

use std::hash::{BuildHasher, Hasher};

use super::array::Array;
use super::system::State;
use crate::error::Error;

/// Slots that are filled one after the other: for states of one word, a cache line.
const BUCKET: usize = 8;

/// How many bits of a hash say which shard.
const SHARD_BITS: u32 = 4;

/// Shards of a store. More threads than these have nothing to do while states are stored.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;

/// Buckets of a shard at first: a page, for states of one word. The later shards start a little larger, so that not
/// all grow at once.
const FIRST_BUCKETS: usize = 64;

/// A shard grows by this part of itself: often, because what is free in it is memory wasted.
const GROWTH: usize = 5;

/// A shard is full when so many of its 32nds are taken.
const FULL: usize = 29;

/// Buckets behind the last one, for states that find their own full.
const SPARE: usize = 1 << 12;

/// Bytes of a shard from which on huge pages are asked for: below, half of one would lie idle.
const HUGE_FROM: usize = 8 << 20;

/// Lookups whose memory is touched before the first of them is made.
const TOUCHED: usize = 64;

/// States packed into `W` words.
pub struct Store<const W: usize> {
    shards: Vec<Shard<W>>,
    most_bytes: usize,
}

impl<const W: usize> Store<W> {
    /// An empty store that is meant to take at most `most_bytes`.
    ///
    /// # Errors
    /// When the kernel does not grant the address space, which costs nothing until it is used.
    pub fn new(most_bytes: usize) -> Result<Self, Error> {
        // hashes spread evenly, so no shard comes to twice its share
        let most = 2 * most_bytes / SHARDS / size_of::<Bucket<W>>() + FIRST_BUCKETS + SHARDS;
        let shards = (0..SHARDS).map(|number| Shard::new(number, most)).collect::<Option<_>>();
        Ok(Store { shards: shards.ok_or(Error::NoAddressSpace(most_bytes >> 20))?, most_bytes })
    }

    /// How many states it has.
    pub fn known(&self) -> usize {
        self.shards.iter().map(|shard| shard.known).sum()
    }

    /// Bytes that the table takes.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(Shard::bytes).sum()
    }

    /// Bytes that it will take at most when so many more states come.
    pub(super) fn bytes_with(&self, more: usize) -> usize {
        // twice an even share, lest one shard gets more than the others
        self.shards.iter().map(|shard| shard.bytes_with(2 * more / SHARDS + BUCKET)).sum()
    }

    /// The shards, each for somebody else to fill.
    pub(super) fn shards_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Shard<W>> {
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
        let shard = &self.shards[shard_of(hash)];
        let grown = self.bytes() + shard.bytes_with(1) - shard.bytes();
        if grown > self.most_bytes {
            let (used, limit) = (self.bytes() >> 20, self.most_bytes >> 20);
            return Err(Error::OutOfMemory { used, limit, states: self.known() });
        }
        Ok(self.shards[shard_of(hash)].insert(state, hash))
    }

    /// Where a state lies, if it is here: a number below [`places`](Store::places), its own until the store grows.
    pub fn find(&self, state: &State<W>, hash: u64) -> Option<usize> {
        let before: usize = self.shards[..shard_of(hash)].iter().map(Shard::places).sum();
        Some(before + self.shards[shard_of(hash)].find(state, hash)?)
    }

    /// How many places there are.
    pub fn places(&self) -> usize {
        self.shards.iter().map(Shard::places).sum()
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
}

/// The shard of a hash.
#[inline]
pub(super) fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARD_BITS)) as usize
}

type Bucket<const W: usize> = [State<W>; BUCKET];

/// The states whose hashes begin alike.
pub(super) struct Shard<const W: usize> {
    table: Array<Bucket<W>>,
    /// Buckets that hashes are spread over.
    buckets: usize,
    /// Behind the last bucket in use: some states have overflown.
    end: usize,
    known: usize,
    /// A free slot looks like the state of nothing but zeroes, so whether that one is here is said apart.
    zero: bool,
}

impl<const W: usize> Shard<W> {
    const FREE: State<W> = [0; W];

    fn new(number: usize, most_buckets: usize) -> Option<Self> {
        let table = Array::zeroed(most_buckets + SPARE)?;
        let buckets = FIRST_BUCKETS + FIRST_BUCKETS * number / SHARDS / GROWTH;
        Some(Shard { table, buckets, end: buckets, known: 0, zero: false })
    }

    fn bytes(&self) -> usize {
        self.end * size_of::<Bucket<W>>()
    }

    fn places(&self) -> usize {
        self.end * BUCKET + 1
    }

    fn full(&self, buckets: usize) -> usize {
        buckets * BUCKET / 32 * FULL
    }

    fn bytes_with(&self, more: usize) -> usize {
        let mut buckets = self.buckets;
        while self.known + more > self.full(buckets) {
            buckets = grown(buckets);
        }
        (buckets + self.end - self.buckets) * size_of::<Bucket<W>>()
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        home(hash, self.buckets)
    }

    fn find(&self, state: &State<W>, hash: u64) -> Option<usize> {
        if *state == Self::FREE {
            return self.zero.then_some(self.end * BUCKET);
        }
        for at in self.home(hash).. {
            for (slot, known) in self.table[at].iter().enumerate() {
                if known == state {
                    return Some(at * BUCKET + slot);
                }
                if *known == Self::FREE {
                    return None;
                }
            }
        }
        None
    }

    /// Add a state: whether it is new.
    #[inline]
    fn insert(&mut self, state: &State<W>, hash: u64) -> bool {
        if *state == Self::FREE {
            let new = !std::mem::replace(&mut self.zero, true);
            self.known += usize::from(new);
            return new;
        }
        if self.known >= self.full(self.buckets) {
            self.grow();
        }
        let home = self.home(hash);
        let table: &mut [Bucket<W>] = &mut self.table;
        for (bucket, at) in table[home..].iter_mut().zip(home..) {
            // all slots are looked at, whichever it is: that costs less than a branch that can't be foreseen
            let here = bucket.iter().fold(false, |here, slot| here | (slot == state));
            if here {
                return false;
            }
            let slot = taken(bucket);
            if slot < BUCKET {
                bucket[slot] = *state;
                self.end = self.end.max(at + 1);
                self.known += 1;
                return true;
            }
        }
        unreachable!("a table is never full")
    }

    /// Add many states, one after the other: which are new.
    pub(super) fn insert_all(&mut self, states: &[State<W>], new: &mut Vec<bool>) {
        let (mut hashes, mut homes) = ([0; TOUCHED], [0; TOUCHED]);
        for states in states.chunks(TOUCHED) {
            for ((hash, home), state) in hashes.iter_mut().zip(&mut homes).zip(states) {
                *hash = Store::hash(state);
                *home = self.home(*hash);
            }
            // reads without effect, but that the memory is near when it is needed, and that latencies overlap: of each
            // home, and of the bucket behind it where that is full
            let table: &[Bucket<W>] = &self.table;
            let homes = &mut homes[..states.len()];
            homes.iter_mut().for_each(|home| *home += usize::from(table[*home][BUCKET - 1] != Self::FREE));
            let near = homes.iter().fold(0, |near, &home| near ^ table[home][0][0]);
            std::hint::black_box(near);
            new.extend(states.iter().zip(hashes).map(|(state, hash)| self.insert(state, hash)));
        }
    }

    /// Spread the states over more buckets. From the end down, each is taken out and put where it now belongs, which
    /// is never before its old home; what belongs to a bucket that was not emptied yet waits for it.
    #[cold]
    fn grow(&mut self) {
        let end = self.end;
        self.buckets = grown(self.buckets);
        if self.buckets * size_of::<Bucket<W>>() >= HUGE_FROM {
            self.table.on_huge_pages();
        }
        let buckets = self.buckets;
        let table: &mut [Bucket<W>] = &mut self.table;
        let mut taken = vec![0; buckets + SPARE];
        let mut waiting: Vec<State<W>> = Vec::new();
        for at in (0..end).rev() {
            let bucket = std::mem::replace(&mut table[at], [Self::FREE; BUCKET]);
            for state in bucket.iter().take_while(|state| **state != Self::FREE) {
                let home = home(Store::hash(state), buckets);
                if home < at {
                    waiting.push(*state);
                } else {
                    put(table, &mut taken, state, home);
                }
            }
            let ready = |state: &mut State<W>| home(Store::hash(state), buckets) == at;
            waiting.extract_if(.., ready).for_each(|state| put(table, &mut taken, &state, at));
        }
        self.end = buckets + taken[buckets..].iter().take_while(|taken| **taken > 0).count();
    }
}

/// How many slots of a bucket are taken: the first ones.
#[inline]
fn taken<const W: usize>(bucket: &Bucket<W>) -> usize {
    bucket.iter().map(|slot| usize::from(*slot != [0; W])).sum()
}

/// Put a state that is nowhere yet into the first bucket from its home on that has room, given how many slots of each
/// are taken.
#[inline]
fn put<const W: usize>(table: &mut [Bucket<W>], taken: &mut [u8], state: &State<W>, home: usize) {
    let mut at = home;
    while taken[at] as usize == BUCKET {
        at += 1;
    }
    table[at][taken[at] as usize] = *state;
    taken[at] += 1;
}

/// The bucket where the search for a hash begins.
#[inline]
fn home(hash: u64, buckets: usize) -> usize {
    ((u128::from(hash << SHARD_BITS) * buckets as u128) >> 64) as usize
}

fn grown(buckets: usize) -> usize {
    buckets + buckets / GROWTH
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
