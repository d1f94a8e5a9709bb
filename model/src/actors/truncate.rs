//! A program that takes pages out of the file.

use super::which_index;
use crate::access::{Entry, Index, Page};
use crate::mapping::{inode_lock, inode_unlock, unmap_mapping_range, write_sealed};
use crate::memory::{Memory, MemoryExt};
use crate::{Errno, Result};

/// `fallocate(FALLOC_FL_PUNCH_HOLE)`: takes the inode lock, looks at the seal, and frees the page. Whoever still
/// holds it has an orphan, which is no longer the file's.
///
/// # Abstractions
/// ftruncate(2) does the same to the pages behind the new end and asks F_SEAL_SHRINK; that the file got shorter
/// is nobody's matter here. A page that was swapped out is left where it is.
pub(super) async fn truncate<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    inode_lock(m).await; // shmem_fallocate()
    if write_sealed(m).await {
        inode_unlock(m).await;
        return Err(Errno::EPERM);
    }
    unmap_mapping_range(m, index).await; // unmap_mapping_range()
    let _here = m.checkpoint("unmapped", &index);
    if let Entry::Page(page) = index.find_get_page(m).await {
        truncate_inode_page(m, index, page).await; // shmem_undo_range()
    }
    let _here = m.checkpoint("truncated", &index);
    inode_unlock(m).await;
    Ok(())
}

/// `truncate_inode_page()` under the page lock, and the end of the lookup's reference.
async fn truncate_inode_page<M: Memory>(m: &M, index: Index, page: Page) {
    let _here = m.checkpoint("truncate_inode_page", &(index, page));
    page.lock(m).await; // lock_page()
    if page.in_mapping(m).await {
        unmap_mapping_range(m, index).await; // unmap_mapping_range(): faulted in again
        index.delete(m, page).await; // delete_from_page_cache()
        page.cache_put(m).await; // page_cache_release()
    }
    let _here = m.checkpoint("deleted", &page);
    page.unlock(m).await; // unlock_page()
    page.put(m).await; // pagevec_release()
}
