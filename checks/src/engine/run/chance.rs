//! Searches at random need an end, and answers to open questions.

use std::sync::Arc;

use seal_model::access::{Access, Question};

use super::Limits;
use super::memory::Chooser;
use crate::chance::mix;
use crate::trace::start::Cut;

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
