//! The access vocabulary: what an actor can do to shared memory in one indivisible step.
//!
//! An access is data. Engines read it, list its answers and apply it; what it means is said once, in
//! [`machine`](crate::machine).

use std::fmt;

use crate::scenario::Scenario;

/// Most pages a file of the model has.
pub const MAX_INDICES: usize = 4;
/// Most page frames: each page of the file, and one replacement for each.
pub const MAX_PAGES: usize = 2 * MAX_INDICES;
/// Most actors in a cast, the sealer included. Each has at most one VMA.
pub const MAX_ACTORS: usize = 8;

/// What an access answers. Which values are possible is said by [`Access::answers`].
pub type Answer = i16;

/// The answer of a lookup that found nothing.
pub const NONE: Answer = -1;

/// `struct page`, by frame number. The file starts with frame `i` in slot `i`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Page(pub u8);

/// A page offset in the file, `pgoff_t`, in `0..pages`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(pub u8);

/// `struct vm_area_struct`: an actor's mapping of the whole file, by the actor's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vma(pub u8);

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
        write!(f, "vma{}", self.0)
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
    /// Which page of the file.
    WhichIndex,
}

/// One indivisible access to shared memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Access {
    /// `mutex_lock(&inode->i_mutex)`; blocks.
    InodeLock,
    /// `mutex_unlock(&inode->i_mutex)`.
    InodeUnlock,
    /// `info->seals |= F_SEAL_WRITE`; from here on a recipient may trust the content.
    SealsSet,
    /// `mapping_map_writable()`: increment `i_mmap_writable` unless negative. Answers 1 if it did.
    MapWritable,
    /// `mapping_unmap_writable()`: decrement `i_mmap_writable`.
    UnmapWritable,
    /// `mapping_deny_writable()`: decrement `i_mmap_writable` unless positive. Answers 1 if it did.
    DenyWritable,
    /// `mapping_allow_writable()`: increment `i_mmap_writable`.
    AllowWritable,
    /// `radix_tree_deref_slot()`: the page in a slot.
    Slot(Index),
    /// `find_get_entry()`: the page in a slot, with a reference taken.
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
    /// `page->mapping = mapping`.
    PageMappingSet(Page),
    /// `page->mapping = NULL`.
    PageMappingClear(Page),
    /// `lock_page()`; blocks.
    LockPage(Page),
    /// `unlock_page()`.
    UnlockPage(Page),
    /// `get_page()` of a reference that the page cache will own (`page_cache_get()`).
    CacheGet(Page),
    /// `put_page()`: drop a reference; the last one frees the page.
    PutPage(Page),
    /// `page_cache_release()` of the page cache's own reference.
    CachePut(Page),
    /// `shmem_alloc_page()` for an offset: a page with one reference, locked by nobody.
    AllocPage(Index),
    /// `copy_highpage()`: the content of `from` goes to `to`.
    CopyPage {
        /// The page read.
        from: Page,
        /// The page written; nobody else can see it yet.
        to: Page,
    },
    /// `shmem_radix_tree_replace()` under the tree lock. Answers 1, or 0 for ENOENT.
    ReplaceSlot {
        /// Where in the file.
        index: Index,
        /// The page that is expected there.
        old: Page,
        /// The page that is put there.
        new: Page,
    },
    /// `lru_cache_add()`: the page joins a per-CPU batch, which holds a reference.
    LruCacheAdd(Page),
    /// `lru_add_drain()` for one page: a batch that holds it lets go.
    LruAddDrain(Page),
    /// The PTE that maps an index, read under its page-table lock.
    Pte(Vma, Index),
    /// PTL{ `page_add_file_rmap()`, `set_pte_at()` }: the fault's reference becomes the PTE's.
    SetPte(Vma, Index, Page),
    /// PTL{ `ptep_get_and_clear()`, `page_remove_rmap()` }: the PTE's reference goes to the mmu_gather.
    ZapPte(Vma, Index),
    /// `flush_tlb_range()`: no CPU uses an old translation of this VMA any more.
    FlushTlb(Vma),
    /// `follow_page_pte(FOLL_WRITE | FOLL_GET)`: PTL{ PTE writable; `_count += weight` }.
    PinPage(Vma, Index),
    /// `unpin_user_page()`: the pin's weight is dropped.
    UnpinPage(Page),
    /// A store by the program through its PTE. Answers 0 when there is no PTE.
    Store(Vma, Index),
    /// A write by the device through its pin.
    Dma(Page),
    /// `copy_page_to_iter()`: the content is read.
    ReadPage(Page),
    /// No access at all: the model leaves this open.
    Choose(Question),
}

