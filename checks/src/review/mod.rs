//! The review: every strategy against every claim, every judge against every mover.

pub mod behaviours;
pub mod casts;
mod command;
mod difference;
pub mod digest;
#[cfg(feature = "full")]
pub mod engines;
pub mod json;
#[cfg(feature = "full")]
pub mod junit;
pub mod mail;
pub mod manifest;
pub mod markdown;
pub mod plan;
pub mod sarif;
pub mod text;

use std::time::{Duration, Instant};

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::Job;
use crate::explore::fair::Fairness;
use crate::trace::sentence::sentence;
use crate::verdict::{Report, Verdict, decide, decide_known};
pub use command::{command, command_of_report};
use manifest::Manifest;
use plan::Plan;

/// A review that has been run.
#[derive(Debug)]
pub struct Review {
    /// What was asked.
    pub plan: Plan,
    /// One report for each scenario of the plan, in its order. One that memory did not suffice for says so.
    pub reports: Vec<Report>,
    /// Time it all took.
    pub elapsed: Duration,
    /// The signal that came before every scenario was decided: the others have no report.
    pub interrupted: Option<Error>,
}

/// Run a plan on all cores, within `max_memory` bytes in all. `done` is told how many scenarios are finished.
///
/// # Errors
/// The first error of a scenario.
pub fn run(plan: Plan, max_memory: usize, done: &(dyn Fn(usize) + Sync)) -> Result<Review, Error> {
    let started = Instant::now();
    let (reports, interrupted) = decide_known(&plan.jobs(), max_memory, done)?;
    Ok(Review { plan, reports, elapsed: started.elapsed(), interrupted })
}

impl Review {
    /// The scenarios that were not explored to their end for want of memory.
    pub fn unfit(&self) -> impl Iterator<Item = &Report> {
        self.reports.iter().filter(|report| report.stopped.is_some())
    }

    /// How the verdicts differ from those that are expected, or none. What memory left undecided does not differ.
    ///
    /// # Errors
    /// As [`Manifest::difference`].
    pub fn difference(&self, expected: &Manifest) -> Result<Option<String>, Error> {
        let whole = self.reports.iter().filter(|report| report.stopped.is_none());
        let of_whole = Manifest::of(whole).difference(expected)?;
        let of_unfit: String = self.unfit().flat_map(|report| expected.contradicted_by(report)).collect();
        let all = of_whole.unwrap_or_default() + &of_unfit;
        Ok((!all.is_empty()).then_some(all))
    }

    /// The report on a scenario of the plan.
    pub fn report(&self, scenario: &Scenario) -> Option<&Report> {
        self.reports.iter().find(|report| report.scenario == *scenario)
    }

    /// What is known about a claim over several scenarios: refuted by the shortest of all counterexamples;
    /// proved where no scenario refutes it and one of them saw its witnesses, with the fairness that the most
    /// demanding one takes.
    pub fn verdict(&self, scenarios: &[Scenario], claim: Claim) -> Option<(&Report, &Verdict)> {
        let reports = scenarios.iter().filter_map(|scenario| self.report(scenario));
        let verdicts = reports.filter_map(|report| Some((report, report.verdict(claim)?)));
        verdicts.min_by_key(|(_, verdict)| match verdict {
            Verdict::Refuted(refutation) => (0, refutation.steps.len()),
            Verdict::Undecided(_) => (1, 0),
            Verdict::Held => (2, 0),
            Verdict::Proved(fairness) => (2, fairness.map_or(0, Fairness::mildness)),
            Verdict::Vacuous(_) => (3, 0),
        })
    }
}

/// The claims whose verdict differs between two scenarios, with both verdicts. That a counterexample is longer is
/// no difference; nor is a claim that nothing was seen of, or that was not decided, on one side.
pub fn changes(review: &Review, scenarios: &[Scenario; 2]) -> Vec<(Claim, String, String)> {
    let [one, other] = scenarios.each_ref().map(|scenario| review.report(scenario));
    let (Some(one), Some(other)) = (one, other) else { return Vec::new() };
    let mut changed = Vec::new();
    for claim in Claim::ALL {
        let (Some(before), Some(after)) = (one.verdict(claim), other.verdict(claim)) else { continue };
        let silent = |verdict: &Verdict| matches!(verdict, Verdict::Vacuous(_) | Verdict::Undecided(_));
        if before.is_proved() != after.is_proved() && !silent(before) && !silent(after) {
            changed.push((claim, before.to_string(), after.to_string()));
        }
    }
    changed
}

/// The scenario of a refuted claim without those of its cast who can be left out, and the steps it takes there.
///
/// # Errors
/// As [`decide`].
pub fn smallest_cast(report: &Report, claim: Claim) -> Result<(Scenario, usize), Error> {
    let refuted = |scenario: &Scenario| -> Result<Option<usize>, Error> {
        if !claim.concerns(scenario) {
            return Ok(None);
        }
        let found =
            decide(scenario, &Job { claims: &[claim], max_memory: SMALL, coverage: false, progress: None })?;
        Ok(match found.verdict(claim) {
            Some(Verdict::Refuted(refutation)) => Some(refutation.steps.len()),
            _ => None,
        })
    };
    let mut smallest = report.scenario.clone();
    let mut steps = refuted(&smallest)?.unwrap_or(0);
    for actor in (1..smallest.cast().len()).rev() {
        let Ok(without) = smallest.clone().without(actor).validate() else { continue };
        if let Some(found) = refuted(&without)? {
            (smallest, steps) = (without, found);
        }
    }
    Ok((smallest, steps))
}

/// Memory for a scenario of which a larger one was explored already.
const SMALL: usize = 1 << 30;

/// A counterexample as one sentence.
///
/// # Errors
/// As [`Report::trace`].
pub fn told(report: &Report, claim: Claim) -> Result<Option<String>, Error> {
    let Some(Verdict::Refuted(refutation)) = report.verdict(claim) else { return Ok(None) };
    Ok(Some(sentence(&report.trace(refutation)?, claim)))
}
