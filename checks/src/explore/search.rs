//! The search: level by level, in rounds that all threads share.

use std::time::Instant;

use seal_model::claim::{Claim, Kind, Witness};

use super::checkpoint::{Checkpoint, Keeper, Question};
use super::frontier::Frontier;
use super::piece::{Asked, Found, List, Open, PIECE, Piece, Worker};
use super::possible::possible;
use super::reduce::Reduction;
use super::store::{SHARDS, Store};
use super::system::{State, Step, System};
use super::trail::Trail;
use super::{Exploration, Job, Means, Progress, Progressed, Refutation, parallel};
use crate::error::Error;
use crate::explore::coverage::Coverage;
use crate::interrupt;

/// Pieces of a round: enough to share, and few enough to stay near.
pub(super) const ROUND: usize = 64;

/// A round of fewer pieces is not worth a second thread.
const WORTH_SHARING: usize = 16;

/// Transitions from one report of progress to the next: many times a second, so that whoever shows them chooses.
const REPORT_EVERY: usize = 1 << 16;

/// How many threads share a round.
pub(super) fn sharing(workers: usize, pieces: usize) -> usize {
    if pieces < WORTH_SHARING { 1 } else { workers }
}

/// The end of a run: a state by its number, and the steps that are taken from there.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) state: usize,
    pub(super) then: Vec<Step>,
}

/// A search under way.
pub(super) struct Search<'a, const W: usize> {
    pub(super) system: &'a System,
    pub(super) job: &'a Job<'a>,
    pub(super) reduction: Reduction,
    pub(super) store: Store<W>,
    pub(super) trail: Trail,
    /// What is left of the level that is being expanded.
    pub(super) level: Frontier<W>,
    /// What was found of the next one.
    pub(super) next: Frontier<W>,
    /// For each thread what it keeps for itself.
    pub(super) workers: Vec<Worker<W>>,
    /// Where the states of a round are kept.
    pub(super) pieces: Vec<Piece<W>>,
    /// The number of the next state to expand.
    pub(super) expanded: usize,
    /// How many states those that were found stand for.
    stand_for: usize,
    /// How many states were found.
    pub(super) known: usize,
    pub(super) transitions: usize,
    depth: usize,
    pub(super) open: Open,
    pub(super) targets: Vec<(Claim, Target)>,
    pub(super) witnessed: Vec<Witness>,
    reports: usize,
    started: Instant,
    pub(super) keeper: Option<Keeper>,
    /// Whether it went on from there.
    pub(super) restored: bool,
}

impl<'a, const W: usize> Search<'a, W> {
    pub(super) fn run(system: &'a System, job: &'a Job<'a>, means: &Means) -> Result<Exploration, Error> {
        let mut search = Search::<W>::new(system, job, means)?;
        let begun = search.begin().and_then(|()| search.restore());
        search.go_on(begun)
    }

    pub(super) fn new(system: &'a System, job: &'a Job<'a>, means: &Means) -> Result<Self, Error> {
        let question = || Question::new(system, job.claims, means.reduce);
        let keeper = |checkpoint: &Checkpoint| Keeper::new(checkpoint, question());
        Ok(Search {
            system,
            job,
            reduction: Reduction::of(system, job.claims, means.reduce),
            store: Store::for_states(&system.layout, job.max_memory)?,
            trail: Trail::new(job.max_memory)?,
            level: Frontier::new(),
            next: Frontier::new(),
            workers: (0..means.threads.max(1)).map(|_| Worker::new(system)).collect(),
            pieces: Vec::new(),
            expanded: 0,
            stand_for: 0,
            known: 0,
            transitions: 0,
            depth: 0,
            open: Open {
                claims: job.claims.iter().copied().filter(|claim| *claim != Claim::CountLaw).collect(),
                unseen: possible(system),
                law_is_refuted: false,
                asks_of_steps: job.claims.iter().any(|claim| claim.kind() == Kind::Step),
            },
            targets: Vec::new(),
            witnessed: Vec::new(),
            reports: 0,
            started: Instant::now(),
            keeper: means.checkpoint.as_ref().map(keeper).transpose()?,
            restored: false,
        })
    }

