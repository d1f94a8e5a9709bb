//! Explicit-state exploration, breadth first: exact states, shortest traces.

mod array;
mod components;
pub mod fair;
pub mod graph;
pub mod layout;
pub mod search_back;
pub mod store;
pub mod system;

use std::time::{Duration, Instant};

use seal_model::claim::{Claim, Kind, Witness};
use seal_model::scenario::Scenario;

use crate::coverage::Coverage;
use crate::error::Error;
use fair::{Fairness, Starvation, starving};
use graph::Graph;
use search_back::{Target, search_back};
use store::Store;
use system::{State, Step, System};

/// States expanded together, so that the misses of their successors overlap.
const BLOCK: usize = 64;

/// Transitions from one report of progress to the next: many times a second, so that whoever shows them chooses.
const REPORT_EVERY: usize = 1 << 16;

/// What to decide, and how much memory that may take.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The claims asked.
    pub claims: &'a [Claim],
    /// Bytes for states and table.
    pub max_memory: usize,
    /// Note which kinds of accesses could be made at the same time.
    pub coverage: bool,
    /// Called now and then with the progress so far.
    pub progress: Option<fn(&Progress)>,
}

/// How far an exploration is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// States found.
    pub states: usize,
    /// Transitions taken.
    pub transitions: usize,
    /// The level being expanded.
    pub depth: usize,
    /// Bytes used.
    pub bytes: usize,
    /// Time passed.
    pub elapsed: Duration,
}

/// A claim that is not true, with the shortest run that shows it.
#[derive(Clone, Debug)]
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
    /// Claims that are not true, in the order of `Job::claims`.
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
    /// Why it ended early, if it did.
    pub stopped: Option<Error>,
}

/// Explore a scenario to its end, or to its limit.
///
/// # Errors
/// What makes the scenario impossible to compile or to pack. Running out of memory is no error here: it is
/// part of the result.
pub fn explore(scenario: &Scenario, job: &Job<'_>) -> Result<Exploration, Error> {
    explore_system(&System::new(scenario)?, job)
}

/// Explore a scenario that is compiled already.
///
/// # Errors
/// As [`explore`].
pub fn explore_system(system: &System, job: &Job<'_>) -> Result<Exploration, Error> {
    match system.layout.words {
        0 | 1 => Search::<1>::run(system, job),
        2 => Search::<2>::run(system, job),
        3 => Search::<3>::run(system, job),
        _ => Search::<4>::run(system, job),
    }
}

/// A search under way.
struct Search<'a, const W: usize> {
    system: &'a System,
    store: Store<W>,
    /// Where each level starts in the store.
    levels: Vec<usize>,
    transitions: usize,
    open: Vec<Claim>,
    targets: Vec<(Claim, Target)>,
    unseen: Vec<Witness>,
    witnessed: Vec<Witness>,
    check_law: bool,
    job: &'a Job<'a>,
    started: Instant,
}

/// Successors waiting to be stored.
struct Batch<const W: usize> {
    states: Vec<State<W>>,
    hashes: Vec<u64>,
    slots: Vec<u64>,
}

impl<'a, const W: usize> Search<'a, W> {
    fn run(system: &'a System, job: &'a Job<'a>) -> Result<Exploration, Error> {
        let mut search = Search::<W> {
            system,
            store: Store::new(job.max_memory)?,
            levels: vec![0],
            transitions: 0,
            open: job.claims.to_vec(),
            targets: Vec::new(),
            unseen: Witness::ALL.to_vec(),
            witnessed: Vec::new(),
            check_law: job.claims.contains(&Claim::CountLaw),
            job,
            started: Instant::now(),
        };
        match search.breadth_first() {
            Ok(()) => {}
            Err(error @ Error::OutOfMemory { .. }) => return search.finish(None, None, Some(error)),
            Err(error) => return Err(error),
        }
        match search.returns() {
            Ok(progressed) => search.finish(progressed, None, None),
            Err(error @ Error::OutOfMemory { .. }) => search.finish(None, Some(error), None),
            Err(error) => Err(error),
        }
    }

    /// Under which fairness the call returns.
    fn returns(&self) -> Result<Option<Progressed>, Error> {
        if !self.job.claims.contains(&Claim::Returns) || self.law_is_refuted() {
            return Ok(None);
        }
        let goal = |state: &State<W>| self.system.access(state, 0).is_none();
        let most = self.job.max_memory;
        let graph = Graph::of(self.system, &self.store, self.transitions, most, goal)?;
        let mut starves_under = None;
        for fairness in Fairness::ALL {
            let Some(Starvation { state, cycle }) = starving(&graph, fairness) else {
                return Ok(Some(Progressed { holds_under: Some(fairness), starves_under }));
            };
            starves_under = Some((fairness, self.lasso(state as usize, cycle)?));
        }
        Ok(Some(Progressed { holds_under: None, starves_under }))
    }

    /// The shortest run to a state, and a cycle from there.
    fn lasso(&self, state: usize, cycle: Vec<Step>) -> Result<Refutation, Error> {
        let repeated = cycle.len();
        let target = Target { state, then: cycle };
        let runs = search_back(self.system, self.store.states(), &self.levels, &[target])?;
        let steps: Vec<Step> = runs.into_iter().flatten().collect();
        let cycle_from = Some(steps.len() - repeated);
        Ok(Refutation { claim: Claim::Returns, steps, alone_from: None, cycle_from })
    }

