//! The fuzz target's harness, on stable.

use seal_checks::walk::Walker;

/// A fixed stream of bytes (SplitMix64), so that a failure comes again.
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn no_random_walk_breaks_a_repaired_strategy() {
    let mut walker = Walker::default();
    for seed in 0..80 {
        match walker.walk(&bytes(seed, 300)) {
            Ok(None) => {}
            Ok(Some(broken)) => panic!("{}: sealcheck replay '{}'", broken.claim.name(), broken.schedule),
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
}

#[test]
fn every_byte_string_is_a_case() {
    let mut walker = Walker::default();
    for length in 0..40 {
        assert!(walker.walk(&vec![0xff; length]).is_ok_and(|broken| broken.is_none()));
    }
}
