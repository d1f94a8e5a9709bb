//! Explicit-state exploration, breadth first: exact states, shortest traces.

mod array;
pub mod checkpoint;
mod components;
pub mod coverage;
mod effects;
mod ending;
pub mod fair;
mod frontier;
pub mod graph;
#[cfg(feature = "full")]
pub(crate) mod kept;
mod law;
pub mod layout;
mod narrow;
pub mod order;
mod parallel;
mod piece;
mod possible;
pub(crate) mod predicate;
mod recent;
pub mod reduce;
mod restore;
mod returns;
mod rows;
mod search;
mod seen;
mod shard;
pub mod store;
pub mod symmetry;
pub mod system;
mod trail;
pub(crate) mod variables;

use std::time::{Duration, Instant};

use seal_model::claim::{Claim, Witness};
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::coverage::Coverage;
use checkpoint::Checkpoint;
use fair::Fairness;
use reduce::Reduce;
use search::Search;
use system::{Step, System};

/// What to decide, and how much memory that may take.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The claims asked.
    pub claims: &'a [Claim],
    /// Bytes for states.
    pub max_memory: usize,
    /// Note which kinds of accesses could be made at the same time.
    pub coverage: bool,
    /// Called now and then with the progress so far.
    pub progress: Option<fn(&Progress)>,
}

/// By what means. None of them changes a verdict.
#[derive(Clone, Debug)]
pub struct Means {
    /// How many threads explore.
    pub threads: usize,
    /// What need not be explored.
    pub reduce: Reduce,
    /// Where to write down how far it is, and to go on from.
    pub checkpoint: Option<Checkpoint>,
}

impl Default for Means {
    fn default() -> Self {
        Means { threads: 1, reduce: Reduce::Nothing, checkpoint: None }
    }
}

/// How far an exploration is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// States found.
    pub states: usize,
    /// States that they stand for, at most: more only where states that differ in who is who are one.
    pub stand_for: usize,
    /// Transitions taken.
    pub transitions: usize,
    /// The level being expanded.
    pub depth: usize,
    /// Bytes used.
    pub bytes: usize,
    /// Time passed, with all that was done before the first state was looked at.
    pub elapsed: Duration,
}

/// A claim that is not true, with the shortest run that shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refutation {
    /// Which claim.
    pub claim: Claim,
    /// The run, from the initial state on.
    pub steps: Vec<Step>,
    /// From this step on only the sealer moves, for a claim of what it does alone.
    pub alone_from: Option<usize>,
    /// From this step on the run repeats itself for ever, for a claim of progress.
    pub cycle_from: Option<usize>,
}

/// What is known about [`Claim::Returns`].
#[derive(Clone, Debug)]
pub struct Progressed {
    /// The weakest fairness under which the call returns, if any does.
    pub holds_under: Option<Fairness>,
    /// A run that is fair by the next weaker one, on which it does not return.
    pub starves_under: Option<(Fairness, Refutation)>,
}

/// What an exploration found.
#[derive(Debug)]
pub struct Exploration {
    /// Claims that are not true, in the order of `Job::claims`; and [`Claim::CountLaw`] behind them where counts are
    /// wrong, though it was not asked for: it is the precondition of every verdict, and nothing is explored beyond a
    /// state that breaks it.
    pub refuted: Vec<Refutation>,
    /// The states that were reached among those a verdict needs.
    pub witnessed: Vec<Witness>,
    /// The last figures.
    pub figures: Progress,
    /// Which kinds of accesses could be made at the same time, if that was asked.
    pub coverage: Option<Coverage>,
    /// Whether the call returns, if that was asked and could be decided.
    pub progressed: Option<Progressed>,
    /// Why that could not be decided, although all states were seen.
    pub undecided: Option<Error>,
    /// What was given up of the reduction, in words, if anything was.
    pub given_up: Option<String>,
    /// Why the last checkpoint could not be written, if it could not.
    pub unkept: Option<Error>,
    /// Why it ended early, if it did.
    pub stopped: Option<Error>,
}

