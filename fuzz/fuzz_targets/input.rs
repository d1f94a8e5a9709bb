//! A text or a file for a parser: a panic is a crash, and so is what is not read as it is written, and a run that goes on
//! from a damaged file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seal_checks::fuzz::Target;

fuzz_target!(|bytes: &[u8]| seal_fuzz::case(Target::Input, bytes));
