//! The transition system: shared cells and automata under a memory model. Everything that explores, searches
//! back or walks at random goes through here.

#[cfg(test)]
use std::collections::HashSet;
use std::sync::Arc;

use seal_model::access::{Access, Answer};
use seal_model::machine::{Cells, apply};
use seal_model::scenario::Scenario;

pub(super) use super::effects::Effects;
use super::effects::Watched;
use super::layout::{Layout, Packed};
use super::rows::Table;
pub(crate) use super::seen::LONGEST_ALONE;
pub use super::seen::{Outcome, Sum};
use crate::compile::{Automaton, compile_cast, compile_cast_within};
use crate::cut::run_to;
use crate::error::Error;

/// The most words a state can have.
pub const MOST_WORDS: usize = 4;

/// A packed state.
pub type State<const W: usize> = [u64; W];

/// A step that was taken: who, and what it was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// The actor's number in the cast.
    pub actor: u8,
    /// The answer of its access.
    pub answer: Answer,
}

/// A scenario, compiled.
#[derive(Debug)]
pub struct System {
    /// What is explored.
    pub scenario: Scenario,
    /// One automaton for each actor.
    pub automata: Vec<Arc<Automaton>>,
    /// How a state is packed.
    pub layout: Layout,
    /// The run from the beginning to where the scenario starts.
    pub start: Vec<Step>,
    /// No state has more successors than this.
    pub most_successors: usize,
    pub(super) tables: Vec<Table>,
}

impl System {
    /// Compile a scenario.
    ///
    /// # Errors
    /// As [`compile`](crate::compile::compile), or when a state does not fit.
    pub fn new(scenario: &Scenario) -> Result<Self, Error> {
        System::of(scenario, compile_cast(scenario)?)
    }

    /// The same, unless an actor has more than `most` locations: [`Error::TooManyLocations`].
    ///
    /// # Errors
    /// As [`System::new`].
    pub fn within(scenario: &Scenario, most: usize) -> Result<Self, Error> {
        System::of(scenario, compile_cast_within(scenario, most)?)
    }

    /// A scenario with actors that are compiled already.
    ///
    /// # Errors
    /// When a state does not fit, or no run comes to where the scenario starts.
    pub fn of(scenario: &Scenario, automata: Vec<Arc<Automaton>>) -> Result<Self, Error> {
        let layout = Layout::new(scenario, &automata);
        if layout.words > MOST_WORDS {
            let most = MOST_WORDS * u64::BITS as usize;
            return Err(Error::StateTooWide { needed: layout.bits, most });
        }
        let tables: Vec<Table> = automata.iter().map(|automaton| Table::new(automaton)).collect();
        let (scenario, start) = (scenario.clone(), Vec::new());
        let most_successors = tables.iter().map(Table::most_steps).sum();
        let mut system = System { scenario, automata, layout, start, most_successors, tables };
        system.start = run_to(&system)?;
        Ok(system)
    }

