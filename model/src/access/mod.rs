//! The access vocabulary: what an actor can do to shared memory in one indivisible step.
//!
//! An access is data. Engines read it, list its answers and apply it; what it means is said once, in
//! [`machine`](crate::machine).

mod answers;
mod describe;
mod order;

use std::fmt;

pub use order::Lock;

/// Most pages a file of the model has.
pub const MAX_INDICES: usize = 4;
/// Most page frames, those of the file and those that may be allocated.
pub const MAX_PAGES: usize = 8;
/// Most actors in a cast, the sealer included. Each has at most one VMA, and its forked child another.
pub const MAX_ACTORS: usize = 8;
/// Most VMAs: one for each actor, then one for the child of each.
pub const MAX_VMAS: usize = 2 * MAX_ACTORS;

/// What an access answers. Which values are possible is said by [`Access::answers`].
pub type Answer = i16;

/// The answer of a lookup that found nothing: no PTE, or a hole in the file.
pub const NONE: Answer = -1;
/// What a slot holds when its page was swapped out: the swap entry of its offset.
pub const SWAP: Answer = -2;

/// F_SEAL_WRITE in [`Access::Seals`]. Bits are numbered so that those of most scenarios come first: a state has
/// room for those alone that its sealers may set.
pub const SEAL_WRITE: Answer = 1;
/// F_SEAL_FUTURE_WRITE (5.1).
pub const SEAL_FUTURE_WRITE: Answer = 2;
/// F_SEAL_SHRINK.
pub const SEAL_SHRINK: Answer = 4;
/// F_SEAL_GROW.
pub const SEAL_GROW: Answer = 8;
/// F_SEAL_EXEC (6.3).
pub const SEAL_EXEC: Answer = 16;
/// F_SEAL_SEAL.
pub const SEAL_SEAL: Answer = 32;
/// The seals against writing: what write(2), mmap(2), punching holes and udmabuf ask for.
pub const WRITE_SEALS: Answer = SEAL_WRITE | SEAL_FUTURE_WRITE;
/// What F_SEAL_EXEC on an executable memfd implies.
pub const IMPLIED_BY_EXEC: Answer = SEAL_SHRINK | SEAL_GROW | WRITE_SEALS;

/// Every seal with its name.
pub const SEALS: [(Answer, &str); 6] = [
    (SEAL_SEAL, "F_SEAL_SEAL"),
    (SEAL_SHRINK, "F_SEAL_SHRINK"),
    (SEAL_GROW, "F_SEAL_GROW"),
    (SEAL_WRITE, "F_SEAL_WRITE"),
    (SEAL_FUTURE_WRITE, "F_SEAL_FUTURE_WRITE"),
    (SEAL_EXEC, "F_SEAL_EXEC"),
];

/// The names of some seals, in the order of their definition in the kernel.
pub fn seal_names(bits: Answer) -> impl Iterator<Item = &'static str> {
    SEALS.into_iter().filter(move |(bit, _)| bits & bit != 0).map(|(_, name)| name)
}

/// `struct page`, by frame number. The file starts with frame `i` in slot `i`. A large folio is one of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page(pub u8);

/// A page offset in the file, `pgoff_t`, in `0..pages`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(pub u8);

/// `struct vm_area_struct`: a mapping of the whole file. Numbers below [`MAX_ACTORS`] are actors'; those above
/// are the children that they forked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vma(pub u8);

impl Vma {
    /// The VMA that a fork of this one makes.
    pub fn child(self) -> Vma {
        Vma(self.0 + MAX_ACTORS as u8)
    }

    /// The VMA that it is a fork of, or itself.
    pub fn parent(self) -> Vma {
        Vma(self.actor() as u8)
    }

    /// The actor whose program it is part of.
    pub fn actor(self) -> usize {
        self.0 as usize % MAX_ACTORS
    }

    /// Whether it was made by a fork.
    pub fn is_child(self) -> bool {
        self.0 as usize >= MAX_ACTORS
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page{}", self.0)
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index{}", self.0)
    }
}

