//! A program that writes by write(2).

use super::which_index;
use crate::fault::Fault;
use crate::mapping::{inode_lock, inode_unlock, write_sealed};
use crate::memory::{Memory, MemoryExt};
use crate::swap::shmem_getpage;
use crate::{Errno, Result};

/// `write(2)`: takes the inode lock, looks at the seal, and writes the page.
///
/// # Abstractions
/// One page stands for any range.
pub(super) async fn file_writer<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    inode_lock(m).await; // generic_file_write_iter()
    if !m.has(Fault::WriteIgnoresSeal) && write_sealed(m).await {
        inode_unlock(m).await;
        return Err(Errno::EPERM); // shmem_write_begin()
    }
    let page = shmem_getpage(m, index).await; // shmem_write_begin(): C + 1
    let _here = m.checkpoint("write_begin", &page);
    page.write(m).await; // copy_page_from_iter()
    page.unlock(m).await; // shmem_write_end()
    page.put(m).await; // page_cache_release()
    inode_unlock(m).await; // generic_file_write_iter()
    Ok(())
}
