//! What each access does to memory: the cells, and the one definition of every access over them.

use crate::access::{
    Access, Answer, Index, MAX_ACTORS, MAX_INDICES, MAX_PAGES, NONE, Page, Vma, pack_counts,
};
use crate::scenario::Scenario;

/// One word of shared memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cell {
    /// `inode->i_mutex`: 1 while held.
    InodeLock,
    /// `mapping->i_mmap_writable`: counted VMAs, or minus the denials.
    MmapWritable,
    /// `info->seals`: 1 is F_SEAL_WRITE.
    Seals,
    /// The frame in a slot of the page cache.
    Slot(Index),
    /// SHMEM_TAG_PINNED of a slot.
    Tag(Index),
    /// Ghost: the content of the slot's page when F_SEAL_WRITE was set. No actor reads it.
    Frozen(Index),
    /// `page->_count`.
    Count(Page),
    /// `page_mapcount(page)`: 0 is unmapped.
    Mapcount(Page),
    /// `page->mapping`: 1 while it is this file.
    Mapping(Page),
    /// PG_locked.
    PageLock(Page),
    /// The page's content: one byte that every write changes.
    Content(Page),
    /// 1 while a per-CPU LRU batch holds a reference.
    Batch(Page),
    /// The PTE of a VMA: a frame, or [`NONE`].
    Pte(Vma, Index),
    /// A translation that a CPU may still use to write, of a writable VMA: a frame, or [`NONE`].
    Tlb(Vma, Index),
}

const PER_INDEX: usize = 3;
const PER_PAGE: usize = 6;
const FIRST_INDEX: usize = 3;
const FIRST_PAGE: usize = FIRST_INDEX + PER_INDEX * MAX_INDICES;
const FIRST_PTE: usize = FIRST_PAGE + PER_PAGE * MAX_PAGES;
const FIRST_TLB: usize = FIRST_PTE + MAX_ACTORS * MAX_INDICES;

impl Cell {
    /// How many cells there are: ids are below this.
    pub const COUNT: usize = FIRST_TLB + MAX_ACTORS * MAX_INDICES;

    /// A dense number, the same in every scenario.
    #[inline]
    pub const fn id(self) -> usize {
        match self {
            Cell::InodeLock => 0,
            Cell::MmapWritable => 1,
            Cell::Seals => 2,
            Cell::Slot(i) => FIRST_INDEX + i.0 as usize * PER_INDEX,
            Cell::Tag(i) => FIRST_INDEX + i.0 as usize * PER_INDEX + 1,
            Cell::Frozen(i) => FIRST_INDEX + i.0 as usize * PER_INDEX + 2,
            Cell::Count(p) => FIRST_PAGE + p.0 as usize * PER_PAGE,
            Cell::Mapcount(p) => FIRST_PAGE + p.0 as usize * PER_PAGE + 1,
            Cell::Mapping(p) => FIRST_PAGE + p.0 as usize * PER_PAGE + 2,
            Cell::PageLock(p) => FIRST_PAGE + p.0 as usize * PER_PAGE + 3,
            Cell::Content(p) => FIRST_PAGE + p.0 as usize * PER_PAGE + 4,
            Cell::Batch(p) => FIRST_PAGE + p.0 as usize * PER_PAGE + 5,
            Cell::Pte(v, i) => FIRST_PTE + v.0 as usize * MAX_INDICES + i.0 as usize,
            Cell::Tlb(v, i) => FIRST_TLB + v.0 as usize * MAX_INDICES + i.0 as usize,
        }
    }

    /// The cells of a scenario, each with its range and its initial value. Any other cell is constant 0.
    pub fn of(scenario: &Scenario) -> Vec<CellSpec> {
        let mut cells = Vec::new();
        let mut add = |cell, low, high, initial| cells.push(CellSpec { cell, low, high, initial });
        let last_frame = scenario.frames() as i16 - 1;
        let counted = scenario.writable_vmas().count() as i16;
        add(Cell::InodeLock, 0, 1, 0);
        // one above and one below what the protocol reaches, for the faults that count wrong
        add(Cell::MmapWritable, -2, counted + 1, 0);
        add(Cell::Seals, 0, 1, 0);
        for index in scenario.indices() {
            add(Cell::Slot(index), 0, last_frame, index.0 as i16);
            add(Cell::Tag(index), 0, 1, 0);
            add(Cell::Frozen(index), 0, 1, 0);
        }
        for page in scenario.all_pages() {
            let in_file = (page.0 < scenario.pages) as i16;
            let mapped =
                scenario.vmas().filter(|&vma| scenario.starts_mapped(vma) == Some(page)).count() as i16;
            add(Cell::Count(page), -1, scenario.max_count(), in_file + mapped);
            add(Cell::Mapcount(page), 0, scenario.max_mapcount(), mapped);
            add(Cell::Mapping(page), 0, 1, in_file);
            add(Cell::PageLock(page), 0, 1, 0);
            add(Cell::Content(page), 0, 1, 0);
        }
        for page in scenario.batched() {
            add(Cell::Batch(page), 0, 1, 0);
        }
        for vma in scenario.vmas() {
            for index in scenario.indices() {
                let starts = scenario.starts_mapped(vma).filter(|page| page.0 == index.0);
                add(Cell::Pte(vma, index), NONE, last_frame, starts.map_or(NONE, |page| page.0 as i16));
            }
        }
        for vma in scenario.writable_vmas() {
            for index in scenario.indices() {
                add(Cell::Tlb(vma, index), NONE, last_frame, NONE);
            }
        }
        cells
    }
}

