//! The memory that calls run on.

use crate::access::{NONE, Page};
use crate::machine::{Cell, Cells, PlainCells};
use crate::scenario::{Actor, Scenario, Strategy};

/// Pages of the file: two, so that a call may fail between them.
pub const PAGES: u8 = 2;
/// Mappings that a program may have at once.
pub const SLOTS: usize = 4;
/// Pages that it may hold at once, by pins and in pipes.
pub const HOLDS: usize = 3;

/// The scenario that calls run in: the sealer of 6.18, and nobody else.
///
/// The members of its cast never run; they are there for what follows from them. A forker has a VMA and that of a
/// child, so there is one for each slot. A truncation leaves an orphan, and only what is held stays one, so there is one
/// for each hold.
pub fn scenario() -> Scenario {
    let mut scenario = Scenario::new(Strategy::Wait618);
    scenario.pages = PAGES;
    for _ in 0..SLOTS {
        scenario = scenario.with(Actor::Forker { at: Some(0) });
    }
    for _ in 0..HOLDS {
        scenario = scenario.with(Actor::Truncate { at: None });
    }
    scenario
}

/// Memory after `memfd_create()`: a file without pages, which nobody maps.
pub fn empty_file(scenario: &Scenario) -> PlainCells {
    let mut cells = PlainCells::new(scenario);
    for index in scenario.indices() {
        cells.set(Cell::Slot(index), NONE);
        scenario.vmas().for_each(|vma| cells.set(Cell::Pte(vma, index), NONE));
    }
    for page in scenario.all_pages() {
        clear(&mut cells, page);
    }
    cells
}

fn clear(cells: &mut PlainCells, page: Page) {
    for cell in [Cell::Count(page), Cell::Mapcount(page), Cell::Mapping(page)] {
        cells.set(cell, 0);
    }
}
