//! Who holds the references to a page: the terms of `C = K + M + P + T - D`.

use super::Look;
use crate::access::Page;
use crate::ghost::Held;
use crate::machine::{Cell, Cells};

/// The counts of a page beside what they should be, each term in references.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// `C`: `page_count()`.
    pub count: i16,
    /// `page_mapcount()`.
    pub mapcount: i16,
    /// `K`: of the page cache: slot, swap cache, and those in flight.
    pub cache: i16,
    /// `M`: of PTEs.
    pub ptes: i16,
    /// `P`: of live pins.
    pub pins: i16,
    /// `T` but for batches: lookups, allocation, isolation, the mmu_gather.
    pub transient: i16,
    /// The part of `T` that an LRU batch holds.
    pub batch: i16,
    /// `D`: map counts that were raised before their references.
    pub deferred: i16,
}

impl Account {
    /// The account of a page. A frame is kept for one offset: nothing else holds it.
    #[inline]
    pub fn of(world: &impl Look, page: Page) -> Self {
        let (scenario, cells, sum) = (world.scenario(), world.cells(), world.sum());
        let (index, frame) = (scenario.index_of(page), page.0 as i16);
        let in_slot = cells.get(Cell::Slot(index)) == frame;
        let in_swap_cache = scenario.has_swap() && cells.get(Cell::SwapCache(index)) == frame;
        let cached = in_slot as i16 + in_swap_cache as i16 + sum.cache(page);
        let mapping = scenario.vmas().filter(|&vma| cells.get(Cell::Pte(vma, index)) == frame);
        Account {
            count: cells.get(Cell::Count(page)),
            mapcount: cells.get(Cell::Mapcount(page)),
            cache: cached * scenario.cache_references(),
            ptes: mapping.map(|vma| scenario.map_weight(vma)).sum(),
            pins: sum.pins(page) * scenario.pin_weight as i16,
            transient: sum.transient(page),
            batch: (cells.get(Cell::Batch(page)) != 0) as i16,
            deferred: sum.deferred(page),
        }
    }

    /// What `C` should be.
    pub fn sum(&self) -> i16 {
        self.cache + self.ptes + self.pins + self.batch + self.transient - self.deferred
    }
}