    fn breadth_first(&mut self) -> Result<(), Error> {
        let initial = self.system.initial::<W>()?;
        self.store.insert(&initial, Store::hash(&initial))?;
        self.judge(0, &initial)?;
        let mut batch = Batch { states: Vec::new(), hashes: Vec::new(), slots: Vec::new() };
        let mut reports = 0;
        loop {
            let level = self.levels[self.levels.len() - 1]..self.store.states().len();
            if level.is_empty() {
                self.levels.pop();
                return Ok(());
            }
            self.levels.push(level.end);
            for start in level.clone().step_by(BLOCK) {
                for number in start..level.end.min(start + BLOCK) {
                    self.expand(number, &mut batch)?;
                }
                self.keep(&mut batch)?;
                let due = self.transitions / REPORT_EVERY;
                if let (Some(report), true) = (self.job.progress, due > reports) {
                    reports = due;
                    report(&self.progress());
                }
            }
        }
    }

    /// Collect the successors of a state.
    fn expand(&mut self, number: usize, batch: &mut Batch<W>) -> Result<(), Error> {
        let state = self.store.states()[number];
        if self.law_is_refuted() && !self.system.holds(Claim::CountLaw, &state) {
            return Ok(()); // counts mean nothing any more from here on
        }
        self.judge_steps(number, &state)?;
        let before = batch.states.len();
        self.system.successors(&state, |_, next| {
            batch.states.push(next);
            batch.hashes.push(Store::hash(&next));
        })?;
        let found = batch.states.len() - before;
        self.transitions += found;
        if found == 0 && self.open.contains(&Claim::NoDeadlock) && !self.system.all_done(&state) {
            self.refute(Claim::NoDeadlock, number, Vec::new());
        }
        Ok(())
    }

    /// Store the successors; judge those that are new.
    ///
    /// The two passes over the table and the states only read: they have no effect but that the memory is near
    /// when it is needed, and that its latencies overlap.
    fn keep(&mut self, batch: &mut Batch<W>) -> Result<(), Error> {
        batch.slots.clear();
        batch.slots.extend(batch.hashes.iter().map(|&hash| self.store.touch_table(hash)));
        let touched = batch.slots.iter().zip(&batch.hashes);
        let near = touched.fold(0, |near, (&slot, &hash)| near ^ self.store.touch_state(slot, hash));
        std::hint::black_box(near);
        for (state, &hash) in batch.states.iter().zip(&batch.hashes) {
            if let Some(number) = self.store.insert(state, hash)? {
                self.judge(number, state)?;
            }
        }
        batch.states.clear();
        batch.hashes.clear();
        Ok(())
    }

    /// Look at a new state with the claims and witnesses that are still open.
    fn judge(&mut self, number: usize, state: &State<W>) -> Result<(), Error> {
        let (open, unseen) = (&self.open, &self.unseen);
        let news = self.system.view(state, |world| {
            open.iter().any(|claim| !claim.holds(world) || claim.starts_alone(world))
                || unseen.iter().any(|witness| witness.seen(world))
        });
        if news { self.record(number, state) } else { Ok(()) }
    }

    /// A state that refutes a claim, bears a witness, or asks what the sealer does alone.
    fn record(&mut self, number: usize, state: &State<W>) -> Result<(), Error> {
        for claim in self.open.clone() {
            if !self.system.holds(claim, state) {
                self.refute(claim, number, Vec::new());
            } else if self.system.starts_alone(claim, state) {
                let (steps, returned) = self.system.alone(state)?;
                if returned != Some(Ok(())) {
                    self.refute(claim, number, steps);
                }
            }
        }
        let seen = |witness: &Witness| self.system.seen(*witness, state);
        self.witnessed.extend(self.unseen.extract_if(.., |witness| seen(witness)));
        Ok(())
    }

    /// Look at the steps that are about to be taken.
    fn judge_steps(&mut self, number: usize, state: &State<W>) -> Result<(), Error> {
        for actor in 0..self.system.automata.len() {
            for (claim, step) in self.system.broken_by_step(&self.open, state, actor)? {
                self.refute(claim, number, vec![step]);
            }
        }
        Ok(())
    }

    fn law_is_refuted(&self) -> bool {
        self.check_law && !self.open.contains(&Claim::CountLaw)
    }

    fn refute(&mut self, claim: Claim, state: usize, then: Vec<Step>) {
        self.open.retain(|open| *open != claim);
        self.targets.push((claim, Target { state, then }));
    }

    fn progress(&self) -> Progress {
        Progress {
            states: self.store.states().len(),
            transitions: self.transitions,
            depth: self.levels.len() - 1,
            bytes: self.store.bytes(),
            elapsed: self.started.elapsed(),
        }
    }

    fn finish(
        mut self,
        progressed: Option<Progressed>,
        undecided: Option<Error>,
        stopped: Option<Error>,
    ) -> Result<Exploration, Error> {
        let figures = self.progress();
        let position = |claim| self.job.claims.iter().position(|asked| *asked == claim);
        self.targets.sort_by_key(|(claim, _)| position(*claim));
        let targets: Vec<Target> = self.targets.iter().map(|(_, target)| target.clone()).collect();
        let runs = search_back(self.system, self.store.states(), &self.levels, &targets)?;
        let refutation = |((claim, target), steps): (&(Claim, Target), Vec<Step>)| {
            let alone = claim.kind() == Kind::Alone;
            let alone_from = alone.then_some(steps.len() - target.then.len());
            Refutation { claim: *claim, steps, alone_from, cycle_from: None }
        };
        let refuted = self.targets.iter().zip(runs).map(refutation).collect();
        self.witnessed.sort();
        let coverage =
            self.job.coverage.then(|| Coverage::of(self.system, self.store.states())).transpose()?;
        Ok(Exploration {
            coverage,
            refuted,
            witnessed: self.witnessed,
            figures,
            progressed,
            undecided,
            stopped,
        })
    }
}
