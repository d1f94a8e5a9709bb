//! One part of the table of states: buckets of slots, filled one after the other.

use super::array::Array;
use super::store::{SHARD_BITS, SHARDS, Store};
use super::system::State;

/// Slots that are filled one after the other: for keys of one word, a cache line.
pub(super) const BUCKET: usize = 8;

/// Buckets of a shard at first: a page, for keys of one word. The later shards start a little larger, so that not
/// all grow at once.
pub(super) const FIRST_BUCKETS: usize = 64;

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

type Bucket<const W: usize> = [State<W>; BUCKET];

/// The states whose hashes begin alike, by keys of `W` words.
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

    pub(super) fn new(number: usize, most_buckets: usize) -> Option<Self> {
        let table = Array::zeroed(most_buckets + SPARE)?;
        let buckets = FIRST_BUCKETS + FIRST_BUCKETS * number / SHARDS / GROWTH;
        Some(Shard { table, buckets, end: buckets, known: 0, zero: false })
    }

    /// How many states it has.
    pub(super) fn known(&self) -> usize {
        self.known
    }

    pub(super) fn bytes(&self) -> usize {
        self.end * size_of::<Bucket<W>>()
    }

    pub(super) fn places(&self) -> usize {
        self.end * BUCKET + 1
    }

    fn full(&self, buckets: usize) -> usize {
        buckets * BUCKET / 32 * FULL
    }

    pub(super) fn bytes_with(&self, more: usize) -> usize {
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

    pub(super) fn find(&self, state: &State<W>, hash: u64) -> Option<usize> {
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
    pub(super) fn insert(&mut self, state: &State<W>, hash: u64) -> bool {
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

    /// Add many states by their keys, one after the other: which are new.
    #[inline]
    pub(super) fn insert_all<const S: usize>(
        &mut self,
        states: &[State<S>],
        key: impl Fn(&State<S>) -> State<W>,
        new: &mut Vec<bool>,
    ) {
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
            new.extend(states.iter().zip(hashes).map(|(state, hash)| self.insert(&key(state), hash)));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it grows is foreseen to the last state; how many overflow is not.
    #[test]
    fn so_many_more_states_take_as_much_as_was_said() {
        let mut shard = Shard::<2>::new(0, 1 << 12).expect("some address space");
        for step in 0..60 {
            let to_the_last = shard.full(shard.buckets) - shard.known;
            let more = [step, to_the_last, 1][step % 3];
            let overflown = shard.end - shard.buckets;
            let said = shard.bytes_with(more);
            for number in shard.known..shard.known + more {
                let state = [number as u64, 1];
                assert!(shard.insert(&state, Store::hash(&state)));
            }
            assert_eq!(said, (shard.buckets + overflown) * size_of::<Bucket<2>>(), "{more}");
        }
        assert!(shard.buckets > 20 * FIRST_BUCKETS);
    }
}
