//! What each access does to memory: the one definition of every access over the [cells](Cell).

mod cells;

pub use cells::{Cell, CellSpec, Cells, LOCAL, PlainCells, REMOTE};

use crate::access::{Access, Answer, Entry, Index, NONE, Page, SEAL_WRITE, SWAP, Vma, pack_counts};
use crate::scenario::{Method, Scenario};

/// Apply one access under sequential consistency. `None`: the access blocks, and nothing has changed.
///
/// An [`Access::Choose`] touches no cell; which answer it gets is the engine's to say.
#[inline]
pub fn apply<C: Cells>(cells: &mut C, scenario: &Scenario, access: Access) -> Option<Answer> {
    let cache = scenario.cache_references();
    Some(match access {
        Access::InodeLock => lock(cells, Cell::InodeLock)?,
        Access::InodeUnlock => unlock(cells, Cell::InodeLock),
        Access::Seals => cells.get(Cell::Seals),
        Access::SealsSet(bits) => seal(cells, scenario, bits),
        Access::MapWritable => cells.add_if(Cell::MmapWritable, 1, |count| count >= 0) as Answer,
        Access::DenyWritable => cells.add_if(Cell::MmapWritable, -1, |count| count <= 0) as Answer,
        Access::UnmapWritable => bump(cells, Cell::MmapWritable, -1),
        Access::MapWritableAlways => cells.add_if(Cell::MmapWritable, 1, |_| true) as Answer,
        Access::AllowWritable => bump(cells, Cell::MmapWritable, 1),
        Access::Slot(index) => cells.get(Cell::Slot(index)),
        Access::FindGetPage(index) => find_get_page(cells, index),
        Access::TagGet(index) => cells.get(Cell::Tag(index)),
        Access::TagSet(index) => put(cells, Cell::Tag(index), 1),
        Access::TagClear(index) => put(cells, Cell::Tag(index), 0),
        Access::Tagged => scenario.indices().any(|index| cells.get(Cell::Tag(index)) == 1) as Answer,
        Access::PageCount(page) => cells.get(Cell::Count(page)).max(0),
        Access::PageMapcount(page) => cells.get(Cell::Mapcount(page)),
        Access::PageCounts(page) => {
            pack_counts(cells.get(Cell::Count(page)).max(0), cells.get(Cell::Mapcount(page)))
        }
        Access::PageMapping(page) => cells.get(Cell::Mapping(page)),
        Access::PageMappingSet(page) => put(cells, Cell::Mapping(page), 1),
        Access::PageMappingClear(page) => put(cells, Cell::Mapping(page), 0),
        Access::LockPage(page) => lock(cells, Cell::PageLock(page))?,
        Access::TryLockPage(page) => lock(cells, Cell::PageLock(page)).is_some() as Answer,
        Access::UnlockPage(page) => unlock(cells, Cell::PageLock(page)),
        Access::GetPage(page, times) => bump(cells, Cell::Count(page), times as i16),
        Access::PutPage(page, times) => drop_references(cells, page, times as i16),
        Access::CacheGet(page) => bump(cells, Cell::Count(page), cache),
        Access::CachePut(page) => drop_references(cells, page, cache),
        Access::Choose(_) => 0,
        _ => apply_paging(cells, scenario, access)?,
    })
}