/// One word for two counts read at one instant.
pub fn pack_counts(count: i16, mapcount: i16) -> Answer {
    count * 32 + mapcount
}

/// The two counts of [`pack_counts`].
pub fn unpack_counts(word: Answer) -> (i16, i16) {
    (word.div_euclid(32), word.rem_euclid(32))
}

impl Access {
    /// Every answer that this access can have in `scenario`, in ascending order.
    pub fn answers(self, scenario: &Scenario) -> Vec<Answer> {
        let in_slot = |index: Index| -> Vec<Answer> {
            let fresh = scenario.fresh(index).map(|page| page.0 as Answer);
            std::iter::once(index.0 as Answer).chain(fresh).collect()
        };
        let or_none = |pages: Vec<Answer>| std::iter::once(NONE).chain(pages).collect();
        let counts = || (0..=scenario.max_count() as Answer).collect();
        let mapcounts = 0..=scenario.max_mapcount() as Answer;
        match self {
            Access::MapWritable
            | Access::DenyWritable
            | Access::TagGet(_)
            | Access::Tagged
            | Access::PageMapping(_)
            | Access::ReplaceSlot { .. }
            | Access::Store(..)
            | Access::ReadPage(_) => vec![0, 1],
            Access::Slot(index) | Access::FindGetPage(index) => in_slot(index),
            Access::Pte(_, index) | Access::ZapPte(_, index) | Access::PinPage(_, index) => {
                or_none(in_slot(index))
            }
            Access::AllocPage(index) => scenario.fresh(index).map(|page| page.0 as Answer).collect(),
            Access::PageCount(_) => counts(),
            Access::PageMapcount(_) => mapcounts.collect(),
            Access::PageCounts(_) => {
                let both = |count| mapcounts.clone().map(move |maps| pack_counts(count, maps));
                (0..=scenario.max_count() as Answer).flat_map(both).collect()
            }
            Access::Choose(Question::WhichIndex) => (0..scenario.pages as Answer).collect(),
            Access::Choose(_) => vec![0, 1],
            _ => vec![0],
        }
    }

