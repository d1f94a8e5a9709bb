//! Strategy `isolate` in two phases, a proposal of this project: everything that can fail comes first.

use super::isolate::{
    Look, OWN, find_get_entries, look_under_lock, pagevec_release, remap_mlocked, replace_by_copy,
};
use super::judge::Pass;
use crate::access::{Index, Page};
use crate::fault::Fault;
use crate::mapping::{shmem_alloc_page, unmap_mapping_range};
use crate::memory::{Memory, MemoryExt, frames};
use crate::{Errno, Result};

/// A page of the batch that looks pinned, and the page that may take its place.
type Planned = (Index, Page, Page);

/// First allocate and charge a page for everything that looks pinned, then replace what is pinned. While both
/// pages live both are charged, and mlocked pages are mapped again before the call returns.
///
/// A page that looked clean in the first phase stays clean: nobody who asks the seals or the count of writable
/// mappings gets a new pin from then on.
#[frames]
pub(super) async fn shmem_isolate_pins_two_phase<M: Memory>(m: &M) -> Result {
    let batch = find_get_entries(m).await;
    let result = match allocate_all(m, &batch).await {
        Ok(plan) => replace_all(m, &plan).await,
        Err(error) => Err(error),
    };
    pagevec_release(m, &batch).await;
    result
}

/// The phase that may fail: it changes nothing that anybody else can see.
#[frames]
async fn allocate_all<M: Memory>(m: &M, batch: &[(Index, Page)]) -> Result<Vec<Planned>> {
    let mut plan: Vec<Planned> = Vec::new();
    for &(index, page) in batch {
        if m.scenario().judge.clean_unlocked(m, page, OWN, Pass::First).await {
            continue;
        }
        if m.has(Fault::UnmapBeforeAlloc) {
            unmap_mapping_range(m, index).await;
        }
        let Some(new) = shmem_alloc_page(m, index).await else {
            put_unused(m, &plan).await;
            return Err(Errno::ENOMEM);
        };
        new.memcg_charge(m).await; // mem_cgroup_try_charge()
        plan.push((index, page, new));
    }
    Ok(plan)
}

/// The phase that can't fail: under the page lock a slot keeps its page.
#[frames]
async fn replace_all<M: Memory>(m: &M, plan: &[Planned]) -> Result {
    let mut error = Ok(());
    for &(index, old, new) in plan {
        old.lock(m).await; // lock_page()
        if let Err(failed) = replace_if_pinned(m, index, old, new).await {
            error = Err(failed);
        }
        old.unlock(m).await; // unlock_page()
    }
    error
}

/// The caller holds the lock of `old`.
#[frames]
async fn replace_if_pinned<M: Memory>(m: &M, index: Index, old: Page, new: Page) -> Result {
    let look = look_under_lock(m, index, old).await;
    if look == Look::Clean {
        remap_mlocked(m, index, old).await; // the judge may have unmapped it
    }
    if look != Look::Pinned {
        new.put(m).await; // page_cache_release()
        return Ok(());
    }
    unmap_mapping_range(m, index).await;
    replace_by_copy(m, index, old, new).await
}

#[frames]
async fn put_unused<M: Memory>(m: &M, plan: &[Planned]) {
    for &(_, _, new) in plan {
        new.put(m).await; // page_cache_release()
    }
}