/// Allocation, slots, swap, batches.
fn apply_paging<C: Cells>(cells: &mut C, scenario: &Scenario, access: Access) -> Option<Answer> {
    Some(match access {
        Access::AllocPage(index) => alloc(cells, scenario, index, 1),
        Access::AddNewPage(index) => add_new_page(cells, scenario, index),
        Access::MemcgCharge(page) => bump(cells, Cell::Charge(page), 1),
        Access::MemcgMove { old, new } => {
            cells.set(Cell::Charge(old), 0);
            bump(cells, Cell::Charge(new), 1)
        }
        Access::CopyPage { from, to } => {
            cells.copy(Cell::Content(from), Cell::Content(to));
            0
        }
        Access::ReplaceSlot { index, old, new } => replace(cells, index, Entry::Page(old), new),
        Access::InsertPage { index, page } => insert(cells, index, page),
        Access::DeletePage(index, page) => {
            cells.set(Cell::Slot(index), NONE);
            cells.set(Cell::Orphan(page), 1);
            cells.set(Cell::Expected(index), 0);
            put(cells, Cell::Mapping(page), 0)
        }
        Access::SwapOut(index, page) => swap_out(cells, index, page),
        Access::SwapOutFrozen(index, page, at) => {
            let frozen = cells.add_if(Cell::Count(page), -(at as i16), |count| count == at as i16);
            if frozen {
                swap_out(cells, index, page);
                cells.add(Cell::Count(page), at as i16);
            }
            frozen as Answer
        }
        Access::PageSwapCache(page) => {
            let cached = Cell::SwapCache(scenario.index_of(page));
            (scenario.has_swap() && cells.get(cached) == page.0 as i16) as Answer
        }
        Access::SwapCacheAdd(index, page) => {
            cells.set(Cell::SwapCache(index), page.0 as i16);
            bump(cells, Cell::Count(page), scenario.cache_references())
        }
        Access::SwapCacheGet(index) => get_if_any(cells, Cell::SwapCache(index)),
        Access::SwapCacheAlloc(index) => swap_cache_alloc(cells, scenario, index),
        Access::SwapCacheDelete(index, page) => {
            cells.set(Cell::SwapCache(index), NONE);
            drop_references(cells, page, scenario.cache_references())
        }
        Access::SwapWrite(index, page) => put(cells, Cell::SwapDevice(index), cells.get(Cell::Content(page))),
        Access::SwapFree(index, page) => {
            let references = scenario.cache_references() + 1;
            let frozen = cells.add_if(Cell::Count(page), -references, |count| count == references);
            if frozen {
                cells.set(Cell::SwapCache(index), NONE);
                cells.forget(page);
                cells.unlock(Cell::PageLock(page));
            }
            frozen as Answer
        }
        Access::LruCacheAdd(page) => {
            cells.set(Cell::Batch(page), REMOTE);
            bump(cells, Cell::Count(page), 1)
        }
        Access::LruAddDrainLocal(page) => drain(cells, page, |batch| batch == LOCAL),
        Access::LruAddDrain(page) => drain(cells, page, |batch| batch != 0),
        _ => apply_mapping(cells, scenario, access)?,
    })
}

/// Page tables, pins, content.
fn apply_mapping<C: Cells>(cells: &mut C, scenario: &Scenario, access: Access) -> Option<Answer> {
    let weight = scenario.pin_weight as i16;
    Some(match access {
        Access::Pte(vma, index) => cells.get(Cell::Pte(vma, index)),
        Access::WritablePte(vma, _) if !writable_now(cells, scenario, vma) => NONE,
        Access::WritablePte(vma, index) => cells.get(Cell::Pte(vma, index)),
        Access::SetPte(vma, index, page) => set_pte(cells, scenario, vma, index, page),
        Access::ZapPte(vma, index) => zap_pte(cells, scenario, vma, index)?,
        Access::ForkGetPage(vma, index) => fork_get_page(cells, vma, index)?,
        Access::ForkPte(vma, index, page) => {
            set_pte(cells, scenario, vma.child(), index, page);
            unlock(cells, Cell::PageTableLock(vma))
        }
        Access::FlushTlb(vma) => {
            if cells.latest(Cell::IrqsOff(vma)) == 1 {
                return None;
            }
            fill_tlb(cells, scenario, vma)
        }
        Access::Mprotect(vma) => {
            cells.set(Cell::ReadOnly(vma), 0);
            fill_tlb(cells, scenario, vma)
        }
        Access::IrqsOff(vma) => put(cells, Cell::IrqsOff(vma), 1),
        Access::IrqsOn(vma) => unlock(cells, Cell::IrqsOff(vma)),
        Access::PinPage(vma, index) => {
            let frame = cells.get(Cell::Pte(vma, index));
            if frame != NONE {
                cells.add(Cell::Count(Page(frame as u8)), weight);
            }
            frame
        }
        Access::TryPin(page) => cells.add_if(Cell::Count(page), weight, |count| count > 0) as Answer,
        Access::UndoPin(page) | Access::UnpinPage(page) => drop_references(cells, page, weight),
        Access::Store(vma, index) => write_through(cells, scenario, Cell::Pte(vma, index)),
        Access::StoreStale(vma, index) => write_through(cells, scenario, Cell::Tlb(vma, index)),
        Access::Dma(page) | Access::WritePage(page) => write(cells, scenario, page),
        Access::ReadPage(page) => cells.get(Cell::Content(page)),
        // every access is in one of the three lists; checks/tests/suite/machine.rs has one of each
        other => unreachable!("{other:?}"),
    })
}

