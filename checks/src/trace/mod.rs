//! A run, step by step, on the actors' own source: what each asked, what it was answered, what changed.

mod ended;
pub(crate) mod ending;
pub mod erred;
pub mod fill;
pub mod itf;
pub mod moment;
pub mod sentence;
pub(crate) mod simulation;
#[cfg(feature = "full")]
pub mod start;
#[cfg(feature = "full")]
pub mod svg;
pub mod table;

use std::fmt;

#[cfg(feature = "full")]
use schemars::JsonSchema;
use seal_model::access::{Access, Answer};
use seal_model::claim::{Account, Claim};
use seal_model::scenario::Scenario;
use serde::Serialize;

use crate::error::Error;
use crate::explore::Refutation;
use crate::explore::fair::Fairness;
use crate::explore::system::Step;
use crate::schedule::{Move, Schedule};
use ending::Shown;
use moment::Moment;
use simulation::Simulation;

/// One step of a trace.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
pub struct TraceStep {
    /// Counted from 1.
    pub number: usize,
    /// The actor's number in the cast.
    #[serde(skip)]
    pub actor: usize,
    /// The actor's name.
    #[serde(rename = "actor")]
    pub name: String,
    /// The function of the model, named after the kernel's.
    pub function: String,
    /// What it did.
    #[serde(skip)]
    pub access: Access,
    /// What it was answered.
    pub answer: Answer,
    /// Both in words: the kernel's call and its answer.
    #[serde(rename = "access")]
    pub text: String,
    /// What changed: cells and holdings, each as `name old→new`.
    pub changes: Vec<String>,
    /// `model/src/FILE:LINE`.
    pub source: String,
    /// Claims that this step made false.
    #[serde(serialize_with = "names")]
    #[cfg_attr(feature = "full", schemars(with = "Vec<String>"))]
    pub breaks: Vec<Claim>,
    /// Memory after it.
    #[serde(skip)]
    pub after: Moment,
}

fn names<S: serde::Serializer>(claims: &[Claim], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(claims.iter().map(|claim| claim.name()))
}

/// A run of a scenario.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The run as a line.
    pub schedule: Schedule,
    /// Memory before the first step.
    pub start: Moment,
    /// Its steps, those on the way to the scenario's cut first.
    pub steps: Vec<TraceStep>,
    /// How many lead to the cut; 0 if the run starts at the beginning.
    pub cut: usize,
    /// Whether no actor can move at its end, and one is not done.
    pub deadlock: bool,
    /// Claims that its last part breaks: by what the sealer does alone, or by what repeats for ever.
    pub breaks: Vec<Claim>,
    /// The strongest fairness that what repeats for ever is fair by.
    pub fairness: Option<Fairness>,
    /// Where it ends, if not with its schedule.
    pub ended: Option<Ended>,
}

/// The step at which a run ends before its schedule does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "full", derive(JsonSchema))]
pub struct Ended {
    /// Its number, counted from 1: the steps before it were taken.
    pub step: usize,
    /// Why it can't be taken, in words.
    pub reason: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the run ends at step {}: {}", self.step, self.reason)
    }
}

impl From<Ended> for Error {
    fn from(Ended { step, reason }: Ended) -> Error {
        Error::Ended { step, reason }
    }
}

impl Trace {
    /// Run a schedule.
    ///
    /// # Errors
    /// A schedule that does not fit: a step of an actor that is done or blocked, an answer that can't be; a cycle that
    /// does not come back to where it began, or wrongs the sealer.
    pub fn of(schedule: Schedule) -> Result<Self, Error> {
        let trace = Trace::as_far_as_it_fits(schedule)?;
        trace.ended.clone().map_or(Ok(trace), |ended| Err(ended.into()))
    }

    /// Run a schedule as far as it fits its scenario.
    ///
    /// # Errors
    /// A scenario whose start no run comes to.
    pub fn as_far_as_it_fits(schedule: Schedule) -> Result<Self, Error> {
        let beginning = Simulation::beginning(&schedule.scenario).moment();
        let (mut simulation, mut steps) = Simulation::new(&schedule.scenario)?;
        let cut = steps.len();
        let (once, then) = schedule.parts();
        let mut ended = run(&mut simulation, once, &mut steps)?;
        let turned = simulation.clone();
        if ended.is_none() {
            ended = run(&mut simulation, then, &mut steps)?;
        }
        let deadlock = simulation.deadlocked();
        let mut shown = Ok(Shown::default());
        if ended.is_none() {
            let taken = &steps[cut + once.len()..];
            if schedule.alone_from.is_some() {
                shown = ending::alone(&turned, &simulation, taken);
            } else if schedule.cycle_from.is_some() {
                shown = ending::for_ever(&turned, simulation, then, taken);
            }
        }
        let Shown { breaks, fairness } = shown.unwrap_or_else(|why| {
            ended = Some(why);
            Shown::default()
        });
        Ok(Trace { schedule, start: beginning, steps, cut, deadlock, breaks, fairness, ended })
    }

