//! The words of shared memory: which there are in a scenario, their ranges, and what they start with.

use crate::access::{Entry, Index, MAX_INDICES, MAX_PAGES, MAX_VMAS, NONE, Page, SWAP, Vma};
use crate::scenario::{Method, Scenario};

/// One word of shared memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cell {
    /// `inode->i_mutex`: 1 while held.
    InodeLock,
    /// `mapping->i_mmap_writable`: counted VMAs, or minus the denials.
    MmapWritable,
    /// `info->seals`: bits such as [`SEAL_WRITE`](crate::access::SEAL_WRITE).
    Seals,
    /// What a slot of the page cache holds: a frame, [`NONE`] or [`SWAP`].
    Slot(Index),
    /// SHMEM_TAG_PINNED of a slot.
    Tag(Index),
    /// Ghost: the content that the file owes its readers. Until F_SEAL_WRITE every write to a page of the file
    /// changes it; from then on it is what the file held at that moment. No actor reads it.
    Expected(Index),
    /// The frame that the swap cache holds for an offset, or [`NONE`].
    SwapCache(Index),
    /// The content on the swap device.
    SwapDevice(Index),
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
    /// The per-CPU LRU batch that holds a reference: 0 none, [`REMOTE`], [`LOCAL`].
    Batch(Page),
    /// How often a memory cgroup is charged for the page.
    Charge(Page),
    /// Ghost: 1 once the page was truncated out of the file.
    Orphan(Page),
    /// The PTE of a VMA: a frame, or [`NONE`].
    Pte(Vma, Index),
    /// A translation that a CPU may still use to write: a frame, or [`NONE`].
    Tlb(Vma, Index),
    /// 1 while a VMA that may become writable is read-only.
    ReadOnly(Vma),
    /// 1 while a CPU walks the VMA's page tables with interrupts off.
    IrqsOff(Vma),
    /// The page-table locks of a VMA that forks and of its child: 1 while both are held from one step to the next.
    PageTableLock(Vma),
}

/// The batch of some other CPU than the sealer's.
pub const REMOTE: i16 = 1;
/// The batch of the sealer's CPU.
pub const LOCAL: i16 = 2;

const PER_INDEX: usize = 5;
const PER_PAGE: usize = 8;
const FIRST_INDEX: usize = 3;
const FIRST_PAGE: usize = FIRST_INDEX + PER_INDEX * MAX_INDICES;
const FIRST_PTE: usize = FIRST_PAGE + PER_PAGE * MAX_PAGES;
const FIRST_TLB: usize = FIRST_PTE + MAX_VMAS * MAX_INDICES;
const FIRST_READ_ONLY: usize = FIRST_TLB + MAX_VMAS * MAX_INDICES;
const FIRST_IRQS_OFF: usize = FIRST_READ_ONLY + MAX_VMAS;
const FIRST_PAGE_TABLE_LOCK: usize = FIRST_IRQS_OFF + MAX_VMAS;

impl Cell {
    /// How many cells there are: ids are below this.
    pub const COUNT: usize = FIRST_PAGE_TABLE_LOCK + MAX_VMAS;

    /// A dense number, the same in every scenario.
    #[inline]
    pub const fn id(self) -> usize {
        match self {
            Cell::InodeLock => 0,
            Cell::MmapWritable => 1,
            Cell::Seals => 2,
            Cell::Slot(i) => of_index(i, 0),
            Cell::Tag(i) => of_index(i, 1),
            Cell::Expected(i) => of_index(i, 2),
            Cell::SwapCache(i) => of_index(i, 3),
            Cell::SwapDevice(i) => of_index(i, 4),
            Cell::Count(p) => of_page(p, 0),
            Cell::Mapcount(p) => of_page(p, 1),
            Cell::Mapping(p) => of_page(p, 2),
            Cell::PageLock(p) => of_page(p, 3),
            Cell::Content(p) => of_page(p, 4),
            Cell::Batch(p) => of_page(p, 5),
            Cell::Charge(p) => of_page(p, 6),
            Cell::Orphan(p) => of_page(p, 7),
            Cell::Pte(v, i) => FIRST_PTE + v.0 as usize * MAX_INDICES + i.0 as usize,
            Cell::Tlb(v, i) => FIRST_TLB + v.0 as usize * MAX_INDICES + i.0 as usize,
            Cell::ReadOnly(v) => FIRST_READ_ONLY + v.0 as usize,
            Cell::IrqsOff(v) => FIRST_IRQS_OFF + v.0 as usize,
            Cell::PageTableLock(v) => FIRST_PAGE_TABLE_LOCK + v.0 as usize,
        }
    }