impl fmt::Debug for Vma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let child = if self.is_child() { "'s child" } else { "" };
        write!(f, "vma{}{child}", self.actor())
    }
}

/// What a slot of the page cache holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entry {
    /// A page.
    Page(Page),
    /// A swap entry.
    Swap,
    /// Nothing.
    Hole,
}

impl From<Answer> for Entry {
    fn from(answer: Answer) -> Self {
        match answer {
            NONE => Entry::Hole,
            SWAP => Entry::Swap,
            frame => Entry::Page(Page(frame as u8)),
        }
    }
}

impl From<Entry> for Answer {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Hole => NONE,
            Entry::Swap => SWAP,
            Entry::Page(page) => page.0 as Answer,
        }
    }
}

/// A question that the model leaves open: every answer is explored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Question {
    /// `schedule_timeout_killable()` was cut short by a fatal signal.
    FatalSignal,
    /// The page allocator has no page to give.
    AllocationFails,
    /// The device writes through its pin.
    DeviceWrites,
    /// The driver unpins in time; otherwise never.
    Unpins,
    /// The program stores through its mapping.
    ProgramStores,
    /// The page that was written to swap is freed now.
    FreesNow,
    /// The child touches its mapping again after it was forked.
    ChildZaps,
    /// Which page of the file.
    WhichIndex,
}

/// Something that happened at the last access and that no actor reads: it moves [ghosts](crate::ghost) only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Note {
    /// References that were taken speculatively are a live writable pin from here on.
    Pinned(Page),
    /// The judge has decided that this page is pinned, and it will be replaced.
    JudgedPinned(Page),
    /// A scan of the sealer begins.
    ScanBegins,
    /// A read of this offset begins, with the page that it found.
    Reads(Index, Page),
}

