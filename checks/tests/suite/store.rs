//! The store is exact, whatever the hashes say, and says when it is full.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};

use seal_checks::error::Error;
use seal_checks::explore::store::Store;
use seal_checks::explore::system::System;
use seal_checks::hash::StateHash;

/// A store with the states from 0 on, as many as it takes; and why it takes no more.
fn filled(most_bytes: usize) -> (Store<1>, Error) {
    let mut store = Store::<1>::new(most_bytes).expect("a small store");
    let full = (0..).find_map(|number| store.insert(&[number], Store::hash(&[number])).err());
    (store, full.expect("it is full at some point"))
}

/// Many of them lie far behind the bucket that they belong to.
#[test]
fn states_of_equal_hash_are_told_apart() {
    let mut store = Store::<2>::new(1 << 20).expect("a megabyte");
    for hash in [0, 7, u64::MAX] {
        for number in 0..50 {
            let state = [number, hash];
            assert!(store.insert(&state, hash).expect("room"));
            assert!(!store.insert(&state, hash).expect("room"));
        }
    }
    assert_eq!(store.known(), 150);
}

/// Over dozens of growths of every shard, whatever the width: each state is found, at a place of its own, and no other.
#[test]
fn nothing_is_lost_or_doubled_while_the_table_grows() {
    fn try_it<const W: usize>(states: usize) {
        let mut store = Store::<W>::new(64 << 20).expect("some megabytes");
        let state = |number: usize| std::array::from_fn(|word| (number as u64) << (8 * word));
        let hash = |number: usize| Store::hash(&state(number));
        for number in 0..states {
            assert!(store.insert(&state(number), hash(number)).expect("room"), "{number}");
            if number.is_multiple_of(1000) {
                assert!(!store.insert(&state(number / 2), hash(number / 2)).expect("room"), "{number}");
            }
        }
        let mut places = HashSet::new();
        for number in 0..states {
            let place = store.find(&state(number), hash(number)).expect("found");
            assert!(place < store.places());
            assert!(places.insert(place), "{number}");
            assert!(!store.insert(&state(number), hash(number)).expect("room"), "{number}");
        }
        assert_eq!(store.find(&state(states), hash(states)), None);
        assert_eq!(store.known(), states);
    }
    try_it::<1>(300_000);
    try_it::<2>(100_000);
    try_it::<3>(100_000);
    try_it::<4>(100_000);
}

/// States of a few bits more than a word are told apart by what does not fit, though only the first word is kept.
#[test]
fn a_state_of_little_more_than_a_word_takes_one() {
    // 66 and 75 bits
    let narrow = "wait;pages=2;with=pinner@0;with=pinner@0;with=mapper@0;with=mapper@1";
    let wide = "wait;pages=2;with=pinner;with=pinner;with=writer;with=mapper";
    let mut bytes = Vec::new();
    for (line, states) in [(narrow, 400_000u64), (wide, 400_000)] {
        let scenario = line.parse().expect("a possible scenario");
        let layout = System::new(&scenario).expect("compiles").layout;
        assert_eq!(layout.words, 2, "{line}: {} bits", layout.bits);
        let beyond = layout.bits - 64;
        let mut store = Store::<2>::for_states(&layout, 64 << 20).expect("some megabytes");
        // every first word with each of what may follow it, the state of zeroes among them
        let state = |number: u64| [number >> beyond, number & ((1 << beyond) - 1)];
        let mut places = HashSet::new();
        for number in 0..states {
            assert!(store.insert(&state(number), Store::hash(&state(number))).expect("room"), "{number}");
            assert!(!store.insert(&state(number), Store::hash(&state(number))).expect("room"), "{number}");
        }
        for number in 0..states {
            let place = store.find(&state(number), Store::hash(&state(number))).expect("found");
            assert!(place < store.places() && places.insert(place), "{number}");
        }
        assert_eq!(store.find(&state(states), Store::hash(&state(states))), None);
        bytes.push(store.bytes());
    }
    assert!(2 * bytes[0] < bytes[1] + bytes[1] / 8, "{bytes:?}");
}