#[inline]
fn put<C: Cells>(cells: &mut C, cell: Cell, value: i16) -> Answer {
    cells.set(cell, value);
    0
}

#[inline]
fn bump<C: Cells>(cells: &mut C, cell: Cell, by: i16) -> Answer {
    cells.add(cell, by);
    0
}

#[inline]
fn lock<C: Cells>(cells: &mut C, cell: Cell) -> Option<Answer> {
    cells.lock(cell).then_some(0)
}

#[inline]
fn unlock<C: Cells>(cells: &mut C, cell: Cell) -> Answer {
    cells.unlock(cell);
    0
}

fn find_get_page<C: Cells>(cells: &mut C, index: Index) -> Answer {
    let entry = cells.entry(index);
    if let Entry::Page(page) = entry {
        cells.add(Cell::Count(page), 1);
    }
    entry.into()
}

/// A reference to the frame in a cell, if there is one.
fn get_if_any<C: Cells>(cells: &mut C, cell: Cell) -> Answer {
    let frame = cells.get(cell);
    if frame != NONE {
        cells.add(Cell::Count(Page(frame as u8)), 1);
    }
    frame
}

fn replace<C: Cells>(cells: &mut C, index: Index, expected: Entry, new: Page) -> Answer {
    let found = cells.entry(index) == expected;
    if found {
        cells.set(Cell::Slot(index), new.0 as i16);
    }
    found as Answer
}

/// `page->mapping` is set before anybody can find the page.
fn insert<C: Cells>(cells: &mut C, index: Index, page: Page) -> Answer {
    let found = cells.entry(index) == Entry::Swap;
    if found {
        cells.set(Cell::Mapping(page), 1);
        cells.set(Cell::Slot(index), page.0 as i16);
    }
    found as Answer
}

fn swap_out<C: Cells>(cells: &mut C, index: Index, page: Page) -> Answer {
    cells.set(Cell::Slot(index), SWAP);
    put(cells, Cell::Mapping(page), 0)
}

/// No frame is left: an answer that no access declares, so that the engine reports the bound.
const NO_FRAME: Answer = -3;

/// The first free frame of those kept for an offset, with some references. Which free frame the allocator gives
/// makes no difference: nobody may still refer to it, which `count-law` checks.
fn alloc<C: Cells>(cells: &mut C, scenario: &Scenario, index: Index, references: i16) -> Answer {
    let free = scenario.pages_of(index).find(|&page| cells.allocate(page, references));
    free.map_or(NO_FRAME, |page| page.0 as Answer)
}

/// A page of zeroes for a hole: none where there is no hole any more.
fn add_new_page<C: Cells>(cells: &mut C, scenario: &Scenario, index: Index) -> Answer {
    if cells.entry(index) != Entry::Hole {
        return NONE;
    }
    let frame = new_page(cells, scenario, index);
    if frame != NO_FRAME {
        cells.set(Cell::Mapping(Page(frame as u8)), 1);
        cells.set(Cell::Slot(index), frame);
    }
    frame
}

/// A page behind a swap entry, filled from the swap device: none where there is one already.
fn swap_cache_alloc<C: Cells>(cells: &mut C, scenario: &Scenario, index: Index) -> Answer {
    if cells.get(Cell::SwapCache(index)) != NONE || cells.entry(index) != Entry::Swap {
        return NONE;
    }
    let frame = new_page(cells, scenario, index);
    if frame != NO_FRAME {
        cells.set(Cell::Content(Page(frame as u8)), cells.get(Cell::SwapDevice(index)));
        cells.set(Cell::SwapCache(index), frame);
    }
    frame
}

/// A new page with a reference for its place and one for the caller: charged, and locked before it is in its place.
fn new_page<C: Cells>(cells: &mut C, scenario: &Scenario, index: Index) -> Answer {
    let frame = alloc(cells, scenario, index, scenario.cache_references() + 1);
    if frame != NO_FRAME {
        cells.lock(Cell::PageLock(Page(frame as u8)));
        charge(cells, scenario, Page(frame as u8));
    }
    frame
}

