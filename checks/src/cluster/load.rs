//! Going on from levels that were kept. A checksum covers every byte of them; what they say is looked at all the same,
//! as far as that costs no search.

use std::collections::BTreeSet;

use seal_model::claim::Witness;

use super::levels::Levels;
use super::part::{Found, Part, owner};
use crate::error::Error;
use crate::explore::store::Store;
use crate::explore::system::State;

impl<const W: usize> Part<'_, W> {
    /// Take levels from the first on, as they were kept.
    pub(super) fn load(
        &mut self,
        kept: &Levels,
        all: impl Iterator<Item = Result<Vec<u8>, Error>>,
    ) -> Result<(), Error> {
        for (level, bytes) in all.enumerate() {
            let (states, found) = kept.parse(level, &bytes?)?;
            if !self.take_level(states, found)? {
                return Err(kept.damaged(level));
            }
        }
        Ok(())
    }

    /// Take the next level, and what was found out with it: whether they can be what was kept.
    ///
    /// # Errors
    /// Memory that ends; as [`System::successors`](crate::explore::system::System::successors).
    fn take_level(&mut self, states: Vec<State<W>>, found: Found) -> Result<bool, Error> {
        let (system, number) = (&self.task.system, self.levels.len());
        if number == 0 && states.iter().any(|state| system.initial().ok() != Some(*state)) {
            return Ok(false);
        }
        for state in &states {
            let is_mine = system.admits(state) && owner(state, self.peers) == self.worker;
            if !is_mine || !self.store.insert(state, Store::hash(state))? {
                return Ok(false);
            }
        }
        let expanded: usize = self.levels.iter().map(Vec::len).sum();
        let before = std::mem::replace(&mut self.found, found);
        let depth = if states.is_empty() { before.depth } else { number };
        self.levels.push(states);
        let Found { states, transitions, ref seen, out_of_memory, interrupted, .. } = self.found;
        let as_counted =
            states == self.store.known() && self.found.depth == depth && !out_of_memory && !interrupted;
        let possible = before.transitions <= transitions
            && transitions <= expanded.saturating_mul(system.most_successors)
            && seen.iter().all(|seen| *seen < Witness::ALL.len());
        if !as_counted || !possible || !self.shows_what_it_says()? {
            return Ok(false);
        }
        self.found.bytes = self.bytes();
        Ok(true)
    }

    /// Whether every claim that is said to be refuted was asked, once, and is refuted by a state that is here.
    fn shows_what_it_says(&self) -> Result<bool, Error> {
        let mut told = BTreeSet::new();
        for broken in &self.found.refuted {
            let claim = broken.claim().filter(|claim| self.task.watched().any(|watched| watched == *claim));
            let state = <State<W>>::try_from(&broken.words[..]).ok();
            let (Some(claim), Some(state)) = (claim, state) else { return Ok(false) };
            let is_here = self.levels.get(broken.level).is_some_and(|level| level.contains(&state));
            let refuted = is_here && self.task.system.refutes(&state, claim, &broken.then())?;
            if !refuted || !told.insert(claim) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
