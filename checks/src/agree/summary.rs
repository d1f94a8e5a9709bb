//! What many comparisons add up to.

use std::collections::BTreeMap;
use std::time::Duration;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use serde::Serialize;

use super::Options;
use super::compare::{Checked, Skip};
use super::course::Course;
use super::engines::Ask;
use super::shrink::shrink;
use crate::interrupt;
use crate::verdict::{Exit, Verdict};

/// Differences that are made small; the others are counted.
const SHOWN: usize = 10;

/// Verdicts of one way, by what they say.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
#[allow(missing_docs, reason = "each is named after its verdict")]
pub struct Counts {
    pub proved: usize,
    pub held: usize,
    pub refuted: usize,
    pub vacuous: usize,
    pub undecided: usize,
}

impl Counts {
    /// One more verdict.
    pub fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Proved(_) => self.proved += 1,
            Verdict::Held => self.held += 1,
            Verdict::Refuted(_) => self.refuted += 1,
            Verdict::Vacuous(_) => self.vacuous += 1,
            Verdict::Undecided(_) => self.undecided += 1,
        }
    }

    fn add_all(&mut self, other: Counts) {
        self.proved += other.proved;
        self.held += other.held;
        self.refuted += other.refuted;
        self.vacuous += other.vacuous;
        self.undecided += other.undecided;
    }

    /// All of them.
    pub fn all(&self) -> usize {
        self.proved + self.held + self.refuted + self.vacuous + self.undecided
    }
}

/// What one way said, and how long that took.
#[derive(Clone, Copy, Default, Debug)]
pub struct Said {
    /// Scenarios that it decided.
    pub scenarios: usize,
    /// Its verdicts.
    pub counts: Counts,
    /// Time that it took, on all cores together.
    pub time: Duration,
}

/// A scenario in which a way does not say what the reference says.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which.
    pub scenario: Scenario,
    /// In which way.
    pub course: Course,
    /// Of which claim; none: of the scenario as a whole.
    pub claim: Option<Claim>,
    /// What the reference says.
    pub expected: String,
    /// What the way says.
    pub found: String,
}

/// What was compared.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Where chance began.
    pub seed: u64,
    /// Scenarios that were asked for.
    pub asked: usize,
    /// Scenarios that were compared.
    pub compared: usize,
    /// Scenarios that were not, by the reason.
    pub skipped: BTreeMap<Skip, usize>,
    /// What each way said.
    pub ways: BTreeMap<String, Said>,
    /// Refutations that were replayed from their printed lines.
    pub replayed: usize,
    /// Refutations that only a weak memory has: some load in their runs got an older value.
    pub weaker: usize,
    /// Differences that were found.
    pub different: usize,
    /// The first of them, made small.
    pub differences: Vec<Difference>,
    /// Time ended it before as many scenarios were compared as were asked for.
    pub cut_short: bool,
    /// Time in which scenarios were compiled, on all cores together; those that were skipped too.
    pub compiling: Duration,
    /// Time in which their states were counted.
    pub counting: Duration,
    /// Time that it took.
    pub elapsed: Duration,
}

impl Summary {
    pub(super) fn new(options: &Options) -> Self {
        Summary {
            seed: options.seed,
            asked: options.scenarios,
            compared: 0,
            skipped: BTreeMap::new(),
            ways: BTreeMap::new(),
            replayed: 0,
            weaker: 0,
            different: 0,
            differences: Vec::new(),
            cut_short: false,
            compiling: Duration::ZERO,
            counting: Duration::ZERO,
            elapsed: Duration::ZERO,
        }
    }

    pub(super) fn add(&mut self, checked: Checked, ask: &dyn Ask) {
        self.compiling += checked.compiling;
        self.counting += checked.counting;
        if let Some(reason) = checked.skipped {
            *self.skipped.entry(reason).or_default() += 1;
            return;
        }
        let Checked { counts, replayed, weaker, differences, .. } = checked;
        self.compared += 1;
        self.replayed += replayed;
        self.weaker += weaker;
        for (way, counts, time) in counts {
            let said = self.ways.entry(way).or_default();
            said.scenarios += 1;
            said.counts.add_all(counts);
            said.time += time;
        }
        self.different += differences.len();
        let room = SHOWN.saturating_sub(self.differences.len());
        // after a signal nothing more is explored
        let small = |difference: Difference| match interrupt::requested() {
            true => difference,
            false => shrink(&difference, ask),
        };
        self.differences.extend(differences.into_iter().take(room).map(small));
    }

    /// How a command ends with it: a difference counts more than that some of what was asked for was not compared.
    pub fn exit(&self) -> Exit {
        if self.different > 0 {
            Exit::NotSo
        } else if self.compared == 0 || self.cut_short {
            Exit::Undecided
        } else {
            Exit::AsAsked
        }
    }
}
