//! A program of system calls on both sides.

use std::cell::RefCell;

use super::Trouble;
use crate::conform::{Bytes, Live, decode, run, runs, shrink};

thread_local! {
    static LIVE: RefCell<Option<Live>> = const { RefCell::new(None) };
}

pub(super) fn case(bytes: &[u8]) -> Result<(), Trouble> {
    LIVE.with_borrow_mut(|live| {
        let live = match live {
            Some(live) => live,
            None => live.insert(Live::new().map_err(|error| Trouble::Skipped(error.to_string()))?),
        };
        let program = decode(Bytes::new(bytes), live.settings);
        let seed = bytes.iter().fold(0, |seed: u64, &byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        if !runs(&program, live.settings, seed) {
            return Ok(());
        }
        if let Some(reason) = live.refuses(&program) {
            return Err(Trouble::Skipped(reason));
        }
        let tried = run(live, &program, None)?;
        // a machine that was late says nothing
        if let Some(reason) = tried.not_compared() {
            return Err(Trouble::Skipped(reason));
        }
        if tried.late || tried.difference().is_none() {
            return Ok(());
        }
        let (program, tried) = shrink(live, &program, None)?;
        let difference = tried.difference().unwrap_or_default();
        let accesses = tried.steps.join("\n    ");
        Err(Trouble::Finding(format!(
            "{difference}; the model's accesses:\n    {accesses}\n\nagain: sealcheck conform --program '{program}'\n"
        )))
    })
}
