//! States as claims and witnesses see them.

use std::cell::OnceCell;

use seal_model::access::MAX_ACTORS;
use seal_model::claim::{Claim, Kind, Status, Witness, World};
use seal_model::ghost::{Ghost, Held, Holding};
use seal_model::machine::Cells;

use super::effects::Watched;
use super::layout::Packed;
use super::system::{State, Step, System};
use crate::error::Error;

/// A sealer that takes more steps than this alone does not return: no automaton has as many locations that it
/// could pass once.
pub(crate) const LONGEST_ALONE: usize = 10_000;

/// The return value of an actor; none before it has returned.
pub type Outcome = seal_model::Result;

/// The sum of what actors hold, added up at the first question: most claims look at single actors first.
#[derive(Debug)]
pub struct Sum<'a> {
    actors: &'a [Status<'a>],
    all: OnceCell<Ghost>,
}

impl Held for Sum<'_> {
    #[inline]
    fn held(&self, what: Holding) -> i16 {
        let add = |mut all: Ghost, actor: &Status<'_>| {
            all.add(actor.ghost);
            all
        };
        self.all.get_or_init(|| self.actors.iter().fold(Ghost::default(), add)).held(what)
    }
}

impl System {
    /// See a state as claims do.
    #[inline]
    pub fn view<const W: usize, R>(
        &self,
        state: &State<W>,
        look: impl FnOnce(&World<'_, Packed<'_, W>, Status<'_>, Sum<'_>>) -> R,
    ) -> R {
        self.view_through(state, &self.cells(*state), look)
    }

    /// The same through other cells that say what the state says.
    #[inline]
    fn view_through<const W: usize, C: Cells, R>(
        &self,
        state: &State<W>,
        cells: &C,
        look: impl FnOnce(&World<'_, C, Status<'_>, Sum<'_>>) -> R,
    ) -> R {
        let nobody = Status { ghost: &self.automata[0].locations[0].ghost, returned: None };
        let mut actors = [nobody; MAX_ACTORS];
        for (actor, automaton) in self.automata.iter().enumerate() {
            let location = &automaton.locations[self.layout.location(state, actor)];
            actors[actor] = Status { ghost: &location.ghost, returned: location.returned };
        }
        let actors = &actors[..self.automata.len()];
        let sum = Sum { actors, all: OnceCell::new() };
        look(&World { scenario: &self.scenario, cells, actors, sum: &sum })
    }

    /// Returns whether a claim is true in a state.
    pub fn holds<const W: usize>(&self, claim: Claim, state: &State<W>) -> bool {
        self.view(state, |world| claim.holds(world))
    }

    /// The same, with the bits of all cells that the claim looks at to say so.
    pub(super) fn watched_claim<const W: usize>(&self, claim: Claim, state: &State<W>) -> (bool, State<W>) {
        let cells = Watched::new(*state, &self.layout);
        let holds = self.view_through(state, &cells, |world| claim.holds(world));
        (holds, cells.seen())
    }

    /// The claims among `asked` that are not true of the step that an actor is about to take, with the step.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn broken_by_step<const W: usize>(
        &self,
        asked: &[Claim],
        state: &State<W>,
        actor: usize,
    ) -> Result<Vec<(Claim, Step)>, Error> {
        let Some(access) = self.access(state, actor) else { return Ok(Vec::new()) };
        let mut asked = asked.iter().filter(|claim| claim.kind() == Kind::Step).peekable();
        if !Claim::look_at(access) || asked.peek().is_none() {
            return Ok(Vec::new());
        }
        let Some((step, next)) = self.step_of(state, actor)? else { return Ok(Vec::new()) };
        let after = &self.automata[actor].locations[self.layout.location(&next, actor)].ghost;
        Ok(self.view(state, |world| {
            let broken = asked.filter(|claim| !claim.holds_for_step(world, actor, access, after));
            broken.map(|claim| (*claim, step)).collect()
        }))
    }

    /// Returns whether a claim says that the sealer returns 0 if from this state on no other actor moves.
    pub fn starts_alone<const W: usize>(&self, claim: Claim, state: &State<W>) -> bool {
        self.view(state, |world| claim.starts_alone(world))
    }

    /// The steps of the sealer if from this state on no other actor moves, no signal comes and memory can be allocated;
    /// and what it returns, if it does.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn alone<const W: usize>(&self, state: &State<W>) -> Result<(Vec<Step>, Option<Outcome>), Error> {
        let (mut at, mut steps) = (*state, Vec::new());
        while steps.len() < LONGEST_ALONE {
            // of a choice: no signal, no failure
            let Some((step, to)) = self.step_of(&at, 0)? else { break };
            steps.push(step);
            at = to;
        }
        let returned = self.automata[0].locations[self.layout.location(&at, 0)].returned;
        Ok((steps, returned))
    }

    /// Returns whether a claim is refuted by a state and the steps that are said to follow from there.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn refutes<const W: usize>(
        &self,
        state: &State<W>,
        claim: Claim,
        then: &[Step],
    ) -> Result<bool, Error> {
        if claim == Claim::NoDeadlock {
            let mut moves = false;
            self.successors(state, |_, _| moves = true)?;
            return Ok(then.is_empty() && !moves && !self.all_done(state));
        }
        match (claim.kind(), then) {
            (Kind::State, []) => Ok(!self.holds(claim, state)),
            (Kind::Step, [step]) if (step.actor as usize) < self.automata.len() => {
                let broken = self.broken_by_step(&[claim], state, step.actor.into())?;
                Ok(broken.contains(&(claim, *step)))
            }
            (Kind::Alone, _) if self.starts_alone(claim, state) => {
                let (steps, returned) = self.alone(state)?;
                Ok(steps == then && returned != Some(Ok(())))
            }
            _ => Ok(false),
        }
    }

    /// Returns whether a witness is seen in a state.
    pub fn seen<const W: usize>(&self, witness: Witness, state: &State<W>) -> bool {
        self.view(state, |world| witness.seen(world))
    }
}