impl Exploration {
    /// Whether counts are wrong in some state.
    pub(crate) fn is_unlawful(&self) -> bool {
        self.refuted.iter().any(|refutation| refutation.claim == Claim::CountLaw)
    }
}

/// Explore a scenario to its end, or to its limit.
///
/// # Errors
/// What makes the scenario impossible to compile or to pack. Running out of memory is no error here: it is
/// part of the result.
pub fn explore(scenario: &Scenario, job: &Job<'_>) -> Result<Exploration, Error> {
    explore_with(scenario, job, &Means::default())
}

/// Explore a scenario by other means than one thread.
///
/// # Errors
/// As [`explore`].
pub fn explore_with(scenario: &Scenario, job: &Job<'_>, means: &Means) -> Result<Exploration, Error> {
    let started = Instant::now();
    let system = System::new(scenario)?;
    let soon = explored_soon(&system, job, means)?;
    let mut explored = soon.map_or_else(|| explore_system_with(&system, job, means), Ok)?;
    explored.figures.elapsed = started.elapsed();
    Ok(explored)
}

/// Room for some hundred thousand states: they are explored sooner than the tables are made that say what commutes.
const SOON: usize = 8 << 20;

/// What is explored without a reduction by partial order where one was asked for that would cost more than it saves.
fn explored_soon(system: &System, job: &Job<'_>, means: &Means) -> Result<Option<Exploration>, Error> {
    let goes_on = means.checkpoint.as_ref().is_some_and(Checkpoint::is_begun);
    if !means.reduce.by_partial_order() || goes_on || job.max_memory <= SOON {
        return Ok(None);
    }
    let reduce = means.reduce.without_partial_order();
    let job = Job { max_memory: SOON, ..job.clone() };
    // it is over before there would be anything worth writing down
    let mut explored = explore_reduced(system, &job, &Means { reduce, checkpoint: None, ..means.clone() })?;
    if let Some(Error::OutOfMemory { .. }) = explored.stopped.as_ref().or(explored.undecided.as_ref()) {
        return Ok(None);
    }
    explored.given_up =
        Some("partial order is not begun: all is explored sooner than its tables are made".into());
    Ok(Some(explored))
}

/// Explore a scenario that is compiled already.
///
/// # Errors
/// As [`explore`].
pub fn explore_system(system: &System, job: &Job<'_>) -> Result<Exploration, Error> {
    explore_system_with(system, job, &Means::default())
}

/// Explore a scenario that is compiled already by other means than one thread.
///
/// # Errors
/// As [`explore`].
pub fn explore_system_with(system: &System, job: &Job<'_>, means: &Means) -> Result<Exploration, Error> {
    let started = Instant::now();
    let mut explored = explore_reduced(system, job, means)?;
    if explored.is_unlawful() && means.reduce.by_partial_order() {
        // which refutations come before the first wrong count depends on the order
        let reduce = means.reduce.without_partial_order();
        explored = explore_reduced(system, job, &Means { reduce, checkpoint: None, ..means.clone() })?;
        explored.given_up = Some("partial order is given up where counts are wrong".into());
    }
    explored.figures.elapsed = started.elapsed();
    Ok(explored)
}

fn explore_reduced(system: &System, job: &Job<'_>, means: &Means) -> Result<Exploration, Error> {
    // fairness is owed to each actor, and who can move at the same time depends on every order
    let returns = job.claims.contains(&Claim::Returns) && means.reduce.leaves_out_states();
    let coverage = job.coverage && means.reduce.by_partial_order();
    if !returns && !coverage {
        return search(system, job, means);
    }
    let reduced = |claim: &Claim| *claim != Claim::Returns || !returns;
    let others: Vec<Claim> = job.claims.iter().copied().filter(reduced).collect();
    let job_of_others = Job { claims: &others, coverage: job.coverage && !coverage, ..job.clone() };
    let mut explored = search(system, &job_of_others, means)?;
    if explored.stopped.is_none() && !explored.is_unlawful() {
        let claims: &[Claim] = if returns { &[Claim::Returns] } else { &[] };
        let whole = Means { reduce: Reduce::Nothing, checkpoint: None, ..means.clone() };
        let all = search(system, &Job { claims, coverage, ..job.clone() }, &whole)?;
        explored.progressed = all.progressed;
        // what could meet beyond where memory ended is not known
        explored.coverage = explored.coverage.or(all.coverage.filter(|_| all.stopped.is_none()));
        explored.undecided = all.undecided.or(all.stopped);
    }
    Ok(explored)
}

