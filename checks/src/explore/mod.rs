//! Explicit-state exploration, breadth first: exact states, shortest traces.

mod array;
pub mod layout;
pub mod search_back;
pub mod store;
pub mod system;

use std::time::{Duration, Instant};

use seal_model::claim::{Claim, Witness};
use seal_model::scenario::Scenario;

use crate::error::Error;
use search_back::{Target, search_back};
use store::Store;
use system::{State, Step, System};

/// States expanded together, so that the misses of their successors overlap.
const BLOCK: usize = 64;

/// What to decide, and how much memory that may take.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The claims asked.
    pub claims: &'a [Claim],
    /// Bytes for states and table.
    pub max_memory: usize,
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
        let stopped = match search.breadth_first() {
            Ok(()) => None,
            Err(error @ Error::OutOfMemory { .. }) => Some(error),
            Err(error) => return Err(error),
        };
        search.finish(stopped)
    }

    fn breadth_first(&mut self) -> Result<(), Error> {
        let initial = self.system.initial::<W>();
        self.store.insert(&initial, Store::hash(&initial))?;
        self.judge(0, &initial);
        let mut batch = Batch { states: Vec::new(), hashes: Vec::new(), slots: Vec::new() };
        let mut reported = 0;
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
                if let (Some(report), true) = (self.job.progress, self.transitions - reported > 1 << 20) {
                    reported = self.transitions;
                    report(&self.progress());
                }
            }
        }
    }

    /// Collect the successors of a state.
    fn expand(&mut self, number: usize, batch: &mut Batch<W>) -> Result<(), Error> {
        let state = self.store.states()[number];
        if self.check_law
            && !self.open.contains(&Claim::CountLaw)
            && !self.system.holds(Claim::CountLaw, &state)
        {
            return Ok(()); // counts mean nothing any more from here on
        }
        self.judge_steps(number, &state);
        let before = batch.states.len();
        self.system.successors(&state, |_, next| {
            batch.states.push(next);
            batch.hashes.push(Store::hash(&next));
        })?;
        let found = batch.states.len() - before;
        self.transitions += found;
        if found == 0 && self.open.contains(&Claim::NoDeadlock) && !self.system.all_done(&state) {
            self.refute(Claim::NoDeadlock, Target::State(number));
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
                self.judge(number, state);
            }
        }
        batch.states.clear();
        batch.hashes.clear();
        Ok(())
    }

    /// Look at a new state with the claims and witnesses that are still open.
    fn judge(&mut self, number: usize, state: &State<W>) {
        let (open, unseen) = (&self.open, &self.unseen);
        let news = self.system.view(state, |world| {
            open.iter().any(|claim| !claim.holds(world)) || unseen.iter().any(|witness| witness.seen(world))
        });
        if news {
            self.record(number, state);
        }
    }

    /// A state that refutes a claim or bears a witness.
    fn record(&mut self, number: usize, state: &State<W>) {
        let wrong = |claim: &Claim| !self.system.holds(*claim, state);
        for claim in self.open.clone().into_iter().filter(wrong) {
            self.refute(claim, Target::State(number));
        }
        let seen = |witness: &Witness| self.system.seen(*witness, state);
        self.witnessed.extend(self.unseen.extract_if(.., |witness| seen(witness)));
    }

    /// Look at the steps that are about to be taken.
    fn judge_steps(&mut self, number: usize, state: &State<W>) {
        if !self.open.contains(&Claim::ReplaceUnmapped) {
            return;
        }
        let wrong = |&actor: &usize| !self.system.holds_for_step(Claim::ReplaceUnmapped, state, actor);
        if let Some(actor) = (0..self.system.automata.len()).find(wrong) {
            self.refute(Claim::ReplaceUnmapped, Target::Step { from: number, actor: actor as u8 });
        }
    }

    fn refute(&mut self, claim: Claim, target: Target) {
        self.open.retain(|open| *open != claim);
        self.targets.push((claim, target));
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

    fn finish(mut self, stopped: Option<Error>) -> Result<Exploration, Error> {
        let figures = self.progress();
        let position = |claim| self.job.claims.iter().position(|asked| *asked == claim);
        self.targets.sort_by_key(|(claim, _)| position(*claim));
        let targets: Vec<Target> = self.targets.iter().map(|(_, target)| *target).collect();
        let runs = search_back(self.system, self.store.states(), &self.levels, &targets)?;
        let refuted = self.targets.iter().zip(runs).map(|(&(claim, _), steps)| Refutation { claim, steps });
        let refuted = refuted.collect();
        self.witnessed.sort();
        Ok(Exploration { refuted, witnessed: self.witnessed, figures, stopped })
    }
}
