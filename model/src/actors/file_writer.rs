//! A program that writes by write(2).

use super::which_index;
use crate::Result;
use crate::access::Index;
use crate::file::{shmem_write_begin, shmem_write_end};
use crate::mapping::{inode_lock, inode_unlock};
use crate::memory::{Memory, frames};

/// `write(2)`: takes the inode lock, looks at the seal, and writes the page.
///
/// # Abstractions
/// One page stands for any range.
#[frames]
pub(super) async fn file_writer<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    inode_lock(m).await; // generic_file_write_iter()
    let written = write_page(m, index).await;
    inode_unlock(m).await; // generic_file_write_iter()
    written
}

/// `generic_perform_write()` of one page.
#[frames]
async fn write_page<M: Memory>(m: &M, index: Index) -> Result {
    let page = shmem_write_begin(m, index).await?;
    page.write(m).await; // copy_page_from_iter()
    shmem_write_end(m, page).await;
    Ok(())
}
