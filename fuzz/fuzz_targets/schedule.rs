//! A scenario of a repaired strategy, and a schedule: a broken claim is a crash.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use seal_checks::fuzz::Target;

fuzz_target!(|bytes: &[u8]| seal_fuzz::case(Target::Schedule, bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    seal_fuzz::change(Target::Schedule, &mut data[..max_size], size, seed)
});
