//! Going on from a checkpoint: the states are found again along the trail.

use super::checkpoint::Progress;
use super::parallel;
use super::piece::Piece;
use super::reduce::{Reduction, Stepper};
use super::search::{Search, sharing};
use super::store::{Store, shard_of};
use super::system::System;
use super::trail::Flags;
use crate::error::Error;

impl<const W: usize> Search<'_, W> {
    /// Come to where the last checkpoint was written, if there is one.
    pub(super) fn restore(&mut self) -> Result<(), Error> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let Some((progress, trail)) = keeper.read()? else { return Ok(()) };
        let damaged = keeper.damaged();
        let Progress { known, transitions, refuted, witnessed } = progress;
        if trail.len() > self.job.max_memory {
            let (used, limit) = (trail.len() >> 20, self.job.max_memory >> 20);
            return Err(Error::OutOfMemory { used, limit, states: known });
        }
        let mut rest = &trail[..];
        while !rest.is_empty() {
            if self.next.len() == 0 {
                return Err(damaged);
            }
            self.begin_level();
            while self.level.len() > 0 {
                if !self.follow(&mut rest)? {
                    return Err(damaged);
                }
            }
        }
        if self.known != known {
            return Err(damaged);
        }
        self.transitions = transitions;
        refuted.into_iter().for_each(|(claim, state, then)| self.refute(claim, state, then));
        self.open.unseen.retain(|witness| !witnessed.contains(witness));
        self.witnessed = witnessed;
        Ok(())
    }

    /// Find the states again that the next round found: whether there are any such.
    fn follow(&mut self, trail: &mut &[u8]) -> Result<bool, Error> {
        let mut pieces = self.next_pieces()?;
        for piece in &mut pieces {
            let before = *trail;
            let mut bytes = before.iter();
            piece.known = piece.states.iter().map(|_| Flags::read(&mut bytes)).collect();
            *trail = bytes.as_slice();
            piece.trail.extend(&before[..before.len() - trail.len()]);
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
        for (state, flags) in self.states.iter().zip(&self.known) {
            if !flags.any() {
                continue;
            }
            let mut successor = 0;
            let found = reduction.successors(stepper, system, state, |next| {
                if flags.get(successor) {
                    self.new.push(next);
                    self.lists[shard_of(Store::hash(&next))].states.push(next);
                }
                successor += 1;
            });
            if let Err(error) = found {
                self.error.get_or_insert(error);
                return;
            }
        }
        self.count(&reduction.symmetry);
    }
}
