//! What many executions add up to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use seal_model::access::Answer;
use seal_model::claim::Claim;
use seal_model::machine::PlainCells;

use super::ledger::Ledger;
use super::{Broken, Engine, Findings, Limits};
use crate::outcome::outcome;

/// How runs ended, each with how often.
pub type Outcomes = BTreeMap<String, usize>;

/// See above.
pub(super) struct Tally {
    executions: usize,
    broken: Vec<Broken>,
    outcomes: Outcomes,
    answers: BTreeSet<Vec<Vec<Answer>>>,
    started: Instant,
    pub(super) claims: Vec<Claim>,
    pub(super) limits: Limits,
    /// The limit that was hit.
    bounded: Option<String>,
    /// Nothing was left to refute.
    refuted_all: bool,
}

impl Tally {
    pub(super) fn new(claims: &[Claim], limits: &Limits) -> Self {
        Tally {
            executions: 0,
            broken: Vec::new(),
            outcomes: Outcomes::new(),
            answers: BTreeSet::new(),
            started: Instant::now(),
            claims: claims.to_vec(),
            limits: *limits,
            bounded: None,
            refuted_all: false,
        }
    }

    /// Whether another execution may begin.
    pub(super) fn goes_on(&mut self) -> bool {
        if !self.claims.is_empty() && self.broken.len() == self.claims.len() {
            self.refuted_all = true;
            return false;
        }
        if self.limits.executions.is_some_and(|most| self.executions >= most) {
            self.bounded = Some(format!("{} executions", self.executions));
        }
        if let Some(most) = self.limits.time.filter(|most| self.started.elapsed() >= *most) {
            self.bounded = Some(format!("{} s, after {} executions", most.as_secs_f64(), self.executions));
        }
        self.bounded.is_none()
    }

    /// The next execution begins: its number, counted from 1.
    pub(super) fn begin(&mut self) -> usize {
        self.executions += 1;
        self.executions
    }

    /// An execution is over.
    pub(super) fn add(&mut self, ledger: &Ledger, cells: &PlainCells) {
        for (claim, steps) in &ledger.broken {
            match self.broken.iter_mut().find(|broken| broken.claim == *claim) {
                Some(known) => {
                    known.times += 1;
                    if steps.len() < known.steps.len() {
                        known.steps.clone_from(steps);
                    }
                }
                None => {
                    let first = self.executions;
                    self.broken.push(Broken { claim: *claim, steps: steps.clone(), first, times: 1 });
                }
            }
        }
        if self.limits.window.is_some() {
            self.answers.insert(ledger.answers());
            return;
        }
        let ended = ledger.view(cells, outcome);
        *self.outcomes.entry(ended).or_default() += 1;
    }

    pub(super) fn findings(&self, engine: Engine) -> Findings {
        Findings {
            engine,
            executions: self.executions,
            elapsed: self.started.elapsed(),
            bounded: self.bounded.clone(),
            refuted_all: self.refuted_all,
            broken: self.broken.clone(),
            witnessed: Vec::new(),
            outcomes: self.outcomes.clone(),
            answers: self.answers.clone(),
        }
    }
}
