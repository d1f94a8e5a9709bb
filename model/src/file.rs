//! What changes a file by its descriptor: write(2), and taking pages out. All of it runs under the inode lock.

use crate::access::{Entry, Index, Page, SEAL_WRITE, WRITE_SEALS};
use crate::fault::{CallFault, Fault};
use crate::mapping::{seals, unmap_mapping_range};
use crate::memory::{Memory, MemoryExt, frames};
use crate::swap::shmem_getpage;
use crate::{Errno, Result};

/// Whether the file is sealed against writing: F_SEAL_WRITE, and since 5.1 F_SEAL_FUTURE_WRITE.
#[frames]
pub async fn sealed_against_writing<M: Memory>(m: &M) -> bool {
    let asks = if m.slips(CallFault::WriteIgnoresFutureWrite) { SEAL_WRITE } else { WRITE_SEALS };
    seals(m).await & asks != 0
}

/// `shmem_write_begin()`: asks the seals; the page, locked and with a reference.
#[frames]
pub async fn shmem_write_begin<M: Memory>(m: &M, index: Index) -> Result<Page> {
    if !m.has(Fault::WriteIgnoresSeal) && sealed_against_writing(m).await {
        return Err(Errno::EPERM);
    }
    Ok(shmem_getpage(m, index).await) // shmem_getpage(): C + 1
}

/// `shmem_write_end()`
#[frames]
pub async fn shmem_write_end<M: Memory>(m: &M, page: Page) {
    page.unlock(m).await; // unlock_page()
    page.put(m).await; // page_cache_release()
}

/// `shmem_undo_range()` of one page: it leaves the file. A page that was swapped out is left where it is.
#[frames]
pub async fn shmem_undo_range<M: Memory>(m: &M, index: Index) {
    if let Entry::Page(page) = index.find_get_page(m).await {
        truncate_inode_page(m, index, page).await; // find_get_entries()
    }
}

/// `truncate_inode_page()` under the page lock, and the end of the lookup's reference.
#[frames]
async fn truncate_inode_page<M: Memory>(m: &M, index: Index, page: Page) {
    page.lock(m).await; // lock_page()
    if page.in_mapping(m).await {
        unmap_mapping_range(m, index).await; // unmap_mapping_range(): faulted in again
        index.delete(m, page).await; // delete_from_page_cache()
        page.cache_put(m).await; // page_cache_release()
    }
    page.unlock(m).await; // unlock_page()
    page.put(m).await; // pagevec_release()
}
