//! How a search ends: at its end, at a limit, by a signal; and what is written down of it meanwhile.

use super::Exploration;
use super::checkpoint::{self, Keeper};
use super::piece::PIECE;
use super::search::{ROUND, Search};
use super::system::State;
use super::trail::Flags;
use crate::error::Error;

impl<const W: usize> Search<'_, W> {
    /// From where it has come to, to its end or to its limit.
    pub(super) fn go_on(mut self, begun: Result<(), Error>) -> Result<Exploration, Error> {
        match begun.and_then(|()| self.breadth_first_kept()) {
            Ok(()) => {}
            Err(error) if error.is_limit() => return self.finish(None, None, Some(error)),
            Err(error) => return Err(error),
        }
        match self.returns() {
            Ok(progressed) => self.finish(progressed, None, None),
            Err(error) if error.is_limit() => {
                self.write_down();
                self.finish(None, Some(error), None)
            }
            Err(error) => Err(self.unless_restored(error)),
        }
    }

    /// A run that a limit ends is written down: it may go on later.
    fn breadth_first_kept(&mut self) -> Result<(), Error> {
        let ended = self.breadth_first();
        if ended.as_ref().is_err_and(Error::is_limit) {
            self.write_down();
        }
        ended
    }

    /// Write down how far the search is, if it is time.
    pub(super) fn save(&mut self) {
        if self.keeper.as_ref().is_some_and(Keeper::is_due) {
            self.write_down();
        }
    }

    fn write_down(&mut self) {
        let progress = self.so_far();
        if let Some(keeper) = &mut self.keeper {
            keeper.write(&progress, self.trail.bytes());
        }
    }

    /// The findings so far.
    pub(super) fn so_far(&self) -> checkpoint::Progress {
        let refuted = self.targets.iter().map(|(claim, target)| (*claim, target.state, target.then.clone()));
        let mut witnessed = self.witnessed.clone();
        witnessed.sort();
        checkpoint::Progress {
            expanded: self.expanded,
            known: self.known,
            transitions: self.transitions,
            refuted: refuted.collect(),
            witnessed,
        }
    }

    /// How many pieces can be expanded, whatever their successors are.
    pub(super) fn pieces_that_fit(&self) -> Result<usize, Error> {
        let mut count = self.level.len().div_ceil(PIECE).min(ROUND);
        while count > 0 {
            let states = count * PIECE;
            let successors = states * self.system.most_successors;
            let trail = states * Flags::most_bytes(self.system.most_successors);
            let waiting = successors * (size_of::<State<W>>() + size_of::<u8>());
            let rest = self.bytes() - self.store.bytes() + waiting + trail;
            if self.store.bytes_with(successors) + rest <= self.job.max_memory {
                return Ok(count);
            }
            count /= 2;
        }
        let (used, limit) = (self.bytes() >> 20, self.job.max_memory >> 20);
        Err(Error::OutOfMemory { used, limit, states: self.known })
    }

    pub(super) fn bytes(&self) -> usize {
        self.store.bytes() + self.trail.bytes().len() + self.level.bytes() + self.next.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Job;
    use crate::explore::search::tests::{PLENTY, W, inside_a_level, wide};

    #[test]
    fn what_fits_exactly_is_expanded_and_one_byte_less_is_too_little() {
        let system = wide();
        let search = inside_a_level(&system, 4);
        let waiting = search.level.len().div_ceil(PIECE);
        let needed = |pieces: usize| {
            let states = pieces * PIECE;
            let successors = states * system.most_successors;
            let beside = search.trail.bytes().len() + search.level.bytes() + search.next.bytes();
            let trail = states * Flags::most_bytes(system.most_successors);
            search.store.bytes_with(successors) + beside + successors * (size_of::<State<W>>() + 1) + trail
        };
        let jobs = [
            (needed(waiting), waiting),
            (needed(waiting) - 1, waiting / 2),
            (needed(1), 1),
            (needed(1) - 1, 0),
        ];
        let jobs = jobs.map(|(max_memory, fit)| (Job { max_memory, ..PLENTY }, fit));
        let mut search = inside_a_level(&system, 4);
        for (job, fit) in &jobs {
            search.job = job;
            match search.pieces_that_fit() {
                Ok(pieces) => assert_eq!(pieces, *fit),
                Err(Error::OutOfMemory { used, limit, states }) => {
                    assert_eq!((used, limit, states), (0, job.max_memory >> 20, search.known));
                    assert_eq!(*fit, 0);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