/// A cell of a scenario: its range, both ends included, and the value it starts with.
#[derive(Clone, Copy, Debug)]
pub struct CellSpec {
    /// Which cell.
    pub cell: Cell,
    /// The least value.
    pub low: i16,
    /// The greatest value.
    pub high: i16,
    /// The value at the start.
    pub initial: i16,
}

/// Where the cells are kept: a plain array, packed bits, atomics.
pub trait Cells {
    /// The value of a cell.
    fn get(&self, cell: Cell) -> i16;
    /// Give a cell a value. A value outside the cell's range is the store's to report; it never wraps.
    fn set(&mut self, cell: Cell, value: i16);

    /// Add to a cell.
    #[inline]
    fn add(&mut self, cell: Cell, by: i16) {
        self.set(cell, self.get(cell) + by);
    }
}

/// A plain array of cells.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PlainCells(Box<[i16]>);

impl PlainCells {
    /// The initial state of a scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let mut cells = vec![0; Cell::COUNT].into_boxed_slice();
        for spec in Cell::of(scenario) {
            cells[spec.cell.id()] = spec.initial;
        }
        PlainCells(cells)
    }
}

impl Cells for PlainCells {
    fn get(&self, cell: Cell) -> i16 {
        self.0[cell.id()]
    }
    fn set(&mut self, cell: Cell, value: i16) {
        self.0[cell.id()] = value;
    }
}