    /// Run what an exploration found, and check that each gets the same answer as it did there, and that the run breaks
    /// what it refutes.
    ///
    /// # Errors
    /// As [`Trace::of`]; also when the automata and the source disagree, which is a bug of the compiler.
    pub fn of_refutation(scenario: &Scenario, refutation: &Refutation) -> Result<Self, Error> {
        let schedule = Trace::of_steps(scenario, &refutation.steps)?.schedule;
        let Refutation { claim, alone_from, cycle_from, .. } = *refutation;
        Trace::of(Schedule { alone_from, cycle_from, ..schedule })?.that_breaks(claim)
    }

    /// The same of a run in a weak memory.
    ///
    /// # Errors
    /// As [`Trace::of_refutation`].
    pub fn of_weak_refutation(scenario: &Scenario, refutation: &Refutation) -> Result<Self, Error> {
        Trace::of_weak_steps(scenario, &refutation.steps)?.that_breaks(refutation.claim)
    }

    fn that_breaks(self, claim: Claim) -> Result<Self, Error> {
        if claim.concerns(&self.schedule.scenario) && !self.broken().any(|broken| broken == claim) {
            return Err(Error::Engine(format!(
                "a run was to break {} and does not, a bug of the program, please report it: {}",
                claim.name(),
                self.schedule
            )));
        }
        Ok(self)
    }

    /// Run the steps of a run that ends.
    ///
    /// # Errors
    /// As [`Trace::of_refutation`].
    pub fn of_steps(scenario: &Scenario, steps: &[Step]) -> Result<Self, Error> {
        Trace::of_run(scenario, steps, false)
    }

    /// The same in a weak memory: a load may have been answered with an older value, and the trace says where.
    ///
    /// # Errors
    /// As [`Trace::of_refutation`].
    pub fn of_weak_steps(scenario: &Scenario, steps: &[Step]) -> Result<Self, Error> {
        Trace::of_run(scenario, steps, true)
    }

    fn of_run(scenario: &Scenario, steps: &[Step], weak: bool) -> Result<Self, Error> {
        let (mut simulation, _) = Simulation::new(scenario)?;
        let mut moves = Vec::new();
        for step in steps {
            let taken = simulation.as_move(*step, weak);
            let answered = simulation.step(taken)?.answer;
            if answered != step.answer {
                let wrong =
                    format!("step {}: answered {answered}, explored {}", moves.len() + 1, step.answer);
                return Err(Error::Schedule(wrong));
            }
            moves.push(taken);
        }
        Trace::of(Schedule::of(scenario.clone(), moves))
    }
}

impl Trace {
    /// The claims that it breaks, in the order in which it does.
    pub fn broken(&self) -> impl Iterator<Item = Claim> {
        let by_step = self.steps.iter().flat_map(|step| step.breaks.iter().copied());
        by_step.chain(self.deadlock.then_some(Claim::NoDeadlock)).chain(self.breaks.iter().copied())
    }

    /// The part of its schedule that fits.
    pub fn fitting(&self) -> Schedule {
        if self.ended.is_none() {
            return self.schedule.clone();
        }
        let moves = self.schedule.moves[..self.steps.len() - self.cut].to_vec();
        Schedule::of(self.schedule.scenario.clone(), moves)
    }

    /// Memory before the first step, and after each.
    pub fn moments(&self) -> impl Iterator<Item = &Moment> {
        std::iter::once(&self.start).chain(self.steps.iter().map(|step| &step.after))
    }

    /// The frames that somebody refers to at some moment.
    pub fn pages_used(&self) -> Vec<usize> {
        let used = |page: &usize| self.moments().any(|moment| moment.pages[*page] != Account::default());
        (0..self.start.pages.len()).filter(used).collect()
    }
}

/// What is to be said before a step, counted from 0.
pub(crate) fn heading(trace: &Trace, step: usize) -> Option<&'static str> {
    let step = step.checked_sub(trace.cut)?;
    if step == 0 && trace.cut > 0 {
        Some("from the cut on:")
    } else if trace.schedule.cycle_from == Some(step) {
        Some("and then for ever:")
    } else if trace.schedule.alone_from == Some(step) {
        Some("and now alone:")
    } else {
        None
    }
}

/// Take steps, and say where they end if one can't be taken.
fn run(
    simulation: &mut Simulation<'_>,
    moves: &[Move],
    steps: &mut Vec<TraceStep>,
) -> Result<Option<Ended>, Error> {
    for step in moves {
        match simulation.step(*step) {
            Ok(taken) => steps.push(taken),
            Err(Error::Ended { step, reason }) => return Ok(Some(Ended { step, reason })),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