    pub(super) fn breadth_first(&mut self) -> Result<(), Error> {
        while self.more_to_expand() {
            interrupt::check()?;
            self.round(usize::MAX)?;
            self.save();
        }
        self.depth -= 1;
        Ok(())
    }

    /// Discover the initial state.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        let initial = self.reduction.canonical(&self.system.initial::<W>()?);
        self.store.insert(&initial, Store::hash(&initial))?;
        let mut piece = Piece::new();
        piece.new.push(initial, 0);
        let asked = Asked { system: self.system, reduction: &self.reduction, open: &self.open };
        piece.count(&asked.reduction.symmetry);
        let law = &mut self.workers[0].law;
        piece.judge(0, &initial, &asked, law)?;
        self.absorb(&mut piece)
    }

    /// Whether any state waits: of this level, or of the next one, which then begins.
    pub(super) fn more_to_expand(&mut self) -> bool {
        if self.level.len() == 0 && self.next.len() > 0 {
            self.begin_level();
        }
        self.level.len() > 0
    }

    fn begin_level(&mut self) {
        std::mem::swap(&mut self.level, &mut self.next);
        self.trail.begin_level(self.known);
        self.depth += 1;
    }

    /// Expand the next states of the level, at most so many. Where rounds end changes nothing of what is found.
    pub(super) fn round(&mut self, most: usize) -> Result<(), Error> {
        let mut pieces = self.next_pieces(most)?;
        let asked = Asked { system: self.system, reduction: &self.reduction, open: &self.open };
        let sharing = sharing(self.workers.len(), pieces.len());
        let workers = &mut self.workers[..sharing];
        parallel::each(workers, pieces.iter_mut(), |worker, piece| piece.expand(&asked, worker));
        self.store_successors(&mut pieces);
        let asked = Asked { system: self.system, reduction: &self.reduction, open: &self.open };
        let workers = &mut self.workers[..sharing];
        parallel::each(workers, pieces.iter_mut(), |worker, piece| piece.gather(&asked, &mut worker.law));
        let absorbed = pieces.iter_mut().try_for_each(|piece| self.absorb(piece));
        self.pieces = pieces;
        absorbed
    }

    /// The pieces of the next round, of at most so many states, with nothing but these.
    pub(super) fn next_pieces(&mut self, mut most: usize) -> Result<Vec<Piece<W>>, Error> {
        let count = self.pieces_that_fit()?.min(most.div_ceil(PIECE));
        let mut pieces = std::mem::take(&mut self.pieces);
        pieces.resize_with(count, Piece::new);
        for piece in &mut pieces {
            piece.clear();
            piece.open = self.level.next(most);
            most -= piece.open.len();
        }
        Ok(pieces)
    }

    /// Store what was found, shard by shard.
    pub(super) fn store_successors(&mut self, pieces: &mut [Piece<W>]) {
        let sharing = sharing(self.workers.len(), pieces.len());
        let mut lists: Vec<Vec<&mut List<W>>> = (0..SHARDS).map(|_| Vec::with_capacity(ROUND)).collect();
        for piece in pieces {
            lists.iter_mut().zip(&mut piece.lists).for_each(|(lists, list)| lists.push(list));
        }
        let shards = self.store.shards_mut().zip(lists);
        parallel::each(&mut self.workers[..sharing], shards, |_, (shard, lists)| {
            lists.into_iter().for_each(|list| shard.insert_all(&list.states, &mut list.new));
        });
    }

    /// Take in what a piece brought about.
    pub(super) fn absorb(&mut self, piece: &mut Piece<W>) -> Result<(), Error> {
        if let Some(error) = piece.error.take() {
            return Err(error);
        }
        for Found { claim, at, then } in piece.expanded.drain(..) {
            self.refute(claim, self.expanded + at, then);
        }
        for Found { claim, at, then } in piece.discovered.drain(..) {
            self.refute(claim, self.known + at, then);
        }
        for witness in piece.witnessed.drain(..) {
            if !self.witnessed.contains(&witness) {
                self.witnessed.push(witness);
                self.open.unseen.retain(|unseen| *unseen != witness);
            }
        }
        self.trail.extend(&piece.trail);
        self.next.extend(&piece.new);
        self.known += piece.new.len();
        self.stand_for += piece.stand_for;
        self.expanded += piece.open.len();
        self.transitions += piece.transitions();
        let due = self.transitions / REPORT_EVERY;
        if let (Some(report), true) = (self.job.progress, due > self.reports) {
            self.reports = due;
            report(&self.progress());
        }
        Ok(())
    }

    pub(super) fn refute(&mut self, claim: Claim, state: usize, then: Vec<Step>) {
        if !self.open.has(claim) {
            return;
        }
        self.open.claims.retain(|open| *open != claim);
        self.open.law_is_refuted |= claim == Claim::CountLaw;
        self.open.asks_of_steps = self.open.claims.iter().any(|claim| claim.kind() == Kind::Step);
        self.targets.push((claim, Target { state, then }));
    }

    fn progress(&self) -> Progress {
        Progress {
            states: self.known,
            stand_for: self.stand_for,
            transitions: self.transitions,
            depth: self.depth,
            bytes: self.bytes(),
            elapsed: self.started.elapsed(),
        }
    }

    pub(super) fn finish(
        mut self,
        progressed: Option<Progressed>,
        undecided: Option<Error>,
        stopped: Option<Error>,
    ) -> Result<Exploration, Error> {
        let figures = self.progress();
        let asked = self.job.claims;
        let position = |claim| asked.iter().position(|asked| *asked == claim).unwrap_or(asked.len());
        self.targets.sort_by_key(|(claim, _)| position(*claim));
        let mut refuted = Vec::new();
        for (claim, Target { state, then }) in &self.targets {
            let (mut steps, _): (_, State<W>) = self.trail.run(self.system, &self.reduction, *state)?;
            let alone_from = (claim.kind() == Kind::Alone).then_some(steps.len());
            steps.extend(then);
            refuted.push(Refutation { claim: *claim, steps, alone_from, cycle_from: None });
        }
        self.witnessed.sort();
        let coverage = self.job.coverage.then(|| self.coverage()).transpose()?;
        let unkept = self.keeper.as_mut().and_then(Keeper::failed);
        Ok(Exploration {
            coverage,
            refuted,
            witnessed: self.witnessed,
            figures,
            progressed,
            undecided,
            given_up: self.reduction.given_up(),
            unkept,
            stopped,
        })
    }

    fn coverage(&self) -> Result<Coverage, Error> {
        Coverage::of::<W>(self.system, &|visit| self.trail.again(self.system, &self.reduction, visit))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::explore) const W: usize = 1;

    pub(in crate::explore) fn wide() -> System {
        let line = "wait;judge=snapshot;with=pinner;with=mapper;with=mapper;with=mapper";
        System::new(&line.parse().expect("a possible scenario")).expect("compiles")
    }

    pub(in crate::explore) const PLENTY: Job<'static> =
        Job { claims: &[], max_memory: 1 << 30, coverage: false, progress: None };

    /// Inside a level, of which so many pieces at least are left.
    pub(in crate::explore) fn inside_a_level<'a>(system: &'a System, pieces: usize) -> Search<'a, W> {
        let mut search = Search::new(system, &PLENTY, &Means::default()).expect("some memory");
        search.begin().expect("room");
        while search.level.len() < pieces * PIECE || search.next.len() == 0 {
            assert!(search.more_to_expand());
            search.round(PIECE).expect("room");
        }
        search
    }

    #[test]
    fn a_round_takes_as_many_states_as_it_is_told() {
        let system = wide();
        for most in [0, 1, PIECE - 1, PIECE, 2 * PIECE + 1, usize::MAX] {
            let mut search = inside_a_level(&system, 4);
            let left = search.level.len();
            let pieces = search.next_pieces(most).expect("room");
            let states: usize = pieces.iter().map(|piece| piece.open.states.len()).sum();
            assert_eq!((states, search.level.len()), (most.min(left), left - most.min(left)));
        }
    }

    #[test]
    fn a_small_round_is_for_one_thread() {
        let pieces = [0, 1, WORTH_SHARING - 1, WORTH_SHARING, ROUND];
        assert_eq!(pieces.map(|pieces| sharing(3, pieces)), [1, 1, 1, 3, 3]);
    }
}
