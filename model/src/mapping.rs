//! `struct address_space` and `struct inode`: the lock, the seals, the count of writable mappings, the VMAs.

use std::future::Future;

use crate::access::{Access, Answer, Index, Page, Question, SEAL_WRITE, Vma, WRITE_SEALS};
use crate::fault::Fault;
use crate::memory::{Memory, MemoryExt, frames};
use crate::page::page_or_none;
use crate::swap::shmem_getpage;
use crate::{Errno, Result};

/// `mutex_lock(&inode->i_mutex)`
#[track_caller]
pub fn inode_lock<M: Memory>(m: &M) -> impl Future {
    m.access(Access::InodeLock)
}

/// `mutex_unlock(&inode->i_mutex)`
#[track_caller]
pub fn inode_unlock<M: Memory>(m: &M) -> impl Future {
    m.access(Access::InodeUnlock)
}

/// `info->seals`: bits such as [`SEAL_WRITE`].
#[track_caller]
pub fn seals<M: Memory>(m: &M) -> impl Future<Output = Answer> {
    m.access(Access::Seals)
}

/// `info->seals & F_SEAL_WRITE`
#[track_caller]
pub fn write_sealed<M: Memory>(m: &M) -> impl Future<Output = bool> {
    let seals = seals(m);
    async move { seals.await & SEAL_WRITE != 0 }
}

/// `info->seals |= seals`
#[track_caller]
pub fn set_seals<M: Memory>(m: &M, seals: Answer) -> impl Future {
    m.access(Access::SealsSet(seals))
}

/// `mapping_deny_writable()`: EBUSY while a writable mapping is counted.
#[track_caller]
pub fn mapping_deny_writable<M: Memory>(m: &M) -> impl Future<Output = Result> {
    let denied = m.access(Access::DenyWritable);
    async move { if denied.await == 1 { Ok(()) } else { Err(Errno::EBUSY) } }
}

/// `mapping_allow_writable()`
#[track_caller]
pub fn mapping_allow_writable<M: Memory>(m: &M) -> impl Future {
    m.access(Access::AllowWritable)
}

/// `mapping_map_writable()`: EPERM while writable mappings are denied.
///
/// `mmap_region()` takes a temporary count, lets the VMA take its own, and drops the temporary one. The count
/// is positive all along, and nobody tells one from two, so it is one step here.
#[track_caller]
pub fn mapping_map_writable<M: Memory>(m: &M) -> impl Future<Output = Result> {
    let mapped = m.access(Access::MapWritable);
    async move { if mapped.await == 1 { Ok(()) } else { Err(Errno::EPERM) } }
}

/// `mapping_unmap_writable()`, as `__remove_shared_vm_struct()` does when a VMA is unlinked
#[track_caller]
pub fn mapping_unmap_writable<M: Memory>(m: &M) -> impl Future {
    m.access(Access::UnmapWritable)
}

/// `radix_tree_tagged(SHMEM_TAG_PINNED)`
#[track_caller]
pub fn any_tagged<M: Memory>(m: &M) -> impl Future<Output = bool> {
    let tagged = m.access(Access::Tagged);
    async move { tagged.await == 1 }
}

/// `shmem_alloc_page()`: none is ENOMEM.
#[frames]
pub async fn shmem_alloc_page<M: Memory>(m: &M, index: Index) -> Option<Page> {
    if m.scenario().allocation_may_fail && m.choose(Question::AllocationFails).await {
        return None;
    }
    Some(Page(m.access(Access::AllocPage(index)).await as u8))
}

/// What a shared mapping of a writable descriptor may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shared {
    /// VM_MAYWRITE is set, and the mapping is counted.
    MayWrite,
    /// The file is sealed: VM_MAYWRITE was cleared, and the mapping is not counted.
    ReadOnly,
}

