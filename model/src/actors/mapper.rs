//! Mappings that can't be written through: MAP_PRIVATE, or MAP_SHARED of a read-only descriptor.

use super::pinner::device;
use super::which_index;
use crate::access::{Index, Page, Vma};
use crate::fault::Fault;
use crate::mapping::{shmem_fault, zap_page};
use crate::memory::{Memory, MemoryExt, frames};
use crate::scenario::{BatchOrder, Program};
use crate::swap::shmem_getpage;
use crate::{Errno, Result};

/// Touches its page and lets it go again, as its program says: a page that is not mapped is faulted in, one
/// that is mapped is zapped.
///
/// # Abstractions
/// `mmap()` and `munmap()` of such a mapping move no count of the file and are left out. A private write fault
/// is a zap to the file page's counts where the page was mapped (`do_wp_page()`), and nothing where it was not.
/// Fault-around takes the page lock by trylock and goes on without the page if it fails, which is a fault that
/// came later: nothing is lost.
#[frames]
pub(super) async fn mapper<M: Memory>(m: &M, vma: Vma, program: Program, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    match program {
        Program::InTurn { operations, .. } => {
            for _ in 0..operations {
                fault_or_zap(m, vma, index).await;
            }
        }
        Program::ForEver => loop {
            fault_or_zap(m, vma, index).await;
        },
        Program::Hold | Program::Mlock => {}
        Program::Force => forced_write(m, vma, index).await?,
    }
    Ok(())
}

#[frames]
async fn fault_or_zap<M: Memory>(m: &M, vma: Vma, index: Index) {
    if vma.pte(m, index).await.is_none() {
        shmem_fault(m, vma, index).await; // handle_mm_fault()
    } else {
        zap_page(m, vma, index).await; // madvise(MADV_DONTNEED)
    }
}

/// `get_user_pages(FOLL_FORCE | FOLL_WRITE)` on a mapping that is read-only: what a debugger does.
///
/// A private mapping gets a copy of the page first, and the file's page is let go of. A shared one is refused,
/// since 3.15.
#[frames]
async fn forced_write<M: Memory>(m: &M, vma: Vma, index: Index) -> Result {
    shmem_fault(m, vma, index).await; // handle_mm_fault()
    let breaks_cow = !m.has(Fault::PrivateAsShared) && !m.has(Fault::ForceShared);
    if breaks_cow {
        zap_page(m, vma, index).await; // do_wp_page(): the PTE maps a copy now
    }
    if m.has(Fault::DirtyCow) {
        shmem_fault(m, vma, index).await; // madvise(MADV_DONTNEED), and FOLL_WRITE is forgotten
    }
    let pinned = if breaks_cow && !m.has(Fault::DirtyCow) {
        None // follow_page_pte(): the copy, which is nobody's but ours
    } else {
        vma.get_user_page(m, index).await // follow_page_pte(FOLL_FORCE)
    };
    zap_page(m, vma, index).await; // munmap()
    let page = pinned.ok_or(Errno::EFAULT)?;
    device(m, page).await;
    Ok(())
}

/// A mapping that maps a whole large folio at once, and zaps it.
///
/// # Abstractions
/// As `mapper`. All pages of the folio are mapped or none: fault-around past the end of a VMA maps fewer, which
/// is a smaller batch. The zap puts the folio's references at once (`free_pages_and_swap_cache()` puts them one
/// after the other before 6.9): a judge sees fewer in-between counts, all of them too high to be clean.
#[frames]
pub(super) async fn batched_mapper<M: Memory>(m: &M, vma: Vma, order: BatchOrder, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let page = shmem_getpage(m, index).await; // next_uptodate_folio(): C + 1
    map_folio(m, vma, index, page, order).await;
    zap_page(m, vma, index).await; // madvise(MADV_DONTNEED)
    Ok(())
}

/// `filemap_map_folio_range()`: map counts and PTEs of all pages, then the references for all but the first.
#[frames]
async fn map_folio<M: Memory>(m: &M, vma: Vma, index: Index, page: Page, order: BatchOrder) {
    let more = m.scenario().map_weight(vma) as u8 - 1;
    let maps_first = order == BatchOrder::MapsFirst || m.has(Fault::MapsBeforeRefs);
    if !maps_first {
        page.get(m, more).await; // folio_ref_add()
    }
    vma.set_pte(m, index, page).await; // set_pte_range(): M + n
    if maps_first {
        page.get(m, more).await; // folio_ref_add(): C + (n - 1)
    }
    page.unlock(m).await; // folio_unlock()
}
