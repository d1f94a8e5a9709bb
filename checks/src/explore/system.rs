//! The transition system: shared cells and automata under a memory model. Everything that explores, searches
//! back or walks at random goes through here.

use std::cell::OnceCell;
#[cfg(test)]
use std::collections::HashSet;
use std::sync::Arc;

use seal_model::access::{Access, Answer, MAX_ACTORS};
use seal_model::claim::{Claim, Kind, Status, Witness, World};
use seal_model::ghost::{Ghost, Held, Holding};
use seal_model::machine::{Cells, apply};
use seal_model::scenario::Scenario;

pub(super) use super::effects::Effects;
use super::effects::Watched;
use super::layout::{Layout, Packed};
use crate::compile::{Automaton, NOWHERE, compile_cast, compile_cast_within};
use crate::cut::run_to;
use crate::error::Error;

/// The most words a state can have.
pub const MOST_WORDS: usize = 4;

/// A sealer that takes more steps than this alone does not return: no automaton has as many locations that it
/// could pass once.
pub(crate) const LONGEST_ALONE: usize = 10_000;

/// What an actor returned.
pub type Outcome = seal_model::Result;

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

/// An automaton as the hot loop reads it: one small row a location, and all successors in one array.
#[derive(Debug)]
struct Table {
    rows: Vec<Row>,
    next: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    access: Option<Access>,
    first_answer: Answer,
    answers: u16,
    start: u32,
}

impl Table {
    fn new(automaton: &Automaton) -> Self {
        let mut table = Table { rows: Vec::new(), next: Vec::new() };
        for location in &automaton.locations {
            let start = table.next.len() as u32;
            let answers = location.next.len() as u16;
            table.rows.push(Row {
                access: location.access,
                first_answer: location.first_answer,
                answers,
                start,
            });
            table.next.extend(&location.next);
        }
        table
    }

    /// How many steps are possible at a location, at most: one, but for a choice.
    fn most_steps(&self) -> usize {
        let choice = |row: &Row| matches!(row.access, Some(Access::Choose(_)));
        self.rows.iter().filter(|row| choice(row)).map(|row| row.answers as usize).max().unwrap_or(1)
    }

    #[inline]
    fn after(&self, row: Row, answer: Answer) -> Option<u32> {
        let offset = answer.wrapping_sub(row.first_answer) as u16;
        let next = (offset < row.answers).then(|| self.next[row.start as usize + offset as usize])?;
        (next != NOWHERE).then_some(next)
    }
}

/// What actors hold together, added up once somebody asks: most claims look at single actors first.
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
    tables: Vec<Table>,
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

    fn cells<const W: usize>(&self, words: State<W>) -> Packed<'_, W> {
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

    /// Whether a claim is true in a state.
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

    /// Whether a claim says that the sealer returns 0 if from this state on nobody else moves.
    pub fn starts_alone<const W: usize>(&self, claim: Claim, state: &State<W>) -> bool {
        self.view(state, |world| claim.starts_alone(world))
    }

    /// What the sealer does if from this state on nobody else moves, no signal comes and memory can be allocated;
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

    /// Whether words are a state at all. That they are says nothing of whether it is reached.
    pub fn admits<const W: usize>(&self, words: &State<W>) -> bool {
        let locations = self.automata.iter().map(|automaton| automaton.locations.len());
        self.layout.admits(words, locations)
    }

    /// Whether a claim is refuted by a state and the steps that are said to follow from there.
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

    /// Whether a witness is seen in a state.
    pub fn seen<const W: usize>(&self, witness: Witness, state: &State<W>) -> bool {
        self.view(state, |world| witness.seen(world))
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

    /// An answer beside those that were declared is an error of the model, and no other step.
    #[test]
    fn only_declared_answers_lead_anywhere() {
        let line = "isolate-2014;pages=2;with=pinner;with=mapper";
        let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
        let mut beside = 0;
        for (table, automaton) in system.tables.iter().zip(&system.automata) {
            for (row, location) in table.rows.iter().zip(&automaton.locations) {
                let answers = (row.first_answer..).zip(&location.next);
                for (answer, next) in answers {
                    assert_eq!(table.after(*row, answer), (*next != NOWHERE).then_some(*next));
                }
                let behind = row.first_answer + location.next.len() as Answer;
                assert_eq!(
                    (table.after(*row, row.first_answer - 1), table.after(*row, behind)),
                    (None, None)
                );
                beside += 1;
            }
        }
        assert!(beside > 20);
    }

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
