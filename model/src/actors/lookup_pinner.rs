//! A driver that pins pages of a file without mapping it.

use super::pinner::device;
use super::which_index;
use crate::access::{Entry, Index, Page, SEAL_WRITE, WRITE_SEALS};
use crate::fault::Fault;
use crate::mapping::{inode_lock, inode_unlock, seals};
use crate::memory::{Memory, MemoryExt, frames};
use crate::{Errno, Result};

/// udmabuf: checks the seals, then pins by `memfd_pin_folios()` (6.11). Since 6.13 it holds the inode lock over
/// both (9cb189a88273). The device may write while the pin lives; the driver unpins at any time, or never.
///
/// # Abstractions
/// Holes and pages that were swapped out would be brought in by `memfd_alloc_folio()`; here nothing is pinned
/// then. A lost race against a changed slot is a retry in the kernel; here nothing is pinned either.
#[frames]
pub(super) async fn lookup_pinner<M: Memory>(m: &M, locked: bool, at: Option<u8>) -> Result {
    let index = which_index(m, at).await;
    let locks = locked && !m.has(Fault::PinWithoutInodeLock) && !m.has(Fault::PinIgnoresSeals);
    if locks {
        inode_lock(m).await; // inode_lock_shared()
    }
    let allowed = seals_allow_pins(m).await;
    let pinned = if allowed { memfd_pin_folio(m, index).await } else { None };
    if locks {
        inode_unlock(m).await; // inode_unlock_shared()
    }
    if let Some(page) = pinned {
        device(m, page).await;
    }
    if allowed { Ok(()) } else { Err(Errno::EINVAL) }
}

/// `check_memfd_seals()` of udmabuf. F_SEAL_FUTURE_WRITE counts since 0a16e24e34f2.
#[frames]
async fn seals_allow_pins<M: Memory>(m: &M) -> bool {
    if m.has(Fault::PinIgnoresSeals) {
        return true;
    }
    let seals = seals(m).await;
    let asks = if m.has(Fault::PinIgnoresFutureWrite) { SEAL_WRITE } else { WRITE_SEALS };
    seals & asks == 0
}

/// `memfd_pin_folios()`: `filemap_get_folios_contig()` under RCU: load the slot, take references, reload the
/// slot. No page lock, and no look at `->mapping`.
#[frames]
async fn memfd_pin_folio<M: Memory>(m: &M, index: Index) -> Option<Page> {
    let Entry::Page(page) = index.slot(m).await else {
        return None; // xas_load()
    };
    if !page.try_pin(m).await {
        return None; // folio_try_get()
    }
    if index.slot(m).await != Entry::Page(page) {
        page.undo_pin(m).await; // xas_reload()
        return None;
    }
    page.pinned(m);
    Some(page)
}
