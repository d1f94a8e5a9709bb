//! Programs with a shared mapping that they write through.

use super::which_index;
use crate::access::{Question, Vma};
use crate::fault::Fault;
use crate::mapping::{Shared, mmap_shared, munmap, shmem_fault, zap_page};
use crate::memory::{Memory, MemoryExt, frames};
use crate::scenario::WriterProgram;
use crate::{Errno, Result};

/// Maps the file shared, stores to a page, and unmaps it.
///
/// # Abstractions
/// One store stands for any number: claims ask whether the content changed, and a store always changes it.
/// The first touch is the write fault. A mapping that is read-only at first takes an mprotect() before it
/// stores.
#[frames]
pub(super) async fn writer<M: Memory>(m: &M, vma: Vma, program: WriterProgram, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let read_only_first = program == WriterProgram::Mprotect;
    let shared = mmap_shared(m, !read_only_first).await?; // mmap(MAP_SHARED)
    shmem_fault(m, vma, index).await; // handle_mm_fault()
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
    munmap(m, vma, &[index], shared).await;
    Ok(())
}

/// Another thread of a program with a shared writable mapping: it stores through what its CPU still translates,
/// which may be a mapping that is gone.
///
/// # Abstractions
/// One store stands for any number, at any time. Its CPU has every translation that a PTE ever had.
#[frames]
pub(super) async fn stale_writer<M: Memory>(m: &M, vma: Vma, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    vma.store_stale(m, index).await;
    Ok(())
}
