//! Shared memory as a plain array, which knows its ranges and whether it was changed.

use std::sync::Arc;

use seal_model::machine::{Cell, Cells};
use seal_model::scenario::Scenario;

/// The cells of a scenario.
#[derive(Clone, Debug)]
pub struct Ranged {
    values: [i16; Cell::COUNT],
    ranges: Arc<[(i16, i16); Cell::COUNT]>,
    /// Whether a cell has been given another value; whoever asks resets it.
    pub changed: bool,
    /// A cell that was given a value outside its range.
    pub out_of_range: Option<Cell>,
}

impl Ranged {
    /// The initial state of a scenario. A cell that it does not have is constant 0.
    pub fn new(scenario: &Scenario) -> Self {
        let (mut values, mut ranges) = ([0; Cell::COUNT], [(0, 0); Cell::COUNT]);
        for spec in Cell::of(scenario) {
            values[spec.cell.id()] = spec.initial;
            ranges[spec.cell.id()] = (spec.low, spec.high);
        }
        Ranged { values, ranges: Arc::new(ranges), changed: false, out_of_range: None }
    }

    /// The same memory with the values of other cells.
    pub fn at(scenario: &Scenario, cells: &impl Cells) -> Self {
        let mut ranged = Ranged::new(scenario);
        Cell::of(scenario).iter().for_each(|spec| ranged.values[spec.cell.id()] = cells.get(spec.cell));
        ranged
    }

    /// The values alone.
    #[inline]
    pub fn values(&self) -> &[i16; Cell::COUNT] {
        &self.values
    }

    /// The same memory at another moment.
    pub(super) fn with(&self, values: [i16; Cell::COUNT]) -> Self {
        Ranged { values, ..self.clone() }
    }
}

impl Cells for Ranged {
    #[inline]
    fn get(&self, cell: Cell) -> i16 {
        self.values[cell.id()]
    }

    #[inline]
    fn set(&mut self, cell: Cell, value: i16) {
        let (low, high) = self.ranges[cell.id()];
        if value < low || value > high {
            self.out_of_range = Some(cell);
            return;
        }
        let old = &mut self.values[cell.id()];
        self.changed |= *old != value;
        *old = value;
    }
}
