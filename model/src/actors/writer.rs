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
/// When the TLB is flushed is the scenario's choice. Late, after the count has dropped, is what `unmap_region()`
/// does for a clean PTE; the mmu_gather keeps the page's reference until then. Early is a dirty file PTE, which
/// `zap_pte_range()` flushes before it drops the page-table lock: on x86 a translation that can still write
/// implies a dirty PTE.
pub(super) async fn munmap<M: Memory>(m: &M, vma: Vma, index: Index) {
    if m.has(Fault::CountBeforeZap) {
        mapping_unmap_writable(m).await;
    }
    let zapped = vma.zap_pte(m, index).await; // unmap_vmas()
    let _here = m.checkpoint("munmap", &(index, zapped));
    let early = m.scenario().early_flush;
    if early && zapped.is_some() {
        vma.flush_tlb(m).await; // zap_pte_range(): force_flush
    }
    if !m.has(Fault::CountBeforeZap) {
        mapping_unmap_writable(m).await; // free_pgtables(), unlink_file_vma()
    }
    let Some(page) = zapped else { return };
    if m.has(Fault::PutBeforeFlush) {
        page.put(m).await;
    }
    if !early {
        vma.flush_tlb(m).await; // tlb_finish_mmu(): tlb_flush_mmu_tlbonly()
    }
    if !m.has(Fault::PutBeforeFlush) {
        page.put(m).await; // tlb_finish_mmu(): tlb_flush_mmu_free()
    }
}
