//! Chance that comes again: numbers and bytes that follow from a seed.

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
pub fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// So many bytes that follow from a seed, for cases that come again.
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    (0..length as u64).map(|place| (mix(seed ^ mix(place)) >> 56) as u8).collect()
}
