//! The store is exact, whatever the hashes say, and says when it is full.

use std::hash::{BuildHasher, Hasher};

use seal_checks::error::Error;
use seal_checks::explore::store::{StateHash, Store};

/// Places in the table at first, and after it has grown once.
const PLACES: [usize; 2] = [4096, 4096 + 2048];

/// States that the first table takes before it grows: four fifths.
const FIRST: usize = 3276;

/// Bytes of so many states of one word and of a table.
fn taken(states: usize, places: usize) -> usize {
    (states + places) * size_of::<u64>()
}

/// A store with the states from 0 on, as many as it takes; and why it takes no more.
fn filled(most_bytes: usize) -> (Store<1>, Error) {
    let mut store = Store::<1>::new(most_bytes).expect("a small store");
    let full = (0..).find_map(|number| store.insert(&[number], Store::hash(&[number])).err());
    (store, full.expect("it is full at some point"))
}

#[test]
fn states_of_equal_hash_are_told_apart() {
    let mut store = Store::<2>::new(1 << 20).expect("a megabyte");
    for number in 0..50 {
        let state = [number, 0];
        assert_eq!(store.insert(&state, 7).expect("room"), Some(number as usize));
        assert_eq!(store.insert(&state, 7).expect("room"), None);
    }
    assert_eq!(store.states().len(), 50);
}

#[test]
fn nothing_is_lost_or_doubled_while_the_table_grows() {
    let mut store = Store::<1>::new(64 << 20).expect("some megabytes");
    let state = |number: u64| [number.wrapping_mul(0x9e37_79b9_7f4a_7c15)];
    for number in 0..100_000 {
        let state = state(number);
        assert_eq!(store.insert(&state, Store::hash(&state)).expect("room"), Some(number as usize));
    }
    for number in 0..100_000 {
        let state = state(number);
        assert_eq!(store.insert(&state, Store::hash(&state)).expect("room"), None);
    }
}

#[test]
fn a_full_store_says_so_and_keeps_what_it_has() {
    let mut store = Store::<1>::new(1 << 18).expect("a quarter of a megabyte");
    let mut insert = |number: u64| store.insert(&[number], Store::hash(&[number]));
    let full = (0..).map(&mut insert).find_map(Result::err).expect("it is full at some point");
    assert!(matches!(full, Error::OutOfMemory { states, .. } if states > 1000), "{full}");
    assert!(store.bytes() <= 1 << 18);
    assert_eq!(store.insert(&[0], Store::hash(&[0])).expect("known states need no room"), None);
}

#[test]
fn the_table_grows_by_half_when_four_fifths_are_taken() {
    let mut store = Store::<1>::new(1 << 20).expect("a megabyte");
    assert_eq!(store.bytes(), taken(0, PLACES[0]));
    for number in 0..FIRST as u64 + 1 {
        let known = number as usize;
        assert_eq!(store.bytes(), taken(known, PLACES[0]), "{known} states");
        store.insert(&[number], Store::hash(&[number])).expect("room");
    }
    assert_eq!(store.bytes(), taken(FIRST + 1, PLACES[1]));
}

#[test]
fn words_are_counted_in_bytes() {
    let mut store = Store::<3>::new(1 << 20).expect("a megabyte");
    store.insert(&[1, 2, 3], 0).expect("room");
    store.insert(&[1, 2, 4], 0).expect("room");
    assert_eq!(store.bytes(), 2 * 3 * 8 + PLACES[0] * 8);
}

#[test]
fn the_last_state_that_fits_exactly_is_stored() {
    for room in [0, 1, 10] {
        let (store, _) = filled(taken(room, PLACES[0]));
        assert_eq!(store.states().len(), room);
        let (store, _) = filled(taken(room + 1, PLACES[0]) - 1);
        assert_eq!(store.states().len(), room, "one byte less than {} states take", room + 1);
    }
}

