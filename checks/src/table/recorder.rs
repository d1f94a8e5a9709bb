//! Cells that ask for what they are not told, and note what is written.

use std::collections::BTreeMap;

use seal_model::machine::{Cell, CellSpec, Cells};

use super::{Told, Variable};

/// Cells of which some are known.
pub(crate) struct Recorder<'a> {
    specs: &'a [CellSpec],
    told: &'a Told<'a>,
    /// What was written, in the order of the cells.
    pub(crate) written: BTreeMap<Cell, i16>,
    /// The first cell that was given a value outside its range.
    pub(crate) out_of_range: Option<Cell>,
}

impl<'a> Recorder<'a> {
    /// Nothing is written yet.
    pub(crate) fn new(specs: &'a [CellSpec], told: &'a Told<'a>) -> Self {
        Recorder { specs, told, written: BTreeMap::new(), out_of_range: None }
    }

    fn spec(&self, cell: Cell) -> Option<&CellSpec> {
        self.specs.iter().find(|spec| spec.cell == cell)
    }
}

impl Cells for Recorder<'_> {
    fn get(&self, cell: Cell) -> i16 {
        let Some(spec) = self.spec(cell) else { return 0 };
        let before = || self.told.value(Variable::Cell(cell), spec.initial);
        self.written.get(&cell).copied().unwrap_or_else(before)
    }

    fn set(&mut self, cell: Cell, value: i16) {
        // a cell that a scenario does not have is constant 0
        let (low, high) = self.spec(cell).map_or((0, 0), |spec| (spec.low, spec.high));
        if !(low..=high).contains(&value) {
            self.out_of_range.get_or_insert(cell);
        } else if self.spec(cell).is_some() {
            self.written.insert(cell, value);
        }
    }
}
