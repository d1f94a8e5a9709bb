//! What one worker keeps: the states of its part, level by level, and what it found out.

use seal_model::access::Answer;
use seal_model::claim::{Claim, Witness};
use serde::{Deserialize, Serialize};

use super::Task;
use super::levels::Levels;
use crate::error::Error;
use crate::explore::store::Store;
use crate::explore::system::{State, Step, System};

/// A claim that is not true, and the state that shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Broken {
    claim: String,
    /// Of two that show it, the one of the earlier level counts; then the one whose words are less.
    pub(super) level: usize,
    pub(super) words: Vec<u64>,
    /// Actors and answers of the steps that are taken from there.
    then: Vec<(u8, Answer)>,
}

impl Broken {
    /// Which claim.
    pub(super) fn claim(&self) -> Option<Claim> {
        self.claim.parse().ok()
    }

    /// The steps that are taken from the state.
    pub(super) fn then(&self) -> Vec<Step> {
        self.then.iter().map(|&(actor, answer)| Step { actor, answer }).collect()
    }
}

/// What is found out, by one worker or by all.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) states: usize,
    pub(super) transitions: usize,
    pub(super) depth: usize,
    pub(super) bytes: usize,
    /// In the order of their names, each once.
    pub(super) refuted: Vec<Broken>,
    /// The witnesses seen, by their places in [`Witness::ALL`].
    pub(super) seen: Vec<usize>,
    pub(super) out_of_memory: bool,
    pub(super) interrupted: bool,
}

impl Found {
    /// What two found out together.
    pub(super) fn join(mut self, other: Found) -> Found {
        self.states += other.states;
        self.transitions += other.transitions;
        self.bytes += other.bytes;
        self.depth = self.depth.max(other.depth);
        self.out_of_memory |= other.out_of_memory;
        self.interrupted |= other.interrupted;
        self.seen.extend(other.seen);
        self.seen.sort_unstable();
        self.seen.dedup();
        self.refuted.extend(other.refuted);
        self.refuted.sort();
        self.refuted.dedup_by(|later, first| later.claim == first.claim);
        self
    }

    /// The witnesses seen.
    pub(super) fn witnessed(&self) -> Vec<Witness> {
        self.seen.iter().filter_map(|&place| Witness::ALL.get(place).copied()).collect()
    }

    /// Whether a claim is refuted already.
    fn knows(&self, claim: Claim) -> bool {
        self.refuted.iter().any(|broken| broken.claim == claim.name())
    }
}

/// The states of one worker.
pub(super) struct Part<'t, const W: usize> {
    pub(super) task: &'t Task,
    pub(super) worker: usize,
    pub(super) peers: usize,
    pub(super) store: Store<W>,
    /// By level, in the order of discovery.
    pub(super) levels: Vec<Vec<State<W>>>,
    /// Those of the level that is being discovered.
    fresh: Vec<State<W>>,
    pub(super) found: Found,
    pub(super) kept: Option<Levels>,
    /// Why a level could not be written down, where it could not.
    pub(super) unkept: Option<String>,
    /// What every worker knows to be refuted on earlier levels.
    refuted: Vec<Claim>,
}

impl<'t, const W: usize> Part<'t, W> {
    /// Nothing yet.
    pub(super) fn new(task: &'t Task, worker: usize, peers: usize) -> Result<Self, Error> {
        let kept = task.keep_in.as_ref().map(|directory| Levels::open(task, directory, worker, peers));
        Ok(Part {
            task,
            worker,
            peers,
            store: Store::for_states(&task.system.layout, task.most_bytes)?,
            levels: Vec::new(),
            fresh: Vec::new(),
            found: Found::default(),
            kept: kept.transpose()?,
            unkept: None,
            refuted: Vec::new(),
        })
    }

