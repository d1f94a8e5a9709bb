//! Programs with a shared mapping that they write through.

use super::which_index;
use crate::access::{Index, Question, Vma};
use crate::fault::Fault;
use crate::mapping::{Shared, mapping_unmap_writable, mmap_shared, shmem_fault, zap_page};
use crate::memory::{Memory, MemoryExt};
use crate::scenario::WriterProgram;
use crate::{Errno, Result};

/// Maps the file shared, stores to a page, and unmaps it.
///
/// # Abstractions
/// One store stands for any number: claims ask whether the content changed, and a store always changes it.
/// The first touch is the write fault. A mapping that is read-only at first takes an mprotect() before it
/// stores.
pub(super) async fn writer<M: Memory>(m: &M, vma: Vma, program: WriterProgram, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let read_only_first = program == WriterProgram::Mprotect;
    let shared = mmap_shared(m, !read_only_first).await?; // mmap(MAP_SHARED)
    let _here = m.checkpoint("mapped", &(index, shared));
    shmem_fault(m, vma, index).await; // handle_mm_fault()
    let _here = m.checkpoint("touched", &(index, shared));
    if shared == Shared::ReadOnly && !m.has(Fault::IgnoreMaywrite) {
        zap_page(m, vma, index).await; // munmap()
        return if read_only_first { Err(Errno::EACCES) } else { Ok(()) }; // mprotect_fixup(): !VM_MAYWRITE
    }
    if read_only_first {
        vma.mprotect_write(m).await; // change_protection()
    }
    if m.choose(Question::ProgramStores).await {
        vma.store(m, index).await;
    }
    munmap(m, vma, index, shared).await;
    Ok(())
}

/// Another thread of a program with a shared writable mapping: it stores through what its CPU still translates,
/// which may be a mapping that is gone.
///
/// # Abstractions
/// One store stands for any number, at any time. Its CPU has every translation that a PTE ever had.
pub(super) async fn stale_writer<M: Memory>(m: &M, vma: Vma, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    vma.store_stale(m, index).await;
    Ok(())
}

/// `munmap()` of a shared mapping.
///
/// When the TLB is flushed is the scenario's choice. Late, after the count has dropped, is what `unmap_region()`
/// does for a clean PTE; the mmu_gather keeps the page's reference until then. Early is a dirty file PTE, which
/// `zap_pte_range()` flushes before it drops the page-table lock: on x86 a translation that can still write
/// implies a dirty PTE.
pub(super) async fn munmap<M: Memory>(m: &M, vma: Vma, index: Index, shared: Shared) {
    let counted = shared == Shared::MayWrite;
    if counted && m.has(Fault::CountBeforeZap) {
        mapping_unmap_writable(m).await;
    }
    let zapped = vma.zap_pte(m, index).await; // unmap_vmas()
    let _here = m.checkpoint("munmap", &(index, zapped, counted));
    let early = m.scenario().early_flush;
    if early && zapped.is_some() {
        vma.flush_tlb(m).await; // zap_pte_range(): force_flush
    }
    if counted && !m.has(Fault::CountBeforeZap) {
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