/// While it grows both tables are there.
#[test]
fn the_table_grows_only_if_the_old_and_the_new_one_fit_beside_each_other() {
    let both = taken(FIRST, PLACES[0] + PLACES[1]);
    let (store, _) = filled(both - 1);
    assert_eq!(store.bytes(), taken(FIRST, PLACES[0]));
    let (store, _) = filled(both);
    assert!(store.bytes() > taken(FIRST, PLACES[1]));
}

#[test]
fn a_full_store_says_how_much_it_took_and_may_take() {
    let (store, full) = filled(7 << 20);
    let Error::OutOfMemory { used, limit, states } = full else { panic!("{full}") };
    assert_eq!((used, limit, states), (store.bytes() >> 20, 7, store.states().len()));
    assert!(used > 1);
}

/// States at the last place of every table go on at its beginning, also when the table grows.
#[test]
fn places_go_on_at_the_beginning_of_the_table() {
    let last = |number: &u64| Store::hash(&[*number]) >= u64::MAX - u64::MAX / 8192;
    let late: Vec<u64> = (0..).filter(last).take(4).collect();
    let others = (0..).filter(|number| !last(number)).take(FIRST);
    let mut store = Store::<1>::new(1 << 20).expect("a megabyte");
    for (number, state) in late.iter().copied().chain(others).enumerate() {
        assert_eq!(store.find(&[state]), None);
        assert_eq!(store.insert(&[state], Store::hash(&[state])).expect("room"), Some(number));
        for (number, &state) in late.iter().enumerate().take(number + 1) {
            assert_eq!(store.find(&[state]), Some(number));
        }
    }
    assert_eq!(store.bytes(), taken(FIRST + 4, PLACES[1]), "it has grown once");
}

/// The search touches memory ahead of its insertions, and it is the memory that they will read.
#[test]
fn what_is_touched_is_what_insertion_reads() {
    let mut store = Store::<1>::new(1 << 20).expect("a megabyte");
    let (low, high) = (3, u64::MAX - 3);
    for hash in [0, low, high] {
        assert_eq!(store.touch_table(hash), 0, "nobody is there yet");
        assert_eq!(store.touch_state(0, hash), 0, "an empty slot fits no hash");
    }
    store.insert(&[40], low).expect("room");
    store.insert(&[50], high).expect("room");
    assert_eq!(store.touch_state(store.touch_table(low), low), 40);
    assert_eq!(store.touch_state(store.touch_table(high), high), 50);
    assert_eq!(store.touch_state(store.touch_table(low), low + 1), 0, "the same place, another fingerprint");
    assert_eq!(store.touch_table(1 << 63), 0, "a place between them");
}

/// A worse hash finds the same states later, which only `cargo bench` would show: a change of these is one to
/// measure. The values were computed by another program.
#[test]
fn the_hash_is_the_one_that_was_measured() {
    assert_eq!(Store::hash(&[0]), 0x724e_93a0_6a92_dbe7);
    assert_eq!(Store::hash(&[1]), 0xd57b_9878_25e0_f656);
    assert_eq!(Store::hash(&[0x0123_4567_89ab_cdef]), 0x8d75_d939_980e_4dda);
    assert_eq!(Store::hash(&[1, 2]), 0x94eb_59af_c08b_6a2b);
    assert_eq!(Store::hash(&[2, 1]), 0x4336_28f8_ceeb_d7a4);
    assert_eq!(Store::hash(&[u64::MAX, 0, u64::MAX]), 0xd355_e31e_1185_1e63);
}

/// What the benchmark gives to the standard tables: the words are chained.
#[test]
fn the_hash_for_standard_tables_is_that_of_the_store() {
    let mut hasher = StateHash.build_hasher();
    assert_eq!(hasher.finish(), 0);
    hasher.write_u64(5);
    assert_eq!(hasher.finish(), Store::hash(&[0, 5]));
    hasher.write(&[6, 0, 0, 0, 0, 0, 0, 0, 7]);
    assert_eq!(hasher.finish(), Store::hash(&[Store::hash(&[Store::hash(&[0, 5]), 6]), 7]));
}
