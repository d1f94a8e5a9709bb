//! A text for a parser: a panic is a crash, and so is what is not read as it is written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seal_checks::fuzz::Target;

fuzz_target!(|bytes: &[u8]| seal_fuzz::case(Target::Input, bytes));
