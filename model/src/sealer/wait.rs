//! Strategy `wait`: give whoever still holds a page a while to let go, then give up with EBUSY.
//!
//! `mm/shmem.c` of RFC v3, merged in 3.17; `mm/memfd.c` from 4.18 (5d752600a8c3).

use super::judge::{Judge, Pass};
use crate::access::{Entry, Index, Note, Page, Question};
use crate::fault::Fault;
use crate::mapping::any_tagged;
use crate::memory::{Memory, MemoryExt, frames};
use crate::{Errno, Result};

/// `shmem_tag_pins()`: tag every slot whose page looks pinned.
#[frames]
async fn shmem_tag_pins<M: Memory>(m: &M, judge: Judge) {
    if m.scenario().strategy.drains_first() {
        for page in m.scenario().batched() {
            page.lru_add_drain(m).await; // lru_add_drain()
        }
    }
    for index in m.scenario().indices() {
        // radix_tree_for_each_slot()
        let Entry::Page(page) = index.slot(m).await else {
            continue; // radix_tree_exception()
        };
        if !clean(m, judge, index, page, Pass::First).await {
            index.tag(m).await; // radix_tree_tag_set()
        }
    }
}

/// `shmem_wait_for_pins()`: look at the tagged pages LAST_SCAN + 1 times.
///
/// # Abstractions
/// Time is left out: how long a sleep lasts is how many steps the others take meanwhile, which is any number.
/// So a sleep is no step, and every real timing is among those explored. `rcu_read_lock()` and preemption
/// exclude nobody in the cast and are left out. A slot that was never tagged is never looked at again, as in
/// the kernel.
#[frames]
pub(super) async fn shmem_wait_for_pins<M: Memory>(m: &M) -> Result {
    let judge = m.scenario().judge;
    let last_scan = m.scenario().last_scan;
    if !m.has(Fault::NoTagPass) {
        shmem_tag_pins(m, judge).await;
    }

    let mut busy = false;
    let mut scan = 0;
    while scan <= last_scan {
        m.note(Note::ScanBegins);
        if !any_tagged(m).await {
            break; // radix_tree_tagged()
        }
        if scan == 0 {
            lru_add_drain_all(m).await;
        } else if m.scenario().signals && m.choose(Question::FatalSignal).await {
            if m.has(Fault::KillBreaksLoop) {
                break;
            }
            scan = last_scan; // schedule_timeout_killable()
        }
        for index in m.scenario().indices() {
            // radix_tree_for_each_tagged()
            if !index.tagged(m).await {
                continue;
            }
            let Entry::Page(page) = index.slot(m).await else {
                if !m.has(Fault::SwapTagLeft) {
                    index.untag(m).await; // radix_tree_exception(): nothing to wait for
                }
                continue;
            };
            let pinned = !clean(m, judge, index, page, Pass::Rescan).await;
            busy |= pinned && m.has(Fault::BusySticks);
            if pinned && scan < last_scan && !m.has(Fault::ClearPinnedTag) {
                continue; // stays tagged: look again on the next scan
            }
            if pinned && scan == last_scan {
                busy = !m.has(Fault::LastScanErrorLost);
                if m.has(Fault::LeaveTags) {
                    continue;
                }
            }
            index.untag(m).await; // radix_tree_tag_clear()
        }
        if !m.has(Fault::WaitForEver) {
            scan += 1;
        }
    }
    if busy { Err(Errno::EBUSY) } else { Ok(()) }
}

/// The judge's answer on a page that the sealer does not hold.
///
/// A judge that wants the page lock needs a reference first, and must see that it locked the file's page: a
/// slot or a mapping that changed means "not clean", to be looked at again on the next scan.
#[frames]
async fn clean<M: Memory>(m: &M, judge: Judge, index: Index, page: Page, pass: Pass) -> bool {
    if judge.clean_unlocked(m, page, 0, pass).await {
        return true;
    }
    if !judge.looks_again_under_lock() {
        return false;
    }
    let Entry::Page(held) = index.find_get_page(m).await else {
        return false; // find_get_entry()
    };
    held.lock(m).await; // lock_page()
    let ours = held == page && page.in_mapping(m).await; // page->mapping != mapping
    let clean = ours && judge.clean_locked(m, index, page, 1, pass).await;
    held.unlock(m).await; // unlock_page()
    held.put(m).await; // put_page()
    clean
}

/// `lru_add_drain_all()`: every CPU's batch lets go of its pages, one after the other.
#[frames]
async fn lru_add_drain_all<M: Memory>(m: &M) {
    if m.has(Fault::NoDrain) {
        return;
    }
    for page in m.scenario().batched() {
        page.lru_add_drain_cpu(m).await; // lru_add_drain_cpu()
    }
}