fn search(system: &System, job: &Job<'_>, means: &Means) -> Result<Exploration, Error> {
    match system.layout.words {
        0 | 1 => Search::<1>::run(system, job, means),
        2 => Search::<2>::run(system, job, means),
        3 => Search::<3>::run(system, job, means),
        _ => Search::<4>::run(system, job, means),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explored(line: &str, claims: &[Claim], coverage: bool, reduce: Reduce) -> Exploration {
        let scenario = line.parse().expect("a possible scenario");
        let job = Job { claims, max_memory: 1 << 26, coverage, progress: None };
        explore_with(&scenario, &job, &Means { reduce, ..Means::default() }).expect("explored")
    }

    /// What is asked of all states is as if all were explored; and nothing else is decided.
    #[test]
    fn coverage_and_progress_are_those_of_every_state() {
        let asked = [&[][..], &[Claim::Returns], &[Claim::SealsUnderIo, Claim::CountLaw, Claim::Returns]];
        for line in [
            "wait-2014;last-scan=0;no-signals;with=pinner;with=reader",
            "isolate-two-phase;judge=snapshot;last-scan=0;no-signals;fault=put-twice;with=pinner;with=mapper",
        ] {
            for (claims, coverage) in asked.into_iter().flat_map(|claims| [(claims, false), (claims, true)]) {
                let all = explored(line, claims, coverage, Reduce::Nothing);
                let is_lawful = all.refuted.iter().all(|refuted| refuted.claim != Claim::CountLaw);
                for reduce in Reduce::EACH {
                    let some = explored(line, claims, coverage, reduce);
                    let said = |found: &Exploration| format!("{:?} {:?}", found.progressed, found.undecided);
                    assert_eq!(said(&some), said(&all), "{line} {claims:?} {reduce}");
                    assert_eq!(some.coverage, all.coverage, "{line} {claims:?} {reduce}");
                }
                assert_eq!(all.progressed.is_some(), claims.contains(&Claim::Returns) && is_lawful);
                assert_eq!(all.coverage.is_some_and(|found| found != Coverage::default()), coverage);
                assert_eq!(all.refuted.is_empty(), is_lawful && claims.len() < 3, "{line}");
            }
        }
    }

    /// More would be as right, and take more memory.
    #[test]
    fn a_state_takes_as_many_words_as_it_has() {
        let job = Job { claims: &[], max_memory: 1 << 20, coverage: false, progress: None };
        let means = Means::default();
        let many = ";with=writer".repeat(7);
        for (pages, more) in [(1, ""), (2, &many), (3, &many), (4, &many)] {
            let line = format!("wait-2014;last-scan=0;no-signals;pages={pages}{more}");
            let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
            let bytes = |found: Result<Exploration, Error>| found.expect("explored").figures.bytes;
            let taken = bytes(search(&system, &job, &means));
            let expected = match system.layout.words {
                1 => Search::<1>::run(&system, &job, &means),
                2 => Search::<2>::run(&system, &job, &means),
                3 => Search::<3>::run(&system, &job, &means),
                4 => Search::<4>::run(&system, &job, &means),
                words => panic!("{words}"),
            };
            assert_eq!(system.layout.words, pages, "{line}");
            assert_eq!(taken, bytes(expected), "{line}");
            assert!(pages == 4 || bytes(Search::<4>::run(&system, &job, &means)) != taken, "{line}");
        }
    }
}
