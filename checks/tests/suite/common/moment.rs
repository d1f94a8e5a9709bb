//! States made by hand.

use seal_model::Result;
use seal_model::claim::{Status, World};
use seal_model::ghost::Ghost;
use seal_model::machine::{Cell, Cells, PlainCells};
use seal_model::scenario::Scenario;

/// A state to be changed by hand.
pub(crate) struct Moment {
    pub(crate) scenario: Scenario,
    pub(crate) cells: PlainCells,
    pub(crate) ghosts: Vec<Ghost>,
    pub(crate) returned: Vec<Option<Result>>,
}

impl Moment {
    /// The start of a scenario.
    pub(crate) fn new(text: &str) -> Self {
        let scenario: Scenario = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let actors = scenario.cast().len();
        let cells = PlainCells::new(&scenario);
        Moment { scenario, cells, ghosts: vec![Ghost::default(); actors], returned: vec![None; actors] }
    }

    pub(crate) fn set(&mut self, cell: Cell, value: i16) {
        self.cells.set(cell, value);
    }

    pub(crate) fn look<T>(&self, ask: impl FnOnce(&World<'_, PlainCells>) -> T) -> T {
        let mut sum = Ghost::default();
        self.ghosts.iter().for_each(|ghost| sum.add(ghost));
        let pairs = self.ghosts.iter().zip(&self.returned);
        let actors: Vec<Status<'_>> =
            pairs.map(|(ghost, returned)| Status { ghost, returned: *returned }).collect();
        ask(&World { scenario: &self.scenario, cells: &self.cells, actors: &actors, sum: &sum })
    }
}

/// One change of a state.
pub(crate) type Change = fn(&mut Moment);
