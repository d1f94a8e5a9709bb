//! What engines need that try their luck: an end, and answers to open questions.

use std::sync::Arc;

use seal_model::access::{Access, Question};

use super::Limits;
use super::memory::Chooser;
use crate::cut::Cut;

/// Executions, where nothing else ends the run.
const USUAL: usize = 100_000;

/// The limits with an end.
pub(super) fn bounded(limits: &Limits) -> Limits {
    let usual = limits.time.is_none().then_some(USUAL);
    Limits { executions: limits.executions.or(usual), ..*limits }
}

/// Answers to open questions that follow from the seed, the execution, the actor and the question's number.
pub(super) fn by_chance(cut: &Arc<Cut>, seed: u64, execution: usize) -> Arc<Chooser> {
    let cut = Arc::clone(cut);
    Arc::new(move |actor, question: Question, number| {
        let possible = Access::Choose(question).answers(&cut.scenario);
        let mixed = [execution as u64, actor as u64, number as u64]
            .iter()
            .fold(seed, |mixed, part| mix(mixed ^ part));
        possible[mixed as usize % possible.len()]
    })
}

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
