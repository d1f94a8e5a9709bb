//! Seeded faults against the claims that they are said to break: a claim that no fault refutes says nothing.

use std::time::Duration;

use seal_model::claim::Claim;
use seal_model::fault::Fault;
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::verdict::{Exit, Report, Verdict, decide_all};

/// What became of a fault.
#[derive(Debug)]
pub struct Killed {
    /// Which one.
    pub fault: Fault,
    /// The scenario with the fault, asked for its claim.
    pub with: Report,
    /// The same scenario without it.
    pub without: Report,
}

impl Killed {
    /// Steps of the shortest counterexample, if the claim is refuted.
    pub fn steps(&self) -> Option<usize> {
        match self.with.verdict(self.fault.breaks()) {
            Some(Verdict::Refuted(refutation)) => Some(refutation.steps.len()),
            _ => None,
        }
    }

    /// Whether the claim is refuted with the fault, and proved without it.
    pub fn as_said(&self) -> bool {
        self.exit() == Exit::AsAsked
    }

    /// The same as a command ends; undecided where memory did not suffice to say so.
    pub fn exit(&self) -> Exit {
        let is_as_said =
            |report: &Report, says: fn(&Verdict) -> bool| match report.verdict(self.fault.breaks()) {
                Some(Verdict::Undecided(_)) if report.stopped.is_some() => Exit::Undecided,
                verdict => Exit::of(verdict.is_some_and(says)),
            };
        let refuted = is_as_said(&self.with, |verdict| matches!(verdict, Verdict::Refuted(_)));
        refuted.max(is_as_said(&self.without, Verdict::is_proved))
    }

    /// Time that both explorations took.
    pub fn elapsed(&self) -> Duration {
        self.with.figures.elapsed + self.without.figures.elapsed
    }
}

/// The scenario that shows a fault, without it.
///
/// # Errors
/// When the catalogue names an impossible scenario.
pub fn shown_in(fault: Fault) -> Result<Scenario, Error> {
    Ok(fault.slip().shown_in.parse()?)
}

/// Try every fault, in the order of the catalogue, within `max_memory` bytes in all.
///
/// # Errors
/// As [`decide_all`].
pub fn run(max_memory: usize, done: &(dyn Fn(usize) + Sync)) -> Result<Vec<Killed>, Error> {
    let mut jobs: Vec<(Scenario, Vec<Claim>)> = Vec::new();
    for fault in Fault::ALL {
        let without = shown_in(fault)?;
        let with = without.clone().with_fault(fault);
        jobs.push((with, vec![fault.breaks()]));
        jobs.push((without, vec![fault.breaks()]));
    }
    let mut reports = decide_all(&jobs, max_memory, done)?.into_iter();
    let pair = |fault| Some(Killed { fault, with: reports.next()?, without: reports.next()? });
    Ok(Fault::ALL.into_iter().map_while(pair).collect())
}
