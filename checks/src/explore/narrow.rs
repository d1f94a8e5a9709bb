//! Which values a cell can come to have in a cast, found without exploring it.
//!
//! From its initial value on, every access that some actor makes is run over every value found so far of the cells that
//! it looks at, and what it writes is added, until nothing is new. Who stands where plays no part, so these are at least
//! the values that runs reach. Cells that nobody changes, and frames that nobody maps, take no bits in a state then.
//!
//! Should this be wrong, a value is outside its range, which is an error and never a verdict.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

use seal_model::access::Access;
use seal_model::machine::{Cell, CellSpec, apply};
use seal_model::scenario::Scenario;

use crate::compile::Automaton;
use crate::table::recorder::Recorder;
use crate::table::{Told, Variable, always};

/// A cell with more values than these counts something: it is taken to have every value that it declares.
const MOST_VALUES: usize = 3;

/// Runs of one access. Beyond, all cells are taken to have every value that they declare.
const MOST_RUNS: usize = 1 << 14;

/// The cells of a scenario, with no more values than this cast needs.
pub(super) fn narrowed(scenario: &Scenario, automata: &[impl AsRef<Automaton>]) -> Vec<CellSpec> {
    let declared = Cell::of(scenario);
    let locations = automata.iter().flat_map(|automaton| &automaton.as_ref().locations);
    let accesses: HashSet<Access> = locations.filter_map(|location| location.access).collect();
    let mut accesses: Vec<Reader> = accesses
        .into_iter()
        .filter(|access| !matches!(access, Access::Choose(_)))
        .map(|access| Reader { access, looks_at: BTreeSet::new(), is_due: true })
        .collect();
    let mut values = Values::initial(&declared);
    while let Some(reader) = accesses.iter_mut().find(|reader| reader.is_due) {
        reader.is_due = false;
        let Some(grown) = values.add_written(scenario, reader) else { return declared };
        for reader in &mut accesses {
            reader.is_due |= grown.iter().any(|cell| reader.looks_at.contains(cell));
        }
    }
    values.ranges()
}

/// An access, and the cells that it was seen to look at.
struct Reader {
    access: Access,
    looks_at: BTreeSet<Cell>,
    /// A cell that it looks at has new values.
    is_due: bool,
}

/// The values found so far, in the order of the cells.
struct Values<'a> {
    declared: &'a [CellSpec],
    found: Vec<BTreeSet<i16>>,
}

impl<'a> Values<'a> {
    fn initial(declared: &'a [CellSpec]) -> Self {
        Values { declared, found: declared.iter().map(|spec| BTreeSet::from([spec.initial])).collect() }
    }

    fn position(&self, cell: Cell) -> Option<usize> {
        self.declared.iter().position(|spec| spec.cell == cell)
    }

    fn of(&self, variable: Variable) -> Vec<i16> {
        let position = match variable {
            Variable::Cell(cell) => self.position(cell),
            // accesses look at cells alone
            Variable::Sum(_) | Variable::Of(..) => None,
        };
        position.map_or(vec![0], |position| self.found[position].iter().copied().collect())
    }

    /// Add what an access writes: the cells that have new values. None if it looks at too much.
    fn add_written(&mut self, scenario: &Scenario, reader: &mut Reader) -> Option<Vec<Cell>> {
        let written = RefCell::new(BTreeSet::new());
        let looks_at = RefCell::new(&mut reader.looks_at);
        let run = |told: &Told<'_>| {
            let mut cells = Recorder::new(self.declared, told);
            apply(&mut cells, scenario, reader.access);
            looks_at.borrow_mut().extend(told.cells());
            written.borrow_mut().extend(cells.written);
            true
        };
        always(&mut { MOST_RUNS }, &|variable| self.of(variable), &run).ok()?;
        let mut grown = Vec::new();
        for (cell, value) in written.into_inner() {
            let Some(position) = self.position(cell) else { continue };
            if self.found[position].insert(value) {
                self.widen(position);
                grown.push(cell);
            }
        }
        Some(grown)
    }

    fn widen(&mut self, position: usize) {
        let CellSpec { low, high, .. } = self.declared[position];
        if self.found[position].len() > MOST_VALUES {
            self.found[position] = (low..=high).collect();
        }
    }

    fn ranges(&self) -> Vec<CellSpec> {
        let range = |(spec, found): (&CellSpec, &BTreeSet<i16>)| CellSpec {
            low: found.first().copied().unwrap_or(spec.low),
            high: found.last().copied().unwrap_or(spec.high),
            ..*spec
        };
        self.declared.iter().zip(&self.found).map(range).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile_cast;

    fn ranges(line: &str) -> Vec<(Cell, i16, i16)> {
        let scenario: Scenario = line.parse().expect("a possible scenario");
        let automata = compile_cast(&scenario).expect("compiles");
        narrowed(&scenario, &automata).into_iter().map(|spec| (spec.cell, spec.low, spec.high)).collect()
    }

    #[test]
    fn a_cell_that_nobody_changes_has_one_value() {
        use seal_model::access::{Index, NONE, Page, Vma};
        let ranges = ranges("wait-2014;pages=2;with=mapper@1");
        for found in [
            (Cell::Slot(Index(0)), 0, 0),
            (Cell::Mapping(Page(1)), 1, 1),
            (Cell::Pte(Vma(1), Index(0)), NONE, NONE),
            (Cell::Pte(Vma(1), Index(1)), NONE, 1),
            (Cell::Tag(Index(0)), 0, 1),
        ] {
            assert!(ranges.contains(&found), "{found:?} is not in {ranges:?}");
        }
    }

    #[test]
    fn what_counts_keeps_its_range() {
        use seal_model::access::Page;
        let scenario: Scenario = "wait;with=pinner;with=mapper".parse().expect("a possible scenario");
        let count = (Cell::Count(Page(0)), -1, scenario.max_count());
        assert!(ranges(&scenario.to_string()).contains(&count));
    }
}