    /// The cells of a scenario, each with its range and its initial value. Any other cell is constant 0.
    pub fn of(scenario: &Scenario) -> Vec<CellSpec> {
        let mut cells = Vec::new();
        let mut add = |cell, low, high, initial| cells.push(CellSpec { cell, low, high, initial });
        let counted = scenario.writable_vmas().count() as i16;
        let sealers = scenario.sealers() as i16;
        let above = scenario.fault.filter(|fault| fault.allows_too_often()).map_or(1, |_| sealers);
        add(Cell::InodeLock, 0, 1, 0);
        // one above and one below what the protocol reaches, for the faults that count wrong
        add(Cell::MmapWritable, -1 - sealers, counted + above, 0);
        add(Cell::Seals, 0, scenario.seal_bits(), 0);
        scenario.indices().for_each(|index| of_file(scenario, index, &mut add));
        scenario.all_pages().for_each(|page| of_frame(scenario, page, &mut add));
        scenario.vmas().for_each(|vma| of_vma(scenario, vma, &mut add));
        cells
    }
}

const fn of_index(index: Index, field: usize) -> usize {
    FIRST_INDEX + index.0 as usize * PER_INDEX + field
}

const fn of_page(page: Page, field: usize) -> usize {
    FIRST_PAGE + page.0 as usize * PER_PAGE + field
}

fn of_file(scenario: &Scenario, index: Index, add: &mut impl FnMut(Cell, i16, i16, i16)) {
    let last_frame = scenario.frames() as i16 - 1;
    let low = match (scenario.has_swap(), scenario.has_holes()) {
        (true, _) => SWAP,
        (false, true) => NONE,
        (false, false) => 0,
    };
    add(Cell::Slot(index), low, last_frame, index.0 as i16);
    add(Cell::Tag(index), 0, 1, 0);
    add(Cell::Expected(index), 0, 1, 0);
    if scenario.has_swap() {
        add(Cell::SwapCache(index), NONE, last_frame, NONE);
        add(Cell::SwapDevice(index), 0, 1, 0);
    }
}

fn of_frame(scenario: &Scenario, page: Page, add: &mut impl FnMut(Cell, i16, i16, i16)) {
    let in_file = (page.0 < scenario.pages) as i16;
    let mapping = scenario.vmas().filter(|&vma| scenario.starts_mapped(vma) == Some(page));
    let mapped: i16 = mapping.map(|vma| scenario.map_weight(vma)).sum();
    let batch = scenario.starts_batched(page);
    let references = in_file * scenario.cache_references() + mapped + (batch != 0) as i16;
    add(Cell::Count(page), -1, scenario.max_count(), references);
    add(Cell::Mapcount(page), 0, scenario.max_mapcount(), mapped);
    add(Cell::Mapping(page), 0, 1, in_file);
    add(Cell::PageLock(page), 0, 1, 0);
    add(Cell::Content(page), 0, 1, 0);
    if scenario.has_batches() {
        add(Cell::Batch(page), 0, LOCAL, batch);
    }
    if scenario.strategy.method() == Method::Isolate {
        add(Cell::Charge(page), 0, 2, in_file);
    }
    if scenario.has_holes() {
        add(Cell::Orphan(page), 0, 1, 0);
    }
}

