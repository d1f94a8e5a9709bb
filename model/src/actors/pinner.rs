//! A driver that holds a page longer than its mapping lives.

use super::which_index;
use crate::Result;
use crate::access::{Page, Question, Vma};
use crate::mapping::{mmap_shared, munmap, shmem_fault};
use crate::memory::{Memory, MemoryExt, frames};

/// Maps the file shared and writable, pins a page for writing, unmaps; the device may write while the pin
/// lives; the driver unpins at any time, or never.
///
/// # Abstractions
/// One write by the device stands for any number: claims ask whether the content changed, and a write always
/// changes it. Writes before the munmap are left out: the mapping is counted until then, so no seal is set that
/// a recipient could rely on, and if one is, `no-writable-mapping` says so. Where the PTE is gone, GUP would fault
/// again; here nothing is pinned.
#[frames]
pub(super) async fn pinner<M: Memory>(m: &M, vma: Vma, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let shared = mmap_shared(m, true).await?; // mmap(MAP_SHARED): EPERM
    shmem_fault(m, vma, index).await; // faultin_page(FAULT_FLAG_WRITE)
    let pinned = vma.get_user_page(m, index).await; // follow_page_pte(FOLL_WRITE)
    munmap(m, vma, &[index], shared).await;
    if let Some(page) = pinned {
        device(m, page).await;
    }
    Ok(())
}

/// What a driver does with its pin.
#[frames]
pub(super) async fn device<M: Memory>(m: &M, page: Page) {
    if m.choose(Question::DeviceWrites).await {
        page.dma(m).await;
    }
    if m.choose(Question::Unpins).await {
        page.unpin(m).await;
    }
}
