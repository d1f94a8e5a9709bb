//! Strategy `isolate`: put a copy in the place of every page that looks pinned.
//!
//! "shm: isolate pinned pages when sealing files", RFC v3 7/7, June 2014; never merged.

use super::judge::Pass;
use crate::access::{Entry, Index, Note, Page};
use crate::fault::Fault;
use crate::mapping::{shmem_alloc_page, unmap_mapping_range};
use crate::memory::{Memory, MemoryExt, frames};
use crate::{Errno, Result};

/// References of the sealer on a page of its batch: the lookup's.
pub(super) const OWN: i16 = 1;

/// `shmem_isolate_pins()`: one pass over the file, no second look.
///
/// # Abstractions
/// PAGEVEC_SIZE is 14 and the file has at most 4 pages, so one batch holds them all; the second lookup, which
/// finds nothing, is left out.
#[frames]
pub(super) async fn shmem_isolate_pins<M: Memory>(m: &M) -> Result {
    let batch = find_get_entries(m).await;
    let mut error = Ok(());
    for &(index, page) in &batch {
        if let Err(failed) = isolate_if_pinned(m, index, page).await {
            error = Err(failed); // remembered; the loop goes on
        }
    }
    pagevec_release(m, &batch).await;
    error
}

/// `find_get_entries()`: a reference on every page of the file, one after the other. Swap entries are left out.
#[frames]
pub(super) async fn find_get_entries<M: Memory>(m: &M) -> Vec<(Index, Page)> {
    m.note(Note::ScanBegins);
    let mut batch = Vec::new();
    for index in m.scenario().indices() {
        if let Entry::Page(page) = index.find_get_page(m).await {
            batch.push((index, page)); // page_cache_get_speculative(): C + 1
        }
    }
    batch
}

/// `pagevec_release()`: the batch's references are put.
#[frames]
pub(super) async fn pagevec_release<M: Memory>(m: &M, batch: &[(Index, Page)]) {
    for &(_, page) in batch {
        if !m.has(Fault::LeakBatch) {
            page.put(m).await; // put_page(): C - 1
        }
    }
}

/// The body of the loop in `shmem_isolate_pins()`.
#[frames]
async fn isolate_if_pinned<M: Memory>(m: &M, index: Index, page: Page) -> Result {
    if !page.in_mapping(m).await {
        return Ok(()); // page->mapping != mapping
    }
    if m.scenario().judge.clean_unlocked(m, page, OWN, Pass::First).await {
        return Ok(());
    }
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
#[frames]
async fn shmem_isolate_page<M: Memory>(m: &M, index: Index, old: Page) -> Result {
    if look_under_lock(m, index, old).await != Look::Pinned {
        return Ok(());
    }
    if m.has(Fault::IsolateGivesUp) {
        return Err(Errno::EBUSY);
    }
    if old.mapped(m).await && !m.has(Fault::SkipUnmap) {
        if m.has(Fault::MappedIsBusy) {
            return Err(Errno::EBUSY);
        }
        unmap_mapping_range(m, index).await;
    }
    let Some(new) = shmem_alloc_page(m, index).await else {
        return Err(Errno::ENOMEM);
    };
    replace_by_copy(m, index, old, new).await
}

/// What the second look found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// The page is no longer the file's.
    Gone,
    /// Nobody but the page cache and its mappings holds it.
    Clean,
    /// Somebody else does.
    Pinned,
}

/// The second look, under the page lock, which the caller holds.
#[frames]
pub(super) async fn look_under_lock<M: Memory>(m: &M, index: Index, page: Page) -> Look {
    if !m.has(Fault::NoIsolateRecheck) && !page.in_mapping(m).await {
        return Look::Gone; // oldpage->mapping != mapping
    }
    let clean = m.scenario().judge.clean_locked(m, index, page, OWN, Pass::First).await;
    if clean && !m.has(Fault::CopyUnpinned) {
        return Look::Clean;
    }
    m.note(Note::JudgedPinned(page));
    Look::Pinned
}

/// The rest of `shmem_isolate_page()`: `new` becomes a copy of `old` and takes its place. The caller's reference
/// on `new` goes.
///
/// # Abstractions
/// `cancel_dirty_page()`, the page flags and the zone counters are left out: no claim reads them, and nobody
/// in the cast decides by them. The copy is one step: claims speak of one byte at a time, and a copy that
/// mixes old and new bytes reads each of them at some instant.
#[frames]
pub(super) async fn replace_by_copy<M: Memory>(m: &M, index: Index, old: Page, new: Page) -> Result {
    let copy_late = m.has(Fault::ReplaceBeforeCopy);
    new.lock(m).await; // __set_page_locked()
    if !copy_late && !m.has(Fault::SkipCopy) {
        old.copy_to(m, new).await; // copy_highpage()
    }
    new.cache_get(m).await; // page_cache_get()
    new.set_mapping(m).await; // newpage->mapping = mapping
    if !index.replace(m, old, new).await {
        new.clear_mapping(m).await; // newpage->mapping = NULL
        new.unlock(m).await; // unlock_page()
        new.cache_put(m).await; // page_cache_release()
        new.put(m).await; // page_cache_release()
        return Err(Errno::ENOENT);
    }
    if copy_late {
        old.copy_to(m, new).await;
    }
    if !m.scenario().strategy.allocates_first() || m.has(Fault::MoveCharge) {
        old.memcg_move(m, new).await; // mem_cgroup_replace_page_cache()
    }
    new.lru_cache_add(m).await; // lru_cache_add_anon()
    old.clear_mapping(m).await; // oldpage->mapping = NULL
    old.cache_put(m).await; // page_cache_release()
    if m.has(Fault::PutTwice) {
        old.cache_put(m).await;
    }
    if m.scenario().strategy.keeps_mlocked() {
        remap_mlocked(m, index, new).await;
    }
    if !m.has(Fault::ForgetUnlock) {
        new.unlock(m).await; // unlock_page()
    }
    new.put(m).await; // page_cache_release()
    Ok(())
}

/// Pages that are mlocked are mapped again, as `remove_migration_ptes()` would. The caller holds the page lock.
#[frames]
pub(super) async fn remap_mlocked<M: Memory>(m: &M, index: Index, page: Page) {
    if m.has(Fault::ForgetMlock) {
        return;
    }
    for vma in m.scenario().mlocked_vmas() {
        if vma.pte(m, index).await.is_none() {
            page.get(m, 1).await; // get_page()
            vma.set_pte(m, index, page).await; // remove_migration_pte()
        }
    }
}