    /// How a person says this step: the kernel's call, its answer, and its arguments where they matter.
    pub fn describe(self, answer: Answer) -> String {
        let page = |answer: Answer| match answer {
            NONE => "none".to_owned(),
            frame => format!("page{frame}"),
        };
        let yes = |answer: Answer| if answer == 1 { "yes" } else { "no" };
        match self {
            Access::InodeLock => "mutex_lock(i_mutex)".into(),
            Access::InodeUnlock => "mutex_unlock(i_mutex)".into(),
            Access::SealsSet => "seals |= F_SEAL_WRITE".into(),
            Access::MapWritable if answer == 1 => "mapping_map_writable() = 0".into(),
            Access::MapWritable => "mapping_map_writable() = -EPERM".into(),
            Access::UnmapWritable => "mapping_unmap_writable()".into(),
            Access::DenyWritable if answer == 1 => "mapping_deny_writable() = 0".into(),
            Access::DenyWritable => "mapping_deny_writable() = -EBUSY".into(),
            Access::AllowWritable => "mapping_allow_writable()".into(),
            Access::Slot(i) => format!("radix_tree_deref_slot({i:?}) = {}", page(answer)),
            Access::FindGetPage(i) => format!("find_get_entry({i:?}) = {}", page(answer)),
            Access::TagGet(i) => format!("tag_get({i:?}) = {}", yes(answer)),
            Access::TagSet(i) => format!("tag_set({i:?}, PINNED)"),
            Access::TagClear(i) => format!("tag_clear({i:?}, PINNED)"),
            Access::Tagged => format!("radix_tree_tagged(PINNED) = {}", yes(answer)),
            Access::PageCount(p) => format!("page_count({p:?}) = {answer}"),
            Access::PageMapcount(p) => format!("page_mapcount({p:?}) = {answer}"),
            Access::PageCounts(p) => {
                let (count, maps) = unpack_counts(answer);
                format!("both counts of {p:?} = {count}, {maps}")
            }
            Access::PageMapping(p) => format!("{p:?}->mapping == mapping: {}", yes(answer)),
            Access::PageMappingSet(p) => format!("{p:?}->mapping = mapping"),
            Access::PageMappingClear(p) => format!("{p:?}->mapping = NULL"),
            Access::LockPage(p) => format!("lock_page({p:?})"),
            Access::UnlockPage(p) => format!("unlock_page({p:?})"),
            Access::CacheGet(p) => format!("page_cache_get({p:?})"),
            Access::PutPage(p) => format!("put_page({p:?})"),
            Access::CachePut(p) => format!("page_cache_release({p:?})"),
            Access::AllocPage(i) => format!("shmem_alloc_page({i:?}) = {}", page(answer)),
            Access::CopyPage { from, to } => format!("copy_highpage({to:?}, {from:?})"),
            Access::ReplaceSlot { index, old, new } => {
                let result = if answer == 1 { "0" } else { "-ENOENT" };
                format!("shmem_radix_tree_replace({index:?}, {old:?}, {new:?}) = {result}")
            }
            Access::LruCacheAdd(p) => format!("lru_cache_add({p:?})"),
            Access::LruAddDrain(p) => format!("lru_add_drain({p:?})"),
            Access::Pte(_, i) => format!("pte of {i:?} = {}", page(answer)),
            Access::SetPte(_, i, p) => format!("set_pte({i:?}, {p:?})"),
            Access::ZapPte(v, i) => format!("zap_pte({v:?}, {i:?}) = {}", page(answer)),
            Access::FlushTlb(v) => format!("flush_tlb({v:?})"),
            Access::PinPage(_, i) => format!("get_user_pages({i:?}, WRITE) = {}", page(answer)),
            Access::UnpinPage(p) => format!("unpin_user_page({p:?})"),
            Access::Store(_, i) if answer == 1 => format!("store to {i:?}"),
            Access::Store(_, i) => format!("store to {i:?}: not mapped"),
            Access::Dma(p) => format!("DMA write to {p:?}"),
            Access::ReadPage(p) => format!("read {p:?} = {answer}"),
            Access::Choose(question) => question.describe(answer),
        }
    }
}

impl Question {
    fn describe(self, answer: Answer) -> String {
        let yes = answer == 1;
        match self {
            Question::FatalSignal if yes => "a fatal signal comes".into(),
            Question::FatalSignal => "no signal comes".into(),
            Question::AllocationFails if yes => "the allocation will fail".into(),
            Question::AllocationFails => "the allocation will succeed".into(),
            Question::DeviceWrites if yes => "the device will write".into(),
            Question::DeviceWrites => "the device will not write".into(),
            Question::Unpins if yes => "the driver will unpin".into(),
            Question::Unpins => "the driver never unpins".into(),
            Question::ProgramStores if yes => "the program will store".into(),
            Question::ProgramStores => "the program will not store".into(),
            Question::WhichIndex => format!("uses index{answer}"),
        }
    }
}
