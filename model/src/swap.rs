//! Pages that are not there: holes and swap entries, and the way back into the page cache.

use std::future::Future;

use crate::access::{Access, Entry, Index, Page};
use crate::fault::Fault;
use crate::memory::{Memory, MemoryExt, frames};
use crate::page::page_or_none;

impl Index {
    /// `add_to_swap_cache()`
    #[track_caller]
    pub fn swap_cache_add<M: Memory>(self, m: &M, page: Page) -> impl Future {
        m.access(Access::SwapCacheAdd(self, page))
    }

    /// `lookup_swap_cache()`
    #[track_caller]
    pub fn swap_cache_get<M: Memory>(self, m: &M) -> impl Future<Output = Option<Page>> {
        let page = m.access(Access::SwapCacheGet(self));
        async move { page_or_none(page.await) }
    }

    /// `delete_from_swap_cache()`
    #[track_caller]
    pub fn swap_cache_delete<M: Memory>(self, m: &M, page: Page) -> impl Future {
        m.access(Access::SwapCacheDelete(self, page))
    }

    /// `shmem_delete_from_page_cache()`: the swap entry takes the page's place.
    #[track_caller]
    pub fn swap_out<M: Memory>(self, m: &M, page: Page) -> impl Future {
        m.access(Access::SwapOut(self, page))
    }

    /// The same under a count frozen at `references`; no kernel does it here. False: somebody else holds one.
    #[track_caller]
    pub fn swap_out_frozen<M: Memory>(self, m: &M, page: Page, references: u8) -> impl Future<Output = bool> {
        let swapped = m.access(Access::SwapOutFrozen(self, page, references));
        async move { swapped.await == 1 }
    }

    /// `swap_writepage()`
    #[track_caller]
    pub fn swap_write<M: Memory>(self, m: &M, page: Page) -> impl Future {
        m.access(Access::SwapWrite(self, page))
    }

    /// `__remove_mapping()` of a page that is in the swap cache only: false if somebody holds it.
    #[track_caller]
    pub fn swap_free<M: Memory>(self, m: &M, page: Page) -> impl Future<Output = bool> {
        let freed = m.access(Access::SwapFree(self, page));
        async move { freed.await == 1 }
    }
}

/// `shmem_getpage_gfp()`: the file's page at an offset, locked and with a reference. What was swapped out is
/// swapped in, and a hole gets a page.
///
/// # Abstractions
/// A new page is in its slot in the step that allocates it: nobody else can see it before. Allocation succeeds.
#[frames]
pub async fn shmem_getpage<M: Memory>(m: &M, index: Index) -> Page {
    loop {
        let found = match index.find_get_page(m).await {
            Entry::Page(page) => lock_if_ours(m, page).await, // find_lock_entry()
            Entry::Swap => shmem_swapin(m, index).await,
            Entry::Hole => shmem_add_page(m, index).await,
        };
        if let Some(page) = found {
            return page;
        }
    }
}

/// The end of `find_lock_entry()`: none if the page was truncated, replaced or swapped out meanwhile.
#[frames]
async fn lock_if_ours<M: Memory>(m: &M, page: Page) -> Option<Page> {
    page.lock(m).await; // lock_page()
    if m.has(Fault::NoMappingRecheck) || page.in_mapping(m).await {
        return Some(page);
    }
    page.unlock(m).await; // unlock_page()
    page.put(m).await; // page_cache_release()
    None
}

/// A hole gets a page of zeroes: none if somebody was faster.
#[frames]
async fn shmem_add_page<M: Memory>(m: &M, index: Index) -> Option<Page> {
    let page = page_or_none(m.access(Access::AddNewPage(index)).await)?; // shmem_add_to_page_cache()
    page.lru_cache_add(m).await; // lru_cache_add_anon()
    Some(page)
}

/// The page behind a swap entry comes back into its slot: none if it is no longer there.
#[frames]
async fn shmem_swapin<M: Memory>(m: &M, index: Index) -> Option<Page> {
    let page = match index.swap_cache_get(m).await {
        Some(page) => page, // lookup_swap_cache(): C + 1
        None => read_swap_cache(m, index).await?,
    };
    page.lock(m).await; // lock_page()
    if page.in_swap_cache(m).await {
        page.cache_get(m).await; // page_cache_get()
        if m.access(Access::InsertPage { index, page }).await == 1 {
            index.swap_cache_delete(m, page).await; // delete_from_swap_cache()
            return Some(page);
        }
        page.cache_put(m).await; // page_cache_release()
    }
    page.unlock(m).await; // unlock_page()
    page.put(m).await; // page_cache_release()
    None
}

/// `shmem_swapin()`, `read_swap_cache_async()`: read the page from the swap device.
///
/// # Abstractions
/// Allocation and read are one step: the page is locked and not uptodate in between, so nobody looks into it.
#[frames]
async fn read_swap_cache<M: Memory>(m: &M, index: Index) -> Option<Page> {
    let page = page_or_none(m.access(Access::SwapCacheAlloc(index)).await)?;
    page.lru_cache_add(m).await; // lru_cache_add_anon()
    page.unlock(m).await; // end_swap_bio_read()
    Some(page)
}
