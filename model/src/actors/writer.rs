//! A program with a shared writable mapping.

use super::which_index;
use crate::Result;
use crate::access::{Index, Question, Vma};
use crate::fault::Fault;
use crate::mapping::{mapping_map_writable, mapping_unmap_writable, shmem_fault};
use crate::memory::{Memory, MemoryExt};

/// Maps the file shared and writable, stores to a page, and unmaps it.
///
/// # Abstractions
/// One store stands for any number: claims ask whether the content changed, and a store always changes it.
/// The first touch is the write fault. mprotect() to writable needs VM_MAYWRITE, and such a mapping is counted
/// from the start, so it is this actor as well.
pub(super) async fn writer<M: Memory>(m: &M, vma: Vma, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    mapping_map_writable(m).await?; // mmap_region(): EPERM
    shmem_fault(m, vma, index).await; // handle_mm_fault(FAULT_FLAG_WRITE)
    if m.choose(Question::ProgramStores).await {
        vma.store(m, index).await;
    }
    munmap(m, vma, index).await;
    Ok(())
}

/// `munmap()` of a counted mapping.
///
/// The TLB is flushed after the count has dropped, as `unmap_region()` does for clean PTEs and as every
/// architecture may; the mmu_gather keeps the page's reference until then. A kernel that flushes a dirty PTE
/// before it drops the page-table lock has fewer behaviours than this.
pub(super) async fn munmap<M: Memory>(m: &M, vma: Vma, index: Index) {
    if m.has(Fault::CountBeforeZap) {
        mapping_unmap_writable(m).await;
    }
    let page = vma.zap_pte(m, index).await; // unmap_vmas()
    let _here = m.checkpoint("munmap", &(index, page));
    if !m.has(Fault::CountBeforeZap) {
        mapping_unmap_writable(m).await; // free_pgtables(), unlink_file_vma()
    }
    let put_early = m.has(Fault::PutBeforeFlush);
    if let (Some(page), true) = (page, put_early) {
        page.put(m).await;
    }
    if page.is_some() {
        vma.flush_tlb(m).await; // tlb_finish_mmu(): tlb_flush_mmu_tlbonly()
    }
    if let (Some(page), false) = (page, put_early) {
        page.put(m).await; // tlb_finish_mmu(): tlb_flush_mmu_free()
    }
}
