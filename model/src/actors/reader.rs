//! Programs that read the file.

use super::which_index;
use crate::Result;
use crate::access::{Index, Note, Page};
use crate::mapping::write_sealed;
use crate::memory::{Memory, frames};
use crate::swap::shmem_getpage;

/// `read(2)`: takes a reference, copies without a lock, and lets go. It may stall in between for as long as it
/// likes.
///
/// # Abstractions
/// A page that is not uptodate is never seen: shmem fills a page before it enters the slot.
#[frames]
pub(super) async fn reader<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    read_page(m, index).await;
    Ok(())
}

/// Somebody who was handed the file: asks for its seals, and if it is sealed reads a page twice.
///
/// # Abstractions
/// Two reads stand for any number: if any two differ, some two in a row do.
#[frames]
pub(super) async fn recipient<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    if !write_sealed(m).await {
        return Ok(()); // fcntl(F_GET_SEALS)
    }
    for _ in 0..2 {
        read_page(m, index).await;
    }
    Ok(())
}

/// `shmem_file_read_iter()` of one page.
#[frames]
async fn read_page<M: Memory>(m: &M, index: Index) {
    let page: Page = shmem_getpage(m, index).await; // shmem_getpage(): C + 1
    m.note(Note::Reads(index, page));
    page.unlock(m).await; // unlock_page()
    page.read(m).await; // copy_page_to_iter()
    page.put(m).await; // page_cache_release()
}
