//! kswapd: takes a page of the file away, to be swapped in again when somebody asks for it.

use super::which_index;
use crate::Result;
use crate::access::{Entry, Index, Page, Question};
use crate::fault::Fault;
use crate::mapping::unmap_mapping_range;
use crate::memory::{Memory, MemoryExt, frames};
use crate::scenario::ReclaimProgram;

/// `shrink_page_list()` of one page, once or again and again.
///
/// # Abstractions
/// A page that is mlocked is never tried. The page is found by its slot instead of by the LRU, which holds the
/// same pages. Writeback is one step under the page lock; in the kernel it goes on without it, and the page
/// stays where it is meanwhile.
#[frames]
pub(super) async fn reclaim<M: Memory>(m: &M, program: ReclaimProgram, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    if m.scenario().mlocked_vmas().next().is_some() {
        return Ok(()); // page_check_references(): VM_LOCKED
    }
    loop {
        shrink_page(m, index, program == ReclaimProgram::Freeze).await;
        if program != ReclaimProgram::ForEver {
            return Ok(());
        }
    }
}

/// One pass over the page at an offset.
#[frames]
async fn shrink_page<M: Memory>(m: &M, index: Index, freeze: bool) {
    let Entry::Page(page) = index.find_get_page(m).await else {
        return; // isolate_lru_page(): C + 1
    };
    if !page.try_lock(m).await {
        page.put(m).await; // putback_lru_page()
        return; // trylock_page()
    }
    let freed = pageout(m, index, page, freeze).await;
    if !freed {
        page.unlock(m).await; // unlock_page()
        page.put(m).await; // putback_lru_page()
    }
}

/// Unmap, check the count, swap out; true if the page is free then. The caller holds the page lock.
#[frames]
async fn pageout<M: Memory>(m: &M, index: Index, page: Page, freeze: bool) -> bool {
    if !page.in_mapping(m).await {
        return false; // page_mapping()
    }
    unmap_mapping_range(m, index).await; // try_to_unmap()
    if page.mapped(m).await {
        return false; // SWAP_FAIL
    }
    let mine_and_cache = m.scenario().cache_references() + 1;
    if page.count(m).await != mine_and_cache {
        return false; // is_page_cache_freeable()
    }
    swap_out(m, index, page, freeze).await
}

/// `shmem_writepage()`, and freeing the page in the same pass or not.
#[frames]
async fn swap_out<M: Memory>(m: &M, index: Index, page: Page, freeze: bool) -> bool {
    index.swap_cache_add(m, page).await; // add_to_swap_cache(): C + 1
    if freeze {
        let expected = 2 * m.scenario().cache_references() + 1;
        if !index.swap_out_frozen(m, page, expected as u8).await {
            index.swap_cache_delete(m, page).await; // delete_from_swap_cache()
            return false;
        }
    } else {
        index.swap_out(m, page).await; // shmem_delete_from_page_cache()
    }
    page.cache_put(m).await; // page_cache_release()
    if !m.has(Fault::SwapOutWithoutWrite) {
        index.swap_write(m, page).await; // swap_writepage()
    }
    m.choose(Question::FreesNow).await && index.swap_free(m, page).await // __remove_mapping()
}
