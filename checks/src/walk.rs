//! Bytes choose a scenario and a schedule, and the automata are walked directly. Every byte string is a case.

use std::collections::HashMap;

use seal_model::claim::Claim;
use seal_model::scenario::{Scenario, Strategy};
use seal_model::sealer::judge::Judge;

use crate::error::Error;
use crate::explore::system::{MOST_WORDS, State, Step, System};
use crate::review::claims;
use crate::schedule::Schedule;
use crate::trace::Trace;

/// Most members of a cast beside the sealer.
const MOST_ACTORS: usize = 4;

/// Compiled scenarios, kept: a campaign meets the same ones again and again.
#[derive(Default, Debug)]
pub struct Walker {
    systems: HashMap<Scenario, System>,
}

/// A claim that a walk broke, and the schedule that does it again.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Which claim.
    pub claim: Claim,
    /// The run.
    pub schedule: Schedule,
}

impl Walker {
    /// Walk one case; the first claim that is broken on the way, if any.
    ///
    /// # Errors
    /// A bound of the model that the walk has left.
    pub fn walk(&mut self, bytes: &[u8]) -> Result<Option<Broken>, Error> {
        let mut bytes = bytes.iter().copied();
        let scenario = scenario(&mut bytes)?;
        if !self.systems.contains_key(&scenario) {
            self.systems.insert(scenario.clone(), System::new(&scenario)?);
        }
        let system = &self.systems[&scenario];
        let asked: Vec<Claim> =
            claims(&scenario).into_iter().filter(|&claim| expected(&scenario, claim)).collect();
        let mut state = system.initial::<MOST_WORDS>()?;
        let mut taken: Vec<Step> = Vec::new();
        for byte in bytes {
            let mut possible: Vec<(Step, State<MOST_WORDS>)> = Vec::new();
            system.successors(&state, |step, next| possible.push((step, next)))?;
            if possible.is_empty() {
                break;
            }
            let (step, next) = possible[byte as usize % possible.len()];
            let by_step = system.broken_by_step(&asked, &state, step.actor as usize)?;
            let by_step = by_step.first().map(|(claim, _)| *claim);
            let wrong_state = |claim: &Claim| !system.holds(*claim, &next);
            let broken = by_step.or_else(|| asked.iter().copied().find(wrong_state));
            taken.push(step);
            if let Some(claim) = broken {
                let schedule = Trace::of_steps(&scenario, &taken)?.schedule;
                return Ok(Some(Broken { claim, schedule }));
            }
            state = next;
        }
        Ok(None)
    }
}

/// Whether the review proves this claim for the repaired strategies: `isolate` leaves pages replaced when a
/// later allocation fails.
fn expected(scenario: &Scenario, claim: Claim) -> bool {
    match claim {
        Claim::NoWritablePin
        | Claim::NoWritableMapping
        | Claim::ContentFrozen
        | Claim::NoNewWriter
        | Claim::CountLaw
        | Claim::NoLeak
        | Claim::ReplaceUnmapped => true,
        Claim::FailureAtomic => scenario.strategy != Strategy::Isolate,
        _ => false,
    }
}

/// Who may be in the cast. Reclaim is not: beside a pinner without a mapping it refutes every strategy.
const MEMBERS: [&str; 16] = [
    "pinner",
    "pinner",
    "mapper:fault",
    "mapper:fault+zap+fault",
    "mapper@0:zap+fault+zap",
    "writer",
    "writer:mprotect",
    "stale-writer",
    "fast-pinner",
    "lookup-pinner",
    "reader",
    "recipient",
    "file-writer",
    "forker",
    "lru-batch",
    "truncate",
];

/// A scenario of a repaired strategy. A member that does not fit is left out.
fn scenario(bytes: &mut impl Iterator<Item = u8>) -> Result<Scenario, Error> {
    let mut pick = |from: usize| bytes.next().map_or(0, usize::from) % from;
    let mut scenario = Scenario::new([Strategy::Wait, Strategy::Isolate, Strategy::IsolateTwoPhase][pick(3)]);
    scenario.judge = [Judge::LockUnmapRefs, Judge::Snapshot][pick(2)];
    scenario.pages = pick(2) as u8 + 1;
    scenario.pin_weight = pick(3) as u8 + 1;
    scenario.last_scan = pick(3) as u8;
    scenario.allocation_may_fail = pick(2) == 1;
    for _ in 0..=pick(MOST_ACTORS) {
        let with = scenario.clone().with(MEMBERS[pick(MEMBERS.len())].parse()?);
        scenario = with.validate().unwrap_or(scenario);
    }
    Ok(scenario.validate()?)
}
