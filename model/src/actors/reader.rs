//! A program that reads the file.

use super::which_index;
use crate::Result;
use crate::memory::{Memory, MemoryExt};

/// `read(2)`: takes a reference, copies without a lock, and lets go. It may stall in between for as long as it
/// likes.
///
/// # Abstractions
/// A page that is not uptodate is never seen: shmem fills a page before it enters the slot. The page lock and
/// the recheck of the lookup are left out: a reader that does not wait for them has more behaviours, not fewer.
pub(super) async fn reader<M: Memory>(m: &M, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let page = index.find_get_page(m).await; // shmem_getpage(): find_lock_entry()
    let _here = m.checkpoint("reader", &page);
    page.read(m).await; // copy_page_to_iter()
    page.put(m).await; // page_cache_release()
    Ok(())
}
