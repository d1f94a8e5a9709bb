//! A program of system calls on the model and on the running kernel: a difference is a crash.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seal_checks::fuzz::Target;

fuzz_target!(|bytes: &[u8]| seal_fuzz::case(Target::Conform, bytes));
