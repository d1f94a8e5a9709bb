//! What is worth telling of a review, whatever form it is told in.

use seal_model::claim::Claim;
use seal_model::scenario::{Scenario, Strategy};

use super::Review;
use super::plan::Group;
use crate::explore::Refutation;
use crate::verdict::{Report, Verdict};

/// A claim that a strategy does not keep, by the shortest run in any of its casts.
#[derive(Clone, Copy, Debug)]
pub struct Broken<'r> {
    /// The strategy.
    pub strategy: Strategy,
    /// The claim.
    pub claim: Claim,
    /// The scenario that shows it soonest.
    pub report: &'r Report,
    /// The run.
    pub refutation: &'r Refutation,
    /// Whether it takes reclaim: without, the claim is proved.
    pub by_reclaim: bool,
}

/// A scenario that a fuzzer asked for, and the claims that no other cast of its strategy refutes.
#[derive(Clone, Debug)]
pub struct Found<'r> {
    /// What was found out about it.
    pub report: &'r Report,
    /// The claims that it alone refutes.
    pub alone: Vec<Claim>,
}

impl Review {
    /// Whatever the strategies do not keep, in the order of the matrix: first without reclaim, then what it alone
    /// makes false.
    pub fn broken(&self) -> Vec<Broken<'_>> {
        let mut broken = Vec::new();
        for group in &self.plan.groups {
            broken.extend(Claim::ALL.into_iter().filter_map(|claim| self.broken_in(group, claim, false)));
            let by_reclaim = Claim::ALL.into_iter().filter(|claim| self.proved(group, *claim));
            broken.extend(by_reclaim.filter_map(|claim| self.broken_in(group, claim, true)));
        }
        broken
    }

    fn broken_in<'r>(&'r self, group: &'r Group, claim: Claim, by_reclaim: bool) -> Option<Broken<'r>> {
        let casts = if by_reclaim { &group.with_reclaim } else { &group.scenarios };
        match self.verdict(casts, claim) {
            Some((report, Verdict::Refuted(refutation))) => {
                Some(Broken { strategy: group.strategy, claim, report, refutation, by_reclaim })
            }
            _ => None,
        }
    }

    /// The claims that reclaim makes false of some strategy.
    pub fn claims_by_reclaim(&self) -> Vec<Claim> {
        let broken = self.broken();
        let news = |claim: &Claim| broken.iter().any(|broken| broken.by_reclaim && broken.claim == *claim);
        Claim::ALL.into_iter().filter(news).collect()
    }

    /// Whether a strategy keeps a claim where reclaim is not at work.
    pub fn proved(&self, group: &Group, claim: Claim) -> bool {
        self.verdict(&group.scenarios, claim).is_some_and(|(_, verdict)| verdict.is_proved())
    }

    /// What the casts show that a fuzzer asked for.
    pub fn found(&self) -> Vec<Found<'_>> {
        let found = |scenario: &Scenario| {
            let report = self.report(scenario)?;
            let group = self.plan.groups.iter().find(|group| group.strategy == scenario.strategy)?;
            let refuted = |claim: &Claim| matches!(report.verdict(*claim), Some(Verdict::Refuted(_)));
            let known = |claim: &Claim| {
                [false, true].iter().any(|reclaim| self.broken_in(group, *claim, *reclaim).is_some())
            };
            let alone = Claim::ALL.into_iter().filter(|claim| refuted(claim) && !known(claim)).collect();
            Some(Found { report, alone })
        };
        self.plan.found.iter().filter_map(found).collect()
    }

    /// The judges' deceptions: of every unsound cell of the table in the full review, of each row the shortest in
    /// the quick one.
    pub fn deceptions(&self) -> Vec<(&Report, &Refutation)> {
        let claim = Claim::NoWritablePin;
        let mut deceptions = Vec::new();
        for row in &self.plan.judges {
            let shortest = self.verdict(&row.scenarios, claim).map(|(report, _)| report);
            let all = row.scenarios.iter().filter_map(|scenario| self.report(scenario));
            let told: Vec<&Report> =
                if self.plan.is_full() { all.collect() } else { shortest.into_iter().collect() };
            deceptions.extend(told.into_iter().filter_map(|report| match report.verdict(claim) {
                Some(Verdict::Refuted(refutation)) => Some((report, refutation)),
                _ => None,
            }));
        }
        deceptions
    }

    /// Distinct states and transitions of all scenarios together.
    pub fn totals(&self) -> (usize, usize) {
        let figures = self.reports.iter().map(|report| report.figures);
        figures.fold((0, 0), |(states, transitions), figures| {
            (states + figures.states, transitions + figures.transitions)
        })
    }
}

/// A verdict in the fewest words: `proved`, `proved (strong)`, `refuted 21`, `VACUOUS`, `undecided`.
pub fn in_short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Proved(None) => "proved".into(),
        Verdict::Proved(Some(fairness)) => format!("proved {}", fairness.name()),
        Verdict::Refuted(refutation) => format!("refuted {}", refutation.steps.len()),
        Verdict::Vacuous(_) => "VACUOUS".into(),
        Verdict::Undecided(_) => "undecided".into(),
        Verdict::Held => "held".into(),
    }
}