/// `mmap(MAP_SHARED)` of a writable descriptor.
///
/// `shmem_mmap()` looks at the seals since 5.1 for F_SEAL_FUTURE_WRITE and since 6.7 for F_SEAL_WRITE, without
/// the inode lock; `mapping_map_writable()` backs it up.
#[frames]
pub async fn mmap_shared<M: Memory>(m: &M, wants_write: bool) -> Result<Shared> {
    if m.has(Fault::CountBeforeClear) {
        mapping_map_writable(m).await?; // mmap_region(), before call_mmap()
        mapping_unmap_writable(m).await;
    }
    let looks = m.scenario().mmap_looks_at_seals() && !m.has(Fault::MmapIgnoresSeals);
    if looks && seals(m).await & forbids_mmap(m) != 0 {
        // seal_check_write()
        if wants_write {
            return Err(Errno::EPERM);
        }
        if !m.has(Fault::KeepMaywrite) {
            return Ok(Shared::ReadOnly); // vm_flags_clear(vma, VM_MAYWRITE)
        }
    }
    if m.has(Fault::MmapIgnoresSeals) || m.has(Fault::KeepMaywrite) {
        m.access(Access::MapWritableAlways).await; // vma_link() alone
        return Ok(Shared::MayWrite);
    }
    mapping_map_writable(m).await?; // mmap_region(): EPERM
    Ok(Shared::MayWrite)
}

impl Vma {
    /// The PTE that maps `index`: one load.
    #[track_caller]
    pub fn pte<M: Memory>(self, m: &M, index: Index) -> impl Future<Output = Option<Page>> {
        let pte = m.access(Access::Pte(self, index));
        async move { page_or_none(pte.await) }
    }

    /// The same for FOLL_WRITE: one load, and nothing if the PTE can't be written through.
    #[track_caller]
    pub fn writable_pte<M: Memory>(self, m: &M, index: Index) -> impl Future<Output = Option<Page>> {
        let access = if m.has(Fault::GupIgnoresReadOnly) { Access::Pte } else { Access::WritablePte };
        let pte = m.access(access(self, index));
        async move { page_or_none(pte.await) }
    }

    /// `do_set_pte()`: map count and PTE go up under one page-table lock.
    #[track_caller]
    pub fn set_pte<M: Memory>(self, m: &M, index: Index, page: Page) -> impl Future {
        m.access(Access::SetPte(self, index, page))
    }

    /// `zap_pte_range()`: PTE and map count go down under one page-table lock; the reference moves into the
    /// mmu_gather.
    #[track_caller]
    pub fn zap_pte<M: Memory>(self, m: &M, index: Index) -> impl Future<Output = Option<Page>> {
        let zapped = m.access(Access::ZapPte(self, index));
        async move { page_or_none(zapped.await) }
    }

    /// `copy_one_pte()`: the page-table locks, and `get_page()` of what this VMA maps, if it maps anything.
    #[track_caller]
    pub fn fork_get_page<M: Memory>(self, m: &M, index: Index) -> impl Future<Output = Option<Page>> {
        let page = m.access(Access::ForkGetPage(self, index));
        async move { page_or_none(page.await) }
    }

    /// `copy_one_pte()`: `page_dup_rmap()` and `set_pte_at()` for the child of this VMA, and the locks go.
    #[track_caller]
    pub fn fork_pte<M: Memory>(self, m: &M, index: Index, page: Page) -> impl Future {
        m.access(Access::ForkPte(self, index, page))
    }

    /// `tlb_flush_mmu()`
    #[track_caller]
    pub fn flush_tlb<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::FlushTlb(self))
    }

    /// `mprotect(PROT_WRITE)` of a mapping with VM_MAYWRITE
    #[track_caller]
    pub fn mprotect_write<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::Mprotect(self))
    }

    /// `get_user_pages(FOLL_WRITE)`, the slow walk: PTE check and reference under one page-table lock, atomic
    /// against a zap.
    #[track_caller]
    pub fn get_user_page<M: Memory>(self, m: &M, index: Index) -> impl Future<Output = Option<Page>> {
        let pinned = m.access(Access::PinPage(self, index));
        async move { page_or_none(pinned.await) }
    }

    /// A store by the program.
    #[track_caller]
    pub fn store<M: Memory>(self, m: &M, index: Index) -> impl Future {
        m.access(Access::Store(self, index))
    }

    /// A store through a translation that the CPU still has.
    #[track_caller]
    pub fn store_stale<M: Memory>(self, m: &M, index: Index) -> impl Future {
        m.access(Access::StoreStale(self, index))
    }
}

