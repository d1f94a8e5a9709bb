//! Who holds the references to a page: the terms of `C = K + M + P + T - D`.

use super::World;
use crate::access::{Entry, MAX_PAGES, NONE, Page};
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
    /// What `C` should be.
    pub fn sum(&self) -> i16 {
        self.cache + self.ptes + self.pins + self.batch + self.transient - self.deferred
    }
}

/// The places of a state that refer to pages, counted by page.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    cached: [i16; MAX_PAGES],
    ptes: [i16; MAX_PAGES],
}

impl Places {
    /// Slots, swap cache and page tables.
    pub fn of<C: Cells>(world: &World<'_, C>) -> Self {
        let mut places = Places { cached: [0; MAX_PAGES], ptes: [0; MAX_PAGES] };
        let swaps = world.scenario.has_swap();
        for index in world.scenario.indices() {
            if let Entry::Page(page) = world.cells.entry(index) {
                places.cached[page.0 as usize] += 1;
            }
            if swaps && world.cells.get(Cell::SwapCache(index)) != NONE {
                places.cached[world.cells.get(Cell::SwapCache(index)) as usize] += 1;
            }
            for vma in world.scenario.vmas() {
                let frame = world.cells.get(Cell::Pte(vma, index));
                if frame != NONE {
                    places.ptes[frame as usize] += world.scenario.map_weight(vma);
                }
            }
        }
        places
    }

    /// The account of a page.
    #[inline]
    pub fn account<C: Cells>(&self, world: &World<'_, C>, page: Page) -> Account {
        let at = page.0 as usize;
        let sum = world.sum;
        Account {
            count: world.cells.get(Cell::Count(page)),
            mapcount: world.cells.get(Cell::Mapcount(page)),
            cache: (self.cached[at] + sum.cache[at] as i16) * world.scenario.cache_references(),
            ptes: self.ptes[at],
            pins: sum.pins[at] as i16 * world.scenario.pin_weight as i16,
            transient: sum.transient[at] as i16,
            batch: (world.cells.get(Cell::Batch(page)) != 0) as i16,
            deferred: sum.deferred[at] as i16,
        }
    }
}
