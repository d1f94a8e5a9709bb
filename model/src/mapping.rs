//! `struct address_space` and `struct inode`: the lock, the count of writable mappings, the seals, the VMAs.

use std::future::Future;

use crate::access::{Access, Index, NONE, Page, Question, Vma};
use crate::fault::Fault;
use crate::memory::{Memory, MemoryExt};
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

/// `info->seals |= F_SEAL_WRITE`
#[track_caller]
pub fn set_seals<M: Memory>(m: &M) -> impl Future {
    m.access(Access::SealsSet)
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
pub async fn shmem_alloc_page<M: Memory>(m: &M, index: Index) -> Option<Page> {
    if m.scenario().allocation_may_fail && m.choose(Question::AllocationFails).await {
        return None;
    }
    Some(Page(m.access(Access::AllocPage(index)).await as u8))
}

fn page_or_none(answer: i16) -> Option<Page> {
    (answer != NONE).then_some(Page(answer as u8))
}

impl Vma {
    /// The PTE that maps `index`, under its page-table lock.
    #[track_caller]
    pub fn pte<M: Memory>(self, m: &M, index: Index) -> impl Future<Output = Option<Page>> {
        let pte = m.access(Access::Pte(self, index));
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

    /// `tlb_flush_mmu()`
    #[track_caller]
    pub fn flush_tlb<M: Memory>(self, m: &M) -> impl Future {
        m.access(Access::FlushTlb(self))
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
}

/// `shmem_fault()`, then `do_set_pte()`: map the file's page at `index`.
///
/// The reference comes first, the map count later: in between the page has one reference too many.
pub async fn shmem_fault<M: Memory>(m: &M, vma: Vma, index: Index) {
    loop {
        let _here = m.checkpoint("shmem_fault", &(vma, index));
        let page = index.find_get_page(m).await; // find_lock_entry(): C + 1
        page.lock(m).await; // find_lock_entry()
        if m.has(Fault::NoMappingRecheck) || page.in_mapping(m).await {
            vma.set_pte(m, index, page).await; // do_set_pte(): M + 1
            page.unlock(m).await;
            return;
        }
        page.unlock(m).await; // truncated or replaced: look again
        page.put(m).await;
    }
}

/// `zap_page_range_single()`: unmap one page, flush, let go of it.
pub async fn zap_page<M: Memory>(m: &M, vma: Vma, index: Index) {
    if let Some(page) = vma.zap_pte(m, index).await {
        vma.flush_tlb(m).await; // tlb_finish_mmu()
        page.put(m).await; // free_pages_and_swap_cache()
    }
}

/// `unmap_mapping_range()` of one page: out of every address space, parents before children.
///
/// VMAs are kept in the order of the cast; a parent stands before its children.
pub async fn unmap_mapping_range<M: Memory>(m: &M, index: Index) {
    for vma in m.scenario().vmas() {
        let _here = m.checkpoint("unmap_mapping_range", &(vma, index));
        zap_page(m, vma, index).await; // unmap_mapping_range_vma()
    }
}
