//! A scenario and a schedule in every way there is to run them: a difference is a crash.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seal_checks::fuzz::Target;

fuzz_target!(|bytes: &[u8]| seal_fuzz::case(Target::Engines, bytes));
