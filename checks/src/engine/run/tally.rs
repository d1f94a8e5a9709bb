//! The sum of many executions.

use std::collections::BTreeSet;
use std::time::Instant;

use seal_model::access::Answer;
use seal_model::claim::{Claim, Witness};

use super::{Broken, Engine, Findings, Limits, Outcomes};
use crate::error::Error;
use crate::explore::system::Step;
use crate::interrupt;

/// Ends of windows: for each actor what it was answered.
pub(crate) type Answers = BTreeSet<Vec<Vec<Answer>>>;

/// The end of the limit that stands for executions whose accesses have no order.
pub(crate) const UNEXPLAINED: &str = "executions that show the middle of an access";

/// How one run ended.
pub(super) enum End {
    /// In words.
    Outcome(String),
    /// Not at all.
    CutShort,
    /// The answers of each actor in a window.
    Answers(Vec<Vec<Answer>>),
}

/// See above.
pub(super) struct Tally {
    begun: usize,
    /// Executions that are over, and were judged.
    executions: usize,
    broken: Vec<Broken>,
    witnessed: BTreeSet<Witness>,
    outcomes: Outcomes,
    answers: Answers,
    started: Instant,
    pub(super) claims: Vec<Claim>,
    pub(super) limits: Limits,
    /// The limit that was hit.
    bounded: Option<String>,
    /// Executions that were cut short at their most steps.
    cut_short: usize,
    /// Executions whose accesses have no order.
    unexplained: usize,
    /// Nothing was left to refute.
    refuted_all: bool,
    /// There are no other executions.
    exhausted: bool,
    /// A bound of the model that some execution has left.
    error: Option<Error>,
}

impl Tally {
    pub(super) fn new(claims: &[Claim], limits: &Limits) -> Self {
        Tally {
            begun: 0,
            executions: 0,
            broken: Vec::new(),
            witnessed: BTreeSet::new(),
            outcomes: Outcomes::new(),
            answers: BTreeSet::new(),
            started: Instant::now(),
            claims: claims.to_vec(),
            limits: *limits,
            bounded: None,
            cut_short: 0,
            unexplained: 0,
            refuted_all: false,
            exhausted: false,
            error: None,
        }
    }

    /// True if another execution may begin.
    pub(super) fn goes_on(&mut self) -> bool {
        if self.refuted_all {
            return false;
        }
        if self.limits.executions.is_some_and(|most| self.begun >= most) {
            self.bounded.get_or_insert(format!("{} executions", self.begun));
        }
        self.is_late();
        self.bounded.is_none() && self.error.is_none()
    }

    /// True if the time is over, or a signal came.
    fn is_late(&mut self) -> bool {
        let late = self.limits.time.filter(|most| self.started.elapsed() >= *most);
        let limit = match late {
            _ if interrupt::requested() => format!("interrupted after {} executions", self.executions),
            Some(most) => format!("{} s, after {} executions", most.as_secs_f64(), self.begun),
            None => return false,
        };
        self.bounded.get_or_insert(limit);
        true
    }

    /// True if an execution that is under way has to end after this number of steps.
    pub(super) fn ends(&mut self, steps: usize) -> bool {
        let too_long = steps >= self.limits.steps;
        self.cut_short += usize::from(too_long);
        too_long || self.is_late()
    }

    /// The next execution begins: its number, counted from 1.
    pub(super) fn begin(&mut self) -> usize {
        self.begun += 1;
        self.begun
    }

    /// An execution is over.
    pub(super) fn add(&mut self, broken: &[(Claim, Vec<Step>)], seen: &[Witness], end: End) {
        // others may have begun before it was known that nothing is left to refute
        if self.refuted_all {
            return;
        }
        self.executions += 1;
        broken.iter().for_each(|(claim, steps)| self.breaks(*claim, steps));
        self.witnessed.extend(seen);
        match end {
            End::Outcome(ended) => *self.outcomes.entry(ended).or_default() += 1,
            End::CutShort => {}
            End::Answers(answers) => drop(self.answers.insert(answers)),
        }
        self.refuted_all = !self.claims.is_empty() && self.broken.len() == self.claims.len();
    }

    fn breaks(&mut self, claim: Claim, steps: &[Step]) {
        match self.broken.iter_mut().find(|broken| broken.claim == claim) {
            Some(known) => {
                known.times += 1;
                if steps.len() < known.steps.len() {
                    known.steps = steps.to_vec();
                }
            }
            None => {
                let first = self.executions;
                self.broken.push(Broken { claim, steps: steps.to_vec(), first, times: 1 });
            }
        }
    }

    /// An execution is over whose accesses have no order in which claims could be looked at.
    pub(super) fn unexplained(&mut self) {
        if !self.refuted_all {
            self.executions += 1;
            self.unexplained += 1;
        }
    }

    /// An execution has left a bound of the model: there is no other.
    pub(super) fn fails(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// There are no other executions.
    pub(super) fn exhausted(&mut self) {
        self.exhausted = true;
    }

    /// The findings.
    ///
    /// # Errors
    /// A bound of the model that some execution has left.
    pub(super) fn findings(&mut self, engine: Engine) -> Result<Findings, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        Ok(Findings {
            engine,
            limits: self.limits,
            executions: self.executions,
            elapsed: self.started.elapsed(),
            bounded: self.limit(),
            refuted_all: self.refuted_all,
            broken: self.broken.clone(),
            witnessed: self.witnessed.iter().copied().collect(),
            outcomes: self.outcomes.clone(),
            answers: self.answers.clone(),
        })
    }

    /// The limit that left something out; none where nothing was left to refute.
    fn limit(&self) -> Option<String> {
        if self.refuted_all {
            return None;
        }
        let cut_short = || {
            // threads that do not take turns may find it several times
            let (times, most) = (self.cut_short.min(self.executions), self.limits.steps);
            (times > 0).then(|| format!("{most} steps, which {times} executions took"))
        };
        let unexplained = || {
            let times = self.unexplained;
            (times > 0).then(|| format!("{times} {UNEXPLAINED}"))
        };
        let by_chance = || (!self.exhausted).then(|| format!("{} executions", self.executions));
        self.bounded.clone().or_else(cut_short).or_else(unexplained).or_else(by_chance)
    }
}
