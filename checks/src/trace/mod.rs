//! A run, step by step, on the actors' own source: what each asked, what it was answered, what changed.

pub mod erred;
pub mod fill;
pub mod itf;
pub mod moment;
pub mod sentence;
pub(crate) mod simulation;
pub mod svg;
pub mod table;

use schemars::JsonSchema;
use seal_model::access::{Access, Answer};
use seal_model::claim::{Account, Claim};
use seal_model::scenario::Scenario;
use serde::Serialize;

use crate::error::Error;
use crate::explore::Refutation;
use crate::explore::system::Step;
use crate::schedule::{Move, Schedule};
use moment::Moment;
use simulation::Simulation;

/// One step of a trace.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    #[schemars(with = "Vec<String>")]
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
    /// Whether nobody can move at its end, and somebody is not done.
    pub deadlock: bool,
    /// From this step after the cut on, counted from 0, only the sealer is let move, to see what it does.
    pub alone_from: Option<usize>,
}

impl Trace {
    /// Run a schedule.
    ///
    /// # Errors
    /// A schedule that does not fit: a step of an actor that is done or blocked, an answer that can't be.
    pub fn of(schedule: Schedule) -> Result<Self, Error> {
        let beginning = Simulation::beginning(&schedule.scenario).moment();
        let (mut simulation, mut steps) = Simulation::new(&schedule.scenario)?;
        let cut = steps.len();
        let once = schedule.cycle_from.unwrap_or(schedule.moves.len());
        for step in &schedule.moves[..once] {
            steps.push(simulation.step(*step)?);
        }
        let start = simulation.clone();
        for step in &schedule.moves[once..] {
            steps.push(simulation.step(*step)?);
        }
        comes_back(&start, simulation.clone(), &schedule.moves[once..], &steps[cut + once..])?;
        let deadlock = simulation.deadlocked();
        Ok(Trace { schedule, start: beginning, steps, cut, deadlock, alone_from: None })
    }

    /// Run what an exploration found, and check that each gets the same answer as it did there.
    ///
    /// # Errors
    /// As [`Trace::of`]; also when the automata and the source disagree, which is a bug of the compiler.
    pub fn of_refutation(scenario: &Scenario, refutation: &Refutation) -> Result<Self, Error> {
        let mut schedule = Trace::of_steps(scenario, &refutation.steps)?.schedule;
        schedule.cycle_from = refutation.cycle_from;
        let alone_from = refutation.alone_from;
        Ok(Trace { alone_from, ..Trace::of(schedule)? })
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
        Trace::of(Schedule { scenario: scenario.clone(), moves, cycle_from: None })
    }
}

impl Trace {
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
    } else if trace.alone_from == Some(step) {
        Some("and now alone:")
    } else {
        None
    }
}

/// Whether a cycle ends where it began: the same memory, everybody holds the same and asks for the same, and
/// once more round every step gets the same answer.
fn comes_back(
    start: &Simulation<'_>,
    mut end: Simulation<'_>,
    cycle: &[Move],
    steps: &[TraceStep],
) -> Result<(), Error> {
    let mut alike = end.is_where(start) || cycle.is_empty();
    for (again, step) in cycle.iter().zip(steps) {
        let next = end.step(*again)?;
        alike &= (next.access, next.answer) == (step.access, step.answer);
    }
    if alike && (cycle.is_empty() || end.is_where(start)) {
        return Ok(());
    }
    Err(Error::Schedule("what repeats for ever does not come back to where it began".into()))
}