/// `shmem_fault()`, then `do_set_pte()`: map the file's page at `index`.
///
/// The reference comes first, the map count later: in between the page has one reference too many.
#[frames]
pub async fn shmem_fault<M: Memory>(m: &M, vma: Vma, index: Index) {
    let page = shmem_getpage(m, index).await; // C + 1
    vma.set_pte(m, index, page).await; // do_set_pte(): M + 1
    page.unlock(m).await; // unlock_page()
}

/// `zap_page_range_single()`: unmap one page, flush, let go of it.
#[frames]
pub async fn zap_page<M: Memory>(m: &M, vma: Vma, index: Index) {
    if let Some(page) = vma.zap_pte(m, index).await {
        vma.flush_tlb(m).await; // tlb_finish_mmu()
        page.put_many(m, m.scenario().map_weight(vma) as u8).await; // free_pages_and_swap_cache()
    }
}

/// `munmap()` of a mapping, by the pages that it may have mapped.
///
/// When the TLB is flushed is the scenario's choice. Late, after the count has dropped, is what `unmap_region()`
/// does for a clean PTE; the mmu_gather keeps the page's reference until then. Early is a dirty file PTE, which
/// `zap_pte_range()` flushes before it drops the page-table lock: on x86 a translation that can still write
/// implies a dirty PTE.
#[frames]
pub async fn munmap<M: Memory>(m: &M, vma: Vma, indices: &[Index], shared: Shared) {
    let counted = shared == Shared::MayWrite;
    if counted && m.has(Fault::CountBeforeZap) {
        mapping_unmap_writable(m).await;
    }
    let early = m.scenario().early_flush;
    let gather = unmap_vmas(m, vma, indices, early).await;
    if counted && !m.has(Fault::CountBeforeZap) {
        mapping_unmap_writable(m).await; // free_pgtables(), unlink_file_vma()
    }
    if gather.is_empty() {
        return;
    }
    if m.has(Fault::PutBeforeFlush) {
        put_gathered(m, &gather).await;
    }
    if !early {
        vma.flush_tlb(m).await; // tlb_finish_mmu(): tlb_flush_mmu_tlbonly()
    }
    if !m.has(Fault::PutBeforeFlush) {
        put_gathered(m, &gather).await; // tlb_finish_mmu(): tlb_flush_mmu_free()
    }
}

/// `unmap_vmas()`: the pages that were mapped, with the references of their PTEs.
#[frames]
async fn unmap_vmas<M: Memory>(m: &M, vma: Vma, indices: &[Index], early_flush: bool) -> Vec<Page> {
    let mut gather = Vec::new();
    for &index in indices {
        let Some(page) = vma.zap_pte(m, index).await else {
            continue;
        };
        gather.push(page);
        if early_flush {
            vma.flush_tlb(m).await; // zap_pte_range(): force_flush
        }
    }
    gather
}

#[frames]
async fn put_gathered<M: Memory>(m: &M, gather: &[Page]) {
    for page in gather {
        page.put(m).await; // free_pages_and_swap_cache()
    }
}

/// `copy_one_pte()` for the child of a VMA, under the page-table locks of both and no page lock: whether there was
/// a PTE to copy.
#[frames]
pub async fn fork_page<M: Memory>(m: &M, vma: Vma, index: Index) -> bool {
    let Some(page) = vma.fork_get_page(m, index).await else {
        return false; // get_page(): C + 1
    };
    vma.fork_pte(m, index, page).await; // page_dup_rmap(): M + 1
    true
}

/// `unmap_mapping_range()` of one page: out of every address space, in the order that the scenario names.
///
/// VMAs are kept in the order of the cast. Whether a child stands behind its parent in the tree of the file's
/// mappings is the scenario's choice.
#[frames]
pub async fn unmap_mapping_range<M: Memory>(m: &M, index: Index) {
    for vma in m.scenario().vmas_to_unmap() {
        zap_page(m, vma, index).await; // unmap_mapping_range_vma()
    }
}

/// The seals that `shmem_mmap()` asks for before it maps for writing.
fn forbids_mmap<M: Memory>(m: &M) -> Answer {
    if m.has(Fault::MmapIgnoresFutureWrite) { SEAL_WRITE } else { WRITE_SEALS }
}