fn of_vma(scenario: &Scenario, vma: Vma, add: &mut impl FnMut(Cell, i16, i16, i16)) {
    let last_frame = scenario.frames() as i16 - 1;
    for index in scenario.indices() {
        let starts = scenario.starts_mapped(vma).filter(|page| page.0 == index.0);
        let starts = starts.map_or(NONE, |page| page.0 as i16);
        add(Cell::Pte(vma, index), NONE, last_frame, starts);
        if scenario.writable(vma) {
            add(Cell::Tlb(vma, index), NONE, last_frame, NONE);
        }
    }
    if scenario.starts_read_only(vma) {
        add(Cell::ReadOnly(vma), 0, 1, 1);
    }
    if scenario.walked_without_irqs(vma) {
        add(Cell::IrqsOff(vma), 0, 1, 0);
    }
    if scenario.forks(vma) {
        add(Cell::PageTableLock(vma), 0, 1, 0);
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

    /// The newest value of a cell, where a weak memory might answer [`get`](Cells::get) with an older one.
    #[inline]
    fn latest(&mut self, cell: Cell) -> i16 {
        self.get(cell)
    }

    /// The value of a cell, looked at by a ghost: no access, and nothing an actor could learn from.
    #[inline]
    fn peek(&self, cell: Cell) -> i16 {
        self.get(cell)
    }

    /// Add to a cell, in one go.
    #[inline]
    fn add(&mut self, cell: Cell, by: i16) {
        self.set(cell, self.get(cell) + by);
    }

    /// Add to a cell if its value allows it, in one go: whether it did.
    #[inline]
    fn add_if(&mut self, cell: Cell, by: i16, allowed: impl Fn(i16) -> bool) -> bool {
        let allowed = allowed(self.get(cell));
        if allowed {
            self.add(cell, by);
        }
        allowed
    }

    /// Take references from a count, in one go: how many are left. Below zero the law of counts is broken
    /// already, and how far is of no interest.
    #[inline]
    fn take(&mut self, count: Cell, references: i16) -> i16 {
        let left = self.get(count) - references;
        self.set(count, left.max(-1));
        left
    }

    /// Change a cell of one bit to its other value, in one go.
    #[inline]
    fn flip(&mut self, cell: Cell) {
        self.set(cell, 1 - self.peek(cell));
    }

    /// Set bits of a cell, in one go.
    #[inline]
    fn include(&mut self, cell: Cell, bits: i16) {
        self.set(cell, self.peek(cell) | bits);
    }

    /// Give a cell the newest value of another; where that takes two steps, the access happens when it is read.
    #[inline]
    fn copy(&mut self, from: Cell, to: Cell) {
        self.set(to, self.get(from));
    }

    /// A free frame gets references, in one go: whether it was free.
    #[inline]
    fn allocate(&mut self, page: Page, references: i16) -> bool {
        let free = self.latest(Cell::Count(page)) == 0;
        if free {
            self.set(Cell::Count(page), references);
        }
        free
    }

    /// The last reference to a page is gone. What a free page contains is nobody's business, so it is forgotten.
    #[inline]
    fn forget(&mut self, page: Page) {
        self.set(Cell::Content(page), 0);
        self.set(Cell::Charge(page), 0);
        self.set(Cell::Orphan(page), 0);
    }

    /// Take a lock, unless it is taken: what follows is ordered behind it.
    #[inline]
    fn lock(&mut self, cell: Cell) -> bool {
        self.add_if(cell, 1, |held| held == 0)
    }

    /// Give a lock back: what came before is ordered before it.
    #[inline]
    fn unlock(&mut self, cell: Cell) {
        self.set(cell, 0);
    }

    /// What a slot holds.
    #[inline]
    fn entry(&self, index: Index) -> Entry {
        Entry::from(self.get(Cell::Slot(index)))
    }

    /// For ghosts: the page that is the file's at an offset: in its slot, or in the swap cache behind its swap entry.
    #[inline]
    fn file_page(&self, index: Index) -> Option<Page> {
        match Entry::from(self.peek(Cell::Slot(index))) {
            Entry::Page(page) => Some(page),
            Entry::Hole => None,
            Entry::Swap => match self.peek(Cell::SwapCache(index)) {
                NONE => None,
                frame => Some(Page(frame as u8)),
            },
        }
    }

    /// For ghosts: what a reader would see at an offset.
    #[inline]
    fn file_content(&self, index: Index) -> i16 {
        match (self.file_page(index), self.peek(Cell::Slot(index))) {
            (Some(page), _) => self.peek(Cell::Content(page)),
            (None, SWAP) => self.peek(Cell::SwapDevice(index)),
            (None, _) => 0,
        }
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
