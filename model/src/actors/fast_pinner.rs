//! `get_user_pages_fast()`: a pin without a lock.

use super::pinner::device;
use super::which_index;
use crate::Result;
use crate::access::{Access, Index, Page, Vma};
use crate::fault::Fault;
use crate::memory::{Memory, MemoryExt, frames};
use crate::scenario::GupGuard;

/// Another thread of a program with a shared writable mapping. It walks the page tables without a lock: load the
/// PTE, take the references, and make sure that the PTE has not changed meanwhile. If it has, or if it can't be
/// written through, it gives up.
///
/// # Abstractions
/// Where fast GUP gives up the kernel walks slowly, which is `pinner`. A page table that is freed under the walk
/// is left out: interrupts are off, or RCU keeps it.
#[frames]
pub(super) async fn fast_pinner<M: Memory>(m: &M, vma: Vma, guard: GupGuard, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let pinned = match guard {
        GupGuard::Recheck => gup_pte_range(m, vma, index).await,
        GupGuard::InterruptsOff => gup_with_interrupts_off(m, vma, index).await,
    };
    if let Some(page) = pinned {
        device(m, page).await;
    }
    Ok(())
}

/// `gup_pte_range()` with its recheck of the PTE (3.18 where page tables are freed by RCU; everywhere since).
#[frames]
async fn gup_pte_range<M: Memory>(m: &M, vma: Vma, index: Index) -> Option<Page> {
    let page = vma.writable_pte(m, index).await?; // ptep_get(), pte_access_permitted()
    if !page.try_pin(m).await {
        return None; // try_grab_page(): the page is free
    }
    if !m.has(Fault::NoPteRecheck) && vma.writable_pte(m, index).await != Some(page) {
        page.undo_pin(m).await; // gup_put_page()
        return None;
    }
    page.pinned(m);
    Some(page)
}

/// `gup_pte_range()` of x86 in 2014: no recheck. Whoever unmaps the page has to wait for this CPU to answer the
/// IPI that flushes its TLB before the page's reference goes.
#[frames]
async fn gup_with_interrupts_off<M: Memory>(m: &M, vma: Vma, index: Index) -> Option<Page> {
    m.access(Access::IrqsOff(vma)).await; // local_irq_disable()
    let found = vma.writable_pte(m, index).await; // ptep_get(), pte_write()
    let pinned = match found {
        Some(page) if page.try_pin(m).await => Some(page), // get_page()
        _ => None,
    };
    if let Some(page) = pinned {
        page.pinned(m);
    }
    m.access(Access::IrqsOn(vma)).await; // local_irq_enable()
    pinned
}