    /// Begin anew: the initial state is kept by whom its hash says.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        let initial = self.task.system.initial::<W>()?;
        if owner(&initial, self.peers) == self.worker {
            self.discover(initial)?;
        }
        Ok(())
    }

    /// A state came from somebody; it is kept if it is new.
    pub(super) fn discover(&mut self, state: State<W>) -> Result<(), Error> {
        if self.found.out_of_memory {
            return Ok(());
        }
        match self.store.insert(&state, Store::hash(&state)) {
            // it may have come from afar
            Ok(true) if !self.task.system.admits(&state) => {
                return Err(Error::Engine(
                    "a state that is none came from another process: start all anew".into(),
                ));
            }
            Ok(true) => self.fresh.push(state),
            Ok(false) => {}
            Err(Error::OutOfMemory { .. }) => self.found.out_of_memory = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// All states of a level are here: judge them, and keep what was found out.
    pub(super) fn end_level(&mut self) -> Result<(), Error> {
        let level = std::mem::take(&mut self.fresh);
        let number = self.levels.len();
        let system = &self.task.system;
        for state in &level {
            for claim in self.open() {
                if !system.holds(claim, state) {
                    self.refute(claim, number, state, &[]);
                } else if system.starts_alone(claim, state) {
                    let (steps, returned) = system.alone(state)?;
                    if returned != Some(Ok(())) {
                        self.refute(claim, number, state, &steps);
                    }
                }
            }
            self.look(system, state);
        }
        self.found.states += level.len();
        self.found.bytes = self.bytes();
        if !level.is_empty() {
            self.found.depth = number;
        }
        self.levels.push(level);
        Ok(())
    }

    /// What the states take, in the table and by level.
    pub(super) fn bytes(&self) -> usize {
        self.store.bytes() + self.found.states * size_of::<State<W>>()
    }

    fn look(&mut self, system: &System, state: &State<W>) {
        for (place, witness) in Witness::ALL.into_iter().enumerate() {
            if !self.found.seen.contains(&place) && system.seen(witness, state) {
                self.found.seen.push(place);
            }
        }
    }

    /// Every worker knows these to be refuted now: nobody looks for a longer run.
    pub(super) fn know(&mut self, all: &Found) {
        self.refuted = self.task.watched().filter(|claim| all.knows(*claim)).collect();
    }

    /// The successors of a state of a level.
    pub(super) fn expand(
        &mut self,
        number: usize,
        state: &State<W>,
        mut found: impl FnMut(State<W>),
    ) -> Result<(), Error> {
        let system = &self.task.system;
        let law = Claim::CountLaw;
        // counts mean nothing any more from here on
        if self.refuted.contains(&law) && !system.holds(law, state) {
            return Ok(());
        }
        for actor in 0..system.automata.len() {
            for (claim, step) in system.broken_by_step(&self.open(), state, actor)? {
                self.refute(claim, number, state, &[step]);
            }
        }
        let before = self.found.transitions;
        let transitions = &mut self.found.transitions;
        system.successors(state, |_, next| {
            *transitions += 1;
            found(next);
        })?;
        let stuck = self.found.transitions == before && !system.all_done(state);
        if stuck && self.open().contains(&Claim::NoDeadlock) {
            self.refute(Claim::NoDeadlock, number, state, &[]);
        }
        Ok(())
    }

    fn open(&self) -> Vec<Claim> {
        self.task.watched().filter(|claim| !self.refuted.contains(claim)).collect()
    }

    /// Of all states of a level that refute a claim the one with the least words counts, whoever keeps it.
    fn refute(&mut self, claim: Claim, level: usize, state: &State<W>, then: &[Step]) {
        let then = then.iter().map(|step| (step.actor, step.answer)).collect();
        let broken = Broken { claim: claim.name().to_owned(), level, words: state.to_vec(), then };
        match self.found.refuted.iter_mut().find(|known| known.claim == broken.claim) {
            Some(known) if broken < *known => *known = broken,
            Some(_) => {}
            None => self.found.refuted.push(broken),
        }
    }

    /// Write the last level down, where levels are kept. One that memory or a signal ended is not complete: the run goes on
    /// from the one before. A level that can't be written ends nothing.
    pub(super) fn keep(&mut self) {
        let complete = !self.found.out_of_memory && !self.found.interrupted;
        if let (Some(kept), Some(level), true) = (&self.kept, self.levels.last(), complete) {
            let written = kept.write(self.levels.len() - 1, level, &self.found);
            self.unkept = self.unkept.take().or(written.err().map(|error| error.to_string()));
        }
    }
}

/// The worker that keeps a state.
pub(super) fn owner<const W: usize>(state: &State<W>, peers: usize) -> usize {
    (route(state) % peers as u64) as usize
}

/// What timely sends a state by: it takes the remainder by the number of workers. The store places a state by other
/// bits.
pub(super) fn route<const W: usize>(state: &State<W>) -> u64 {
    Store::hash(state).rotate_left(17).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
}