/// One indivisible access to shared memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Access {
    /// `mutex_lock(&inode->i_mutex)`; blocks.
    InodeLock,
    /// `mutex_unlock(&inode->i_mutex)`.
    InodeUnlock,
    /// One load of `info->seals`. Answers their bits, such as [`SEAL_WRITE`].
    Seals,
    /// `info->seals |= bits`; from here on a recipient may trust them.
    SealsSet(Answer),
    /// `mapping_map_writable()`: increment `i_mmap_writable` unless negative. Answers 1 if it did.
    MapWritable,
    /// `i_mmap_writable` incremented whatever it is. Answers 1.
    MapWritableAlways,
    /// `mapping_unmap_writable()`: decrement `i_mmap_writable`.
    UnmapWritable,
    /// `mapping_deny_writable()`: decrement `i_mmap_writable` unless positive. Answers 1 if it did.
    DenyWritable,
    /// `mapping_allow_writable()`: increment `i_mmap_writable`.
    AllowWritable,
    /// `radix_tree_deref_slot()`: what a slot holds.
    Slot(Index),
    /// `find_get_entry()`: what a slot holds, with a reference taken if it is a page.
    FindGetPage(Index),
    /// `radix_tree_tag_get(SHMEM_TAG_PINNED)`.
    TagGet(Index),
    /// `radix_tree_tag_set(SHMEM_TAG_PINNED)` under the tree lock.
    TagSet(Index),
    /// `radix_tree_tag_clear(SHMEM_TAG_PINNED)` under the tree lock.
    TagClear(Index),
    /// `radix_tree_tagged(SHMEM_TAG_PINNED)`: is any slot tagged?
    Tagged,
    /// `page_count()`: one load of `_count`.
    PageCount(Page),
    /// `page_mapcount()`: one load of `_mapcount`.
    PageMapcount(Page),
    /// Both counts in one access; no kernel has it. Answers [`pack_counts`].
    PageCounts(Page),
    /// `page->mapping == mapping`: one load.
    PageMapping(Page),
    /// `PageSwapCache()`: one load.
    PageSwapCache(Page),
    /// `page->mapping = mapping`.
    PageMappingSet(Page),
    /// `page->mapping = NULL`.
    PageMappingClear(Page),
    /// `lock_page()`; blocks.
    LockPage(Page),
    /// `trylock_page()`. Answers 1 if it did.
    TryLockPage(Page),
    /// `unlock_page()`.
    UnlockPage(Page),
    /// `get_page()`, that many times at once.
    GetPage(Page, u8),
    /// `put_page()`, that many times at once: the last reference frees the page.
    PutPage(Page, u8),
    /// The page cache's references are taken: `page_cache_get()`, `K` at once.
    CacheGet(Page),
    /// `page_cache_release()` of the page cache's own references.
    CachePut(Page),
    /// `shmem_alloc_page()` for an offset: a page with one reference, locked by nobody.
    AllocPage(Index),
    /// `mem_cgroup_try_charge()` of a new page.
    MemcgCharge(Page),
    /// `mem_cgroup_migrate()`: the charge of `old` goes to `new`.
    MemcgMove {
        /// Charged so far.
        old: Page,
        /// Charged from now on.
        new: Page,
    },
    /// `copy_highpage()`: the content of `from` goes to `to`.
    CopyPage {
        /// The page read.
        from: Page,
        /// The page written; nobody else can see it yet.
        to: Page,
    },
    /// `shmem_radix_tree_replace()` of a page by a page, under the tree lock. Answers 1, or 0 for ENOENT.
    ReplaceSlot {
        /// Where in the file.
        index: Index,
        /// The page that is expected there.
        old: Page,
        /// The page that is put there.
        new: Page,
    },
    /// `shmem_add_to_page_cache()`: a page takes the place of its swap entry. Answers 1, or 0 for EEXIST.
    InsertPage {
        /// Where in the file.
        index: Index,
        /// The page that is put there.
        page: Page,
    },
    /// `shmem_alloc_page()`, `shmem_add_to_page_cache()`: a hole gets a page, locked. None if it is no hole.
    AddNewPage(Index),
    /// `delete_from_page_cache()`: a hole takes the place of the page, which is nobody's then.
    DeletePage(Index, Page),
    /// `shmem_delete_from_page_cache()`: the swap entry takes the place of the page under the tree lock.
    SwapOut(Index, Page),
    /// The same, if the count is exactly so high at that instant (`page_freeze_refs()`, a repair). Answers 1.
    SwapOutFrozen(Index, Page, u8),
    /// `add_to_swap_cache()`: the page is found by its swap entry, and the swap cache takes a reference.
    SwapCacheAdd(Index, Page),
    /// `lookup_swap_cache()`: the page behind a swap entry, with a reference taken.
    SwapCacheGet(Index),
    /// `read_swap_cache_async()`: a new page behind a swap entry, locked and filled from the swap device. None if
    /// there is one already.
    SwapCacheAlloc(Index),
    /// `delete_from_swap_cache()`.
    SwapCacheDelete(Index, Page),
    /// `swap_writepage()`: the content goes to the swap device.
    SwapWrite(Index, Page),
    /// `__remove_mapping()`, `__clear_page_locked()`: free the page behind a swap entry, if nobody but the swap
    /// cache and the caller holds a reference. Answers 1 if it did.
    SwapFree(Index, Page),
    /// `lru_cache_add()`: the page joins a per-CPU batch, which holds a reference.
    LruCacheAdd(Page),
    /// `lru_add_drain()` of the sealer's own CPU, for one page.
    LruAddDrainLocal(Page),
    /// `lru_add_drain_cpu()` for one page: whichever batch holds it lets go.
    LruAddDrain(Page),
    /// The PTE that maps an index: one load.
    Pte(Vma, Index),
    /// The same, and nothing if it can't be written through: `ptep_get()`, `pte_access_permitted(pte, FOLL_WRITE)`.
    WritablePte(Vma, Index),
    /// PTL{ `page_add_file_rmap()`, `set_pte_at()` }: the fault's reference becomes the PTE's.
    SetPte(Vma, Index, Page),
    /// PTL{ `ptep_get_and_clear()`, `page_remove_rmap()` }: the PTE's reference goes to the mmu_gather.
    ZapPte(Vma, Index),
    /// `copy_one_pte()`: both page-table locks are taken, and `get_page()` of what the parent maps. Blocks; with no
    /// PTE there the locks are not kept.
    ForkGetPage(Vma, Index),
    /// `copy_one_pte()`: `page_dup_rmap()` and `set_pte_at()` for the child, and the page-table locks are given back.
    ForkPte(Vma, Index, Page),
    /// `flush_tlb_range()`: no CPU uses an old translation of this VMA any more; blocks while one that walks
    /// its page tables has interrupts off.
    FlushTlb(Vma),
    /// `mprotect(PROT_WRITE)`: the mapping and its PTEs become writable.
    Mprotect(Vma),
    /// `local_irq_disable()` around a lockless walk of this VMA's page tables.
    IrqsOff(Vma),
    /// `local_irq_enable()`.
    IrqsOn(Vma),
    /// `follow_page_pte(FOLL_WRITE | FOLL_GET)`: PTL{ PTE writable; `_count += weight` }.
    PinPage(Vma, Index),
    /// `try_grab_page()`: a pin's references, unless the page is free. Answers 1 if it did.
    TryPin(Page),
    /// A pin's references are given back by whoever took them in vain.
    UndoPin(Page),
    /// `unpin_user_page()`: the pin's weight is dropped.
    UnpinPage(Page),
    /// A store by the program through its PTE. Answers 0 when there is no PTE.
    Store(Vma, Index),
    /// A store through a translation that a CPU still has. Answers 0 when it has none.
    StoreStale(Vma, Index),
    /// A write by the device through its pin.
    Dma(Page),
    /// `copy_page_from_iter()`: write(2) changes the content.
    WritePage(Page),
    /// `copy_page_to_iter()`: the content is read.
    ReadPage(Page),
    /// No access at all: the model leaves this open.
    Choose(Question),
}