/// Apply one access under sequential consistency. `None`: the access blocks, and nothing has changed.
///
/// An [`Access::Choose`] touches no cell; which answer it gets is the engine's to say.
#[inline]
pub fn apply<C: Cells>(cells: &mut C, scenario: &Scenario, access: Access) -> Option<Answer> {
    let done = 0;
    Some(match access {
        Access::InodeLock => lock(cells, Cell::InodeLock)?,
        Access::InodeUnlock => put(cells, Cell::InodeLock, 0),
        Access::SealsSet => seal(cells, scenario),
        Access::MapWritable => add_if(cells, Cell::MmapWritable, 1, |count| count >= 0),
        Access::DenyWritable => add_if(cells, Cell::MmapWritable, -1, |count| count <= 0),
        Access::UnmapWritable => bump(cells, Cell::MmapWritable, -1),
        Access::AllowWritable => bump(cells, Cell::MmapWritable, 1),
        Access::Slot(index) => cells.get(Cell::Slot(index)),
        Access::FindGetPage(index) => {
            let frame = cells.get(Cell::Slot(index));
            cells.add(Cell::Count(Page(frame as u8)), 1);
            frame
        }
        Access::TagGet(index) => cells.get(Cell::Tag(index)),
        Access::TagSet(index) => put(cells, Cell::Tag(index), 1),
        Access::TagClear(index) => put(cells, Cell::Tag(index), 0),
        Access::Tagged => scenario.indices().any(|index| cells.get(Cell::Tag(index)) == 1) as Answer,
        Access::PageCount(page) => cells.get(Cell::Count(page)),
        Access::PageMapcount(page) => cells.get(Cell::Mapcount(page)),
        Access::PageCounts(page) => {
            pack_counts(cells.get(Cell::Count(page)), cells.get(Cell::Mapcount(page)))
        }
        Access::PageMapping(page) => cells.get(Cell::Mapping(page)),
        Access::PageMappingSet(page) => put(cells, Cell::Mapping(page), 1),
        Access::PageMappingClear(page) => put(cells, Cell::Mapping(page), 0),
        Access::LockPage(page) => lock(cells, Cell::PageLock(page))?,
        Access::UnlockPage(page) => put(cells, Cell::PageLock(page), 0),
        Access::CacheGet(page) => bump(cells, Cell::Count(page), 1),
        Access::PutPage(page) | Access::CachePut(page) => drop_references(cells, page, 1),
        Access::AllocPage(index) => alloc(cells, scenario, index),
        Access::CopyPage { from, to } => put(cells, Cell::Content(to), cells.get(Cell::Content(from))),
        Access::ReplaceSlot { index, old, new } => {
            if cells.get(Cell::Slot(index)) != old.0 as i16 {
                return Some(0);
            }
            cells.set(Cell::Slot(index), new.0 as i16);
            1
        }
        Access::LruCacheAdd(page) => {
            cells.set(Cell::Batch(page), 1);
            bump(cells, Cell::Count(page), 1)
        }
        Access::LruAddDrain(page) => {
            if cells.get(Cell::Batch(page)) == 1 {
                cells.set(Cell::Batch(page), 0);
                drop_references(cells, page, 1);
            }
            done
        }
        Access::Pte(vma, index) => cells.get(Cell::Pte(vma, index)),
        Access::SetPte(vma, index, page) => {
            cells.set(Cell::Pte(vma, index), page.0 as i16);
            if scenario.writable(vma) {
                cells.set(Cell::Tlb(vma, index), page.0 as i16);
            }
            bump(cells, Cell::Mapcount(page), 1)
        }
        Access::ZapPte(vma, index) => {
            let frame = cells.get(Cell::Pte(vma, index));
            if frame != NONE {
                cells.set(Cell::Pte(vma, index), NONE);
                cells.add(Cell::Mapcount(Page(frame as u8)), -1);
            }
            frame
        }
        Access::FlushTlb(vma) => {
            if scenario.writable(vma) {
                for index in scenario.indices() {
                    cells.set(Cell::Tlb(vma, index), cells.get(Cell::Pte(vma, index)));
                }
            }
            done
        }
        Access::PinPage(vma, index) => {
            let frame = cells.get(Cell::Pte(vma, index));
            if frame != NONE {
                cells.add(Cell::Count(Page(frame as u8)), scenario.pin_weight as i16);
            }
            frame
        }
        Access::UnpinPage(page) => drop_references(cells, page, scenario.pin_weight as i16),
        Access::Store(vma, index) => {
            let frame = cells.get(Cell::Pte(vma, index));
            if frame == NONE {
                return Some(0);
            }
            write(cells, Page(frame as u8));
            1
        }
        Access::Dma(page) => write(cells, page),
        Access::ReadPage(page) => cells.get(Cell::Content(page)),
        Access::Choose(_) => done,
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
    (cells.get(cell) == 0).then(|| put(cells, cell, 1))
}

#[inline]
fn add_if<C: Cells>(cells: &mut C, cell: Cell, by: i16, allowed: fn(i16) -> bool) -> Answer {
    let allowed = allowed(cells.get(cell));
    if allowed {
        cells.add(cell, by);
    }
    allowed as Answer
}

/// Every write changes the content: a byte that was written is not what it was.
#[inline]
fn write<C: Cells>(cells: &mut C, page: Page) -> Answer {
    put(cells, Cell::Content(page), 1 - cells.get(Cell::Content(page)))
}

/// The seal becomes visible; the ghost keeps what a recipient would read at this moment.
fn seal<C: Cells>(cells: &mut C, scenario: &Scenario) -> Answer {
    if cells.get(Cell::Seals) == 0 {
        for index in scenario.indices() {
            let page = Page(cells.get(Cell::Slot(index)) as u8);
            cells.set(Cell::Frozen(index), cells.get(Cell::Content(page)));
        }
    }
    put(cells, Cell::Seals, 1)
}

/// The last reference frees the page. What a free page contains is nobody's business, so it is forgotten.
#[inline]
fn drop_references<C: Cells>(cells: &mut C, page: Page, references: i16) -> Answer {
    let left = cells.get(Cell::Count(page)) - references;
    // below zero the law of counts is broken already, and how far is of no interest
    cells.set(Cell::Count(page), left.max(-1));
    if left == 0 {
        cells.set(Cell::Content(page), 0);
    }
    0
}

/// A free frame of those kept for the offset. Which free frame the allocator gives makes no difference: nobody
/// may still refer to it, which `count-law` checks.
fn alloc<C: Cells>(cells: &mut C, scenario: &Scenario, index: Index) -> Answer {
    let page = scenario.fresh(index).find(|&page| cells.get(Cell::Count(page)) == 0);
    let page = page.expect("a scenario has a frame for every replacement");
    cells.set(Cell::Count(page), 1);
    page.0 as Answer
}