    /// The state that a run starts in: the beginning, or the scenario's cut.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn initial<const W: usize>(&self) -> Result<State<W>, Error> {
        let mut state = self.beginning();
        for taken in &self.start {
            state = self.after(&state, *taken)?.ok_or(Error::StateLost)?;
        }
        Ok(state)
    }

    /// Where a step leads; none if it is not among those that are possible.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn after<const W: usize>(&self, state: &State<W>, taken: Step) -> Result<Option<State<W>>, Error> {
        let mut next = None;
        self.successors_of(state, taken.actor as usize, &mut |step, to| {
            next = if step == taken { Some(to) } else { next };
        })?;
        Ok(next)
    }

    /// The state in which nobody has begun.
    pub(crate) fn beginning<const W: usize>(&self) -> State<W> {
        let mut cells = self.cells([0; W]);
        for spec in &self.layout.specs {
            cells.set(spec.cell, spec.initial);
        }
        cells.words
    }

    pub(super) fn cells<const W: usize>(&self, words: State<W>) -> Packed<'_, W> {
        Packed { words, layout: &self.layout, out_of_range: None }
    }

    /// The access that an actor makes next.
    #[inline]
    pub fn access<const W: usize>(&self, state: &State<W>, actor: usize) -> Option<Access> {
        self.tables[actor].rows[self.layout.location(state, actor)].access
    }

    /// Every step that is possible in `state`, with the state it leads to, in the order of the cast.
    ///
    /// # Errors
    /// A value or an answer outside its declared range.
    #[inline]
    pub fn successors<const W: usize>(
        &self,
        state: &State<W>,
        mut found: impl FnMut(Step, State<W>),
    ) -> Result<(), Error> {
        (0..self.tables.len()).try_for_each(|actor| self.successors_of(state, actor, &mut found))
    }

    /// The steps of one actor among them.
    #[inline]
    pub(crate) fn successors_of<const W: usize>(
        &self,
        state: &State<W>,
        actor: usize,
        found: &mut impl FnMut(Step, State<W>),
    ) -> Result<(), Error> {
        let table = &self.tables[actor];
        let row = table.rows[self.layout.location(state, actor)];
        let Some(access) = row.access else { return Ok(()) };
        let mut go = |answer, mut next: State<W>| -> Result<(), Error> {
            let to = table.after(row, answer).ok_or(Error::AnswerOutOfRange { access, answer })?;
            self.layout.set_location(&mut next, actor, to);
            found(Step { actor: actor as u8, answer }, next);
            Ok(())
        };
        if let Access::Choose(_) = access {
            let last = row.first_answer + row.answers as Answer;
            return (row.first_answer..last).try_for_each(|answer| go(answer, *state));
        }
        let mut cells = self.cells(*state);
        let Some(answer) = apply(&mut cells, &self.scenario, access) else { return Ok(()) };
        match cells.out_of_range {
            Some(cell) => Err(Error::CellOutOfRange(cell)),
            None => go(answer, cells.words),
        }
    }

    /// Where an actor's access leads, if it is no choice and does not block; and the bits of all cells that it looks
    /// at or changes, on which alone this depends.
    pub(super) fn watched<const W: usize>(
        &self,
        state: &State<W>,
        actor: usize,
    ) -> Result<(Option<State<W>>, State<W>), Error> {
        let mut next = None;
        self.successors_of(state, actor, &mut |_, to| next = Some(to))?;
        let mut cells = Watched::new(*state, &self.layout);
        if let Some(access) = self.access(state, actor) {
            apply(&mut cells, &self.scenario, access);
        }
        Ok((next, cells.seen()))
    }

    /// The step that an actor may take, and where it leads; of a choice the first. None if it is done or blocked.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub fn step_of<const W: usize>(
        &self,
        state: &State<W>,
        actor: usize,
    ) -> Result<Option<(Step, State<W>)>, Error> {
        let mut first = None;
        self.successors_of(state, actor, &mut |step, next| {
            first.get_or_insert((step, next));
        })?;
        Ok(first)
    }

    /// Whether words are a state at all. That they are says nothing of whether it is reached.
    pub fn admits<const W: usize>(&self, words: &State<W>) -> bool {
        let locations = self.automata.iter().map(|automaton| automaton.locations.len());
        self.layout.admits(words, locations)
    }

    /// Whether every actor is done.
    pub fn all_done<const W: usize>(&self, state: &State<W>) -> bool {
        (0..self.automata.len()).all(|actor| self.access(state, actor).is_none())
    }
}

#[cfg(test)]
impl System {
    /// Every state that a run reaches.
    pub(crate) fn reached<const W: usize>(&self) -> HashSet<State<W>> {
        let start = self.initial().expect("a start");
        let (mut known, mut open) = (HashSet::from([start]), vec![start]);
        while let Some(state) = open.pop() {
            let found = |_, next| {
                if known.insert(next) {
                    open.push(next);
                }
            };
            self.successors(&state, found).expect("in range");
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With it a search says beforehand how much memory a round may take.
    #[test]
    fn no_state_has_more_successors_than_are_said() {
        let line = "wait-2014;last-scan=0;pages=3;with=mapper";
        let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
        let count = |state: &State<1>| {
            let mut count = 0;
            system.successors(state, |_, _| count += 1).expect("in range");
            count
        };
        let most = system.reached().iter().map(count).max().expect("a state");
        assert!((3..=system.most_successors).contains(&most), "{most} of {}", system.most_successors);
    }
}