impl Access {
    /// The same access to another mapping, if it is to a mapping.
    pub fn with_vma(self, mut other: impl FnMut(Vma) -> Vma) -> Access {
        match self {
            Access::Pte(vma, index) => Access::Pte(other(vma), index),
            Access::WritablePte(vma, index) => Access::WritablePte(other(vma), index),
            Access::SetPte(vma, index, page) => Access::SetPte(other(vma), index, page),
            Access::ZapPte(vma, index) => Access::ZapPte(other(vma), index),
            Access::ForkGetPage(vma, index) => Access::ForkGetPage(other(vma), index),
            Access::ForkPte(vma, index, page) => Access::ForkPte(other(vma), index, page),
            Access::FlushTlb(vma) => Access::FlushTlb(other(vma)),
            Access::Mprotect(vma) => Access::Mprotect(other(vma)),
            Access::IrqsOff(vma) => Access::IrqsOff(other(vma)),
            Access::IrqsOn(vma) => Access::IrqsOn(other(vma)),
            Access::PinPage(vma, index) => Access::PinPage(other(vma), index),
            Access::Store(vma, index) => Access::Store(other(vma), index),
            Access::StoreStale(vma, index) => Access::StoreStale(other(vma), index),
            access => access,
        }
    }

    /// The mapping that it is an access to, if it is to one.
    pub fn vma(self) -> Option<Vma> {
        let mut found = None;
        self.with_vma(|vma| *found.insert(vma));
        found
    }
}

/// One word for two counts read at one instant.
pub fn pack_counts(count: i16, mapcount: i16) -> Answer {
    count * 32 + mapcount
}

/// The two counts of [`pack_counts`].
pub fn unpack_counts(word: Answer) -> (i16, i16) {
    (word.div_euclid(32), word.rem_euclid(32))
}
