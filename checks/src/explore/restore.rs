//! Going on from a checkpoint: the states are found again along the trail.

use seal_model::claim::{Claim, Witness};

use super::checkpoint::{Keeper, Progress};
use super::parallel;
use super::piece::Piece;
use super::reduce::{Reduction, Stepper};
use super::search::{Search, sharing};
use super::store::{Store, shard_of};
use super::system::{State, Step, System};
use super::trail::Flags;
use crate::error::Error;

impl<const W: usize> Search<'_, W> {
    /// Come to where the last checkpoint was written, if there is one.
    pub(super) fn restore(&mut self) -> Result<(), Error> {
        let Some(keeper) = self.keeper.take() else { return Ok(()) };
        let bytes = keeper.read()?;
        let restored = bytes.map_or(Ok(()), |bytes| self.restore_from(&keeper, &bytes));
        self.keeper = Some(keeper);
        restored
    }

    /// A trail that leaves out what is new is told apart only where the graph of all states is asked for.
    pub(super) fn unless_restored(&self, error: Error) -> Error {
        match (error, &self.keeper) {
            (Error::StateLost, Some(keeper)) if self.restored => keeper.damaged(),
            (error, _) => error,
        }
    }

    /// Come to where a checkpoint was written.
    pub(super) fn restore_from(&mut self, keeper: &Keeper, bytes: &[u8]) -> Result<(), Error> {
        let (Progress { expanded, known, transitions, refuted, witnessed }, trail) = keeper.parse(bytes)?;
        self.restored = true;
        let mut rest = trail;
        while self.expanded < expanded {
            if !self.more_to_expand() || !self.follow(&mut rest, expanded - self.expanded)? {
                return Err(keeper.damaged());
            }
        }
        let most = self.expanded.saturating_mul(self.system.most_successors);
        if !rest.is_empty() || self.known != known || transitions < known - 1 || transitions > most {
            return Err(keeper.damaged());
        }
        self.transitions = transitions;
        for (claim, state, then) in refuted {
            if !self.is_refuted(claim, state, &then)? {
                return Err(keeper.damaged());
            }
            self.refute(claim, state, then);
        }
        self.open.unseen.retain(|witness| !witnessed.contains(witness));
        self.witnessed = Witness::ALL.into_iter().filter(|witness| witnessed.contains(witness)).collect();
        Ok(())
    }

    /// Whether a state that was found again refutes a claim that is still open.
    fn is_refuted(&self, claim: Claim, state: usize, then: &[Step]) -> Result<bool, Error> {
        if !self.open.has(claim) {
            return Ok(false);
        }
        let (_, state): (_, State<W>) = self.trail.run(self.system, &self.reduction, state)?;
        self.system.refutes(&state, claim, then)
    }

    /// Find the states again that the next ones led to, at most so many: whether there are any such.
    fn follow(&mut self, trail: &mut &[u8], most: usize) -> Result<bool, Error> {
        let mut pieces = self.next_pieces(most)?;
        for piece in &mut pieces {
            let before = *trail;
            let mut bytes = before.iter();
            piece.known = piece.open.states.iter().map(|_| Flags::read(&mut bytes)).collect();
            *trail = bytes.as_slice();
            piece.known.iter().for_each(|flags| flags.write(&mut piece.trail));
            // whoever counts bits later counts those that were read now: nothing was left out, and nothing is missing
            if piece.trail != before[..before.len() - trail.len()] {
                return Ok(false);
            }
        }
        let (system, reduction) = (self.system, &self.reduction);
        let sharing = sharing(self.workers.len(), pieces.len());
        let workers = &mut self.workers[..sharing];
        parallel::each(workers, pieces.iter_mut(), |worker, piece| {
            piece.find_again(system, reduction, &mut worker.stepper)
        });
        self.store_successors(&mut pieces);
        let all_new = |piece: &Piece<W>| piece.lists.iter().all(|list| list.new.iter().all(|&new| new));
        let fits = |piece: &Piece<W>| {
            let flagged: usize = piece.known.iter().map(|flags| flags.count()).sum();
            flagged == piece.new.len() && all_new(piece)
        };
        let fit = pieces.iter().all(fits);
        if fit {
            pieces.iter_mut().try_for_each(|piece| self.absorb(piece))?;
        }
        self.pieces = pieces;
        Ok(fit)
    }
}

impl<const W: usize> Piece<W> {
    /// The successors that were new.
    fn find_again(&mut self, system: &System, reduction: &Reduction, stepper: &mut Stepper<W>) {
        let open = self.open.states.iter().zip(&self.open.asleep);
        for ((state, asleep), flags) in open.zip(&self.known) {
            if !flags.any() {
                continue;
            }
            let mut successor = 0;
            let after = reduction.sleep.as_ref().map(|sleep| sleep.after(state, *asleep));
            let mut again = |actor: usize, next: State<W>| {
                if flags.get(successor) {
                    self.new.push(next, after.map_or(0, |after| after[actor]));
                    self.lists[shard_of(Store::hash(&next))].states.push(next);
                }
                successor += 1;
            };
            let found = match after {
                Some(_) => stepper.successors(system, state, again),
                None => reduction.successors(stepper, system, state, |next| again(0, next)),
            };
            if let Err(error) = found {
                self.error.get_or_insert(error);
                return;
            }
        }
        self.count(&reduction.symmetry);
    }
}
