//! Strategy `isolate`: put a copy in the place of every page that looks pinned.
//!
//! "shm: isolate pinned pages when sealing files", RFC v3 7/7, June 2014; never merged.

use super::judge::Pass;
use crate::access::{Index, Page};
use crate::fault::Fault;
use crate::mapping::{shmem_alloc_page, unmap_mapping_range};
use crate::memory::{Memory, MemoryExt};
use crate::{Errno, Result};

/// References of the sealer on a page of its batch: the lookup's.
const OWN: i16 = 1;

/// `shmem_isolate_pins()`: one pass over the file, no second look.
///
/// # Abstractions
/// PAGEVEC_SIZE is 14 and the file has at most 4 pages, so one batch holds them all; the second lookup, which
/// finds nothing, is left out. `find_get_entries()` takes the references one after the other, as here.
pub async fn shmem_isolate_pins<M: Memory>(m: &M) -> Result {
    let mut batch = Vec::new();
    for index in m.scenario().indices() {
        let _here = m.checkpoint("find_get_entries", &(index, &batch));
        batch.push((index, index.find_get_page(m).await)); // find_get_entries(): C + 1
    }
    let mut error = Ok(());
    for &(index, page) in &batch {
        let _here = m.checkpoint("isolate_pins", &(index, &batch, error));
        if let Err(failed) = isolate_if_pinned(m, index, page).await {
            error = Err(failed); // remembered; the loop goes on
        }
    }
    for &(index, page) in &batch {
        let _here = m.checkpoint("pagevec_release", &(index, &batch, error));
        if !m.has(Fault::LeakBatch) {
            page.put(m).await; // pagevec_release(): C - 1
        }
    }
    error
}

/// The body of the loop in `shmem_isolate_pins()`.
async fn isolate_if_pinned<M: Memory>(m: &M, index: Index, page: Page) -> Result {
    if !page.in_mapping(m).await {
        return Ok(()); // page->mapping != mapping
    }
    if m.scenario().judge.clean_unlocked(m, page, OWN, Pass::First).await {
        return Ok(());
    }
    let _here = m.checkpoint("looks pinned", &page);
    let locks = !m.has(Fault::IsolateWithoutLock);
    if locks {
        page.lock(m).await; // lock_page()
    }
    let result = shmem_isolate_page(m, index, page).await;
    if locks {
        page.unlock(m).await; // unlock_page()
    }
    result
}

/// `shmem_isolate_page()`: replace `old` by a copy of it. The caller holds its lock.
///
/// # Abstractions
/// `cancel_dirty_page()`, the page flags and the zone counters are left out: no claim reads them, and nobody
/// in the cast decides by them. The copy is one step: claims speak of one byte at a time, and a copy that
/// mixes old and new bytes reads each of them at some instant. The memory cgroup is left out here.
async fn shmem_isolate_page<M: Memory>(m: &M, index: Index, old: Page) -> Result {
    if !old.in_mapping(m).await {
        return Ok(()); // oldpage->mapping != mapping
    }
    if m.scenario().judge.clean_locked(m, index, old, OWN, Pass::First).await {
        return Ok(());
    }
    let _here = m.checkpoint("pinned", &old);
    if old.mapped(m).await && !m.has(Fault::SkipUnmap) {
        unmap_mapping_range(m, index).await;
    }
    let _here = m.checkpoint("unmapped", &old);
    let Some(new) = shmem_alloc_page(m, index).await else {
        return Err(Errno::ENOMEM);
    };
    new.lock(m).await; // __set_page_locked()
    old.copy_to(m, new).await; // copy_highpage()
    new.cache_get(m).await; // page_cache_get()
    new.set_mapping(m).await; // newpage->mapping = mapping
    if !index.replace(m, old, new).await {
        new.clear_mapping(m).await; // newpage->mapping = NULL
        new.unlock(m).await; // unlock_page()
        new.cache_put(m).await; // page_cache_release()
        new.put(m).await; // page_cache_release()
        return Err(Errno::ENOENT);
    }
    new.lru_cache_add(m).await; // lru_cache_add_anon()
    old.clear_mapping(m).await; // oldpage->mapping = NULL
    old.cache_put(m).await; // page_cache_release()
    if m.has(Fault::PutTwice) {
        old.cache_put(m).await;
    }
    if !m.has(Fault::ForgetUnlock) {
        new.unlock(m).await; // unlock_page()
    }
    new.put(m).await; // page_cache_release()
    Ok(())
}