/// Charges are kept where a claim asks for them: under `isolate`.
fn charge<C: Cells>(cells: &mut C, scenario: &Scenario, page: Page) {
    if scenario.strategy.method() == Method::Isolate {
        cells.set(Cell::Charge(page), 1);
    }
}

fn drain<C: Cells>(cells: &mut C, page: Page, drained: fn(i16) -> bool) -> Answer {
    if drained(cells.get(Cell::Batch(page))) {
        cells.set(Cell::Batch(page), 0);
        drop_references(cells, page, 1);
    }
    0
}

/// Whether a VMA is shared and writable now.
#[inline]
pub fn writable_now<C: Cells>(cells: &C, scenario: &Scenario, vma: Vma) -> bool {
    scenario.writable(vma) && cells.get(Cell::ReadOnly(vma)) == 0
}

fn set_pte<C: Cells>(cells: &mut C, scenario: &Scenario, vma: Vma, index: Index, page: Page) -> Answer {
    cells.set(Cell::Pte(vma, index), page.0 as i16);
    if writable_now(cells, scenario, vma) {
        cells.set(Cell::Tlb(vma, index), page.0 as i16);
    }
    bump(cells, Cell::Mapcount(page), scenario.map_weight(vma))
}

/// The page that a PTE maps gets a reference, and the page-table locks of parent and child, which are one cell
/// here, stay taken until the child's PTE is set.
fn fork_get_page<C: Cells>(cells: &mut C, vma: Vma, index: Index) -> Option<Answer> {
    lock(cells, Cell::PageTableLock(vma))?;
    let frame = get_if_any(cells, Cell::Pte(vma, index));
    if frame == NONE {
        cells.unlock(Cell::PageTableLock(vma));
    }
    Some(frame)
}

fn zap_pte<C: Cells>(cells: &mut C, scenario: &Scenario, vma: Vma, index: Index) -> Option<Answer> {
    if cells.get(Cell::PageTableLock(vma.parent())) == 1 {
        return None;
    }
    let frame = cells.get(Cell::Pte(vma, index));
    if frame != NONE {
        cells.set(Cell::Pte(vma, index), NONE);
        cells.add(Cell::Mapcount(Page(frame as u8)), -scenario.map_weight(vma));
    }
    Some(frame)
}

/// From here on a CPU translates as the PTEs say.
fn fill_tlb<C: Cells>(cells: &mut C, scenario: &Scenario, vma: Vma) -> Answer {
    if writable_now(cells, scenario, vma) {
        for index in scenario.indices() {
            cells.set(Cell::Tlb(vma, index), cells.get(Cell::Pte(vma, index)));
        }
    }
    0
}

fn write_through<C: Cells>(cells: &mut C, scenario: &Scenario, translation: Cell) -> Answer {
    let frame = cells.get(translation);
    if frame == NONE {
        return 0;
    }
    write(cells, scenario, Page(frame as u8));
    1
}

/// Every write changes the content: a byte that was written is not what it was. The file owes its readers what
/// was written to its pages before the seal.
#[inline]
fn write<C: Cells>(cells: &mut C, scenario: &Scenario, page: Page) -> Answer {
    let owed = Cell::Expected(scenario.index_of(page));
    let before_the_seal = cells.peek(Cell::Seals) & SEAL_WRITE == 0;
    if before_the_seal && cells.peek(Cell::Orphan(page)) == 0 {
        cells.flip(owed);
    }
    cells.flip(Cell::Content(page));
    0
}

/// Seals become visible; the ghost keeps what a recipient would read at this moment.
fn seal<C: Cells>(cells: &mut C, scenario: &Scenario, bits: Answer) -> Answer {
    let seals = cells.peek(Cell::Seals);
    if bits & SEAL_WRITE != 0 && seals & SEAL_WRITE == 0 {
        for index in scenario.indices() {
            cells.set(Cell::Expected(index), cells.file_content(index));
        }
    }
    cells.include(Cell::Seals, bits);
    0
}

/// The last reference frees the page.
#[inline]
fn drop_references<C: Cells>(cells: &mut C, page: Page, references: i16) -> Answer {
    if cells.take(Cell::Count(page), references) == 0 {
        cells.forget(page);
    }
    0
}
