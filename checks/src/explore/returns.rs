//! The claim that the call returns, decided once every state was found.

use seal_model::claim::Claim;

use super::fair::{Fairness, Starvation, starving};
use super::graph::Graph;
use super::search::Search;
use super::system::{State, Step};
use super::{Progressed, Refutation};
use crate::error::Error;
use crate::interrupt;

impl<const W: usize> Search<'_, W> {
    /// Under which fairness the call returns.
    pub(super) fn returns(&self) -> Result<Option<Progressed>, Error> {
        if !self.job.claims.contains(&Claim::Returns) || self.open.law_is_refuted {
            return Ok(None);
        }
        let goal = |state: &State<W>| self.system.access(state, 0).is_none();
        let most = self.job.max_memory;
        let again = |visit: &mut dyn FnMut(&State<W>) -> Result<(), Error>| {
            self.trail.again(self.system, &self.reduction, &mut |state| {
                interrupt::check()?;
                visit(state)
            })
        };
        let graph = Graph::of(self.system, &self.store, self.transitions, most, &again, goal)?;
        let mut starves_under = None;
        for fairness in Fairness::ALL {
            interrupt::check()?;
            let Some(Starvation { state, cycle }) = starving(&graph, fairness) else {
                return Ok(Some(Progressed { holds_under: Some(fairness), starves_under }));
            };
            starves_under = Some((fairness, self.lasso(state as usize, cycle)?));
        }
        Ok(Some(Progressed { holds_under: None, starves_under }))
    }

    /// The shortest run to a state, and a cycle from there.
    fn lasso(&self, state: usize, cycle: Vec<Step>) -> Result<Refutation, Error> {
        let (mut steps, _): (_, State<W>) = self.trail.run(self.system, &self.reduction, state)?;
        let cycle_from = Some(steps.len());
        steps.extend(cycle);
        Ok(Refutation { claim: Claim::Returns, steps, alone_from: None, cycle_from })
    }
}
