//! A program that takes pages out of the file.

use super::which_index;
use crate::file::{sealed_against_writing, shmem_undo_range};
use crate::mapping::{inode_lock, inode_unlock, unmap_mapping_range};
use crate::memory::{Memory, frames};
use crate::{Errno, Result};

/// `fallocate(FALLOC_FL_PUNCH_HOLE)`: takes the inode lock, looks at the seal, and frees the page. Whoever still
/// holds it has an orphan, which is no longer the file's.
///
/// # Abstractions
/// ftruncate(2) does the same to the pages behind the new end and asks F_SEAL_SHRINK; that the file got shorter
/// is nobody's matter here. A page that was swapped out is left where it is.
#[frames]
pub(super) async fn truncate<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    inode_lock(m).await; // shmem_fallocate()
    if sealed_against_writing(m).await {
        inode_unlock(m).await;
        return Err(Errno::EPERM);
    }
    unmap_mapping_range(m, index).await; // unmap_mapping_range()
    shmem_undo_range(m, index).await; // shmem_truncate_range()
    inode_unlock(m).await;
    Ok(())
}