/// A free slot looks like the state of nothing but zeroes.
#[test]
fn the_state_of_zeroes_is_a_state_like_any_other() {
    let mut store = Store::<2>::new(1 << 20).expect("a megabyte");
    let hash = Store::hash(&[0, 0]);
    assert_eq!(store.find(&[0, 0], hash), None);
    assert!(store.insert(&[0, 0], hash).expect("room"));
    assert!(!store.insert(&[0, 0], hash).expect("room"));
    assert_eq!(store.known(), 1);
    let place = store.find(&[0, 0], hash).expect("found");
    assert!(place < store.places());
}

#[test]
fn a_full_store_says_so_and_keeps_what_it_has() {
    let (mut store, full) = filled(7 << 20);
    let Error::OutOfMemory { used, limit, states } = full else { panic!("{full}") };
    assert_eq!((used, limit, states), (store.bytes() >> 20, 7, store.known()));
    assert!(used >= 6 && store.bytes() <= 7 << 20);
    assert!(!store.insert(&[1], Store::hash(&[1])).expect("known states need no room"));
    assert!((0..states as u64).all(|state| store.find(&[state], Store::hash(&[state])).is_some()));
}

#[test]
fn more_address_space_than_there_is_is_refused() {
    let refused = Store::<1>::new(1 << 60);
    assert!(matches!(refused, Err(Error::NoAddressSpace(megabytes)) if megabytes == 1 << 40));
}

/// Free slots are memory wasted. Ten bytes a state are four of five slots taken.
#[test]
fn at_any_size_most_slots_are_taken() {
    let mut store = Store::<1>::new(64 << 20).expect("some megabytes");
    for number in 0..1_000_000 {
        store.insert(&[number], Store::hash(&[number])).expect("room");
        let known = store.known();
        if known > 30_000 && known.is_multiple_of(1000) {
            let bytes = store.bytes() as f64 / known as f64;
            assert!((8.0..10.0).contains(&bytes), "{bytes} bytes a state for {known} states");
        }
    }
}

/// A worse hash finds the same states later, which only `cargo bench` would show: a change of these is one to
/// measure. The values were computed by another program.
#[test]
fn the_hash_is_the_one_that_was_measured() {
    assert_eq!(Store::hash(&[0]), 0x724e_93a0_6a92_dbe7);
    assert_eq!(Store::hash(&[1]), 0xd57b_9878_25e0_f656);
    assert_eq!(Store::hash(&[0x0123_4567_89ab_cdef]), 0x8d75_d939_980e_4dda);
    assert_eq!(Store::hash(&[1, 2]), 0xf57b_9878_25e0_f656);
    assert_eq!(Store::hash(&[2, 1]), 0xcb05_0c75_f9c9_70bb);
    assert_eq!(Store::hash(&[u64::MAX, 0, u64::MAX]), 0x724e_93a0_6a92_dbe7);
    assert_eq!(Store::hash(&[7, 0x1_2345_6789]), 0xd472_c328_6708_5b76);
    assert_eq!(Store::hash(&[1, 0x20, 3]), 0x895b_fceb_c88a_6e0e);
    assert_eq!(Store::hash(&[1, 0x20, 3, 4]), 0x583d_863d_1716_00e8);
}

/// What the benchmark gives to the standard tables: the words are chained, and all bits of each spread over all.
#[test]
fn the_hash_for_standard_tables_is_that_of_the_store() {
    let mut hasher = StateHash.build_hasher();
    assert_eq!(hasher.finish(), 0);
    hasher.write_u64(5);
    let alone = hasher.finish();
    hasher.write(&[6, 0, 0, 0, 0, 0, 0, 0, 7]);
    let chained = hasher.finish();
    let mut again = StateHash.build_hasher();
    for word in [5, 6, 7] {
        again.write_u64(word);
    }
    assert_eq!(chained, again.finish());
    // of nothing before it, a word is hashed as what it is spread to
    let spread = |word: u64| {
        let product = u128::from(word) * 0xe703_7ed1_a0b4_28db;
        (product >> 64) as u64 ^ product as u64
    };
    assert_eq!(alone, Store::hash(&[spread(5)]));
    assert_eq!(chained, Store::hash(&[Store::hash(&[alone ^ spread(6)]) ^ spread(7)]));
}
