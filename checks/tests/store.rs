//! The store is exact, whatever the hashes say, and says when it is full.

use seal_checks::error::Error;
use seal_checks::explore::store::Store;

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
