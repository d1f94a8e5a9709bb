//! Any strategy with any fault, and a schedule: a broken claim that the trace does not show is a crash.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use seal_checks::fuzz::Target;

fuzz_target!(|bytes: &[u8]| seal_fuzz::case(Target::Hunt, bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    seal_fuzz::change(Target::Hunt, &mut data[..max_size], size, seed)
});
