//! The claims as functions over one state, or over one step.

use super::Look;
use super::account::Account;
use crate::access::{Access, Index, NONE, Page, SEAL_WRITE, Vma};
use crate::ghost::Held;
use crate::machine::{Cell, Cells, writable_now};
use crate::scenario::Actor;

pub(super) fn sealed(world: &impl Look) -> bool {
    world.cells().get(Cell::Seals) & SEAL_WRITE != 0
}

fn file_pages(world: &impl Look) -> impl Iterator<Item = Page> {
    world.scenario().indices().filter_map(|index| world.cells().file_page(index))
}

/// The calls of F_ADD_SEALS.
pub(super) fn calls(world: &impl Look) -> impl Iterator<Item = &impl Held> {
    let cast = world.actors().iter().zip(world.scenario().cast());
    cast.filter(|(_, actor)| **actor == Actor::Sealer).map(|(status, _)| status)
}

fn failed_calls(world: &impl Look) -> impl Iterator<Item = &impl Held> {
    calls(world).filter(|status| matches!(status.returned(), Some(Err(_))))
}

pub(super) fn all_done(world: &impl Look) -> bool {
    world.actors().iter().all(|actor| actor.returned().is_some())
}

/// SEAL_WRITE set ⇒ no live writable pin on a page of the file.
pub fn no_writable_pin(world: &impl Look) -> bool {
    !sealed(world) || file_pages(world).all(|page| world.sum().pins(page) == 0)
}

/// SEAL_WRITE set ⇒ no writable PTE and no stale writable TLB entry to a page of the file.
pub fn no_writable_mapping(world: &impl Look) -> bool {
    let cells = world.cells();
    let writable_to = |vma: Vma, page: Page| {
        let frame = page.0 as i16;
        let by_pte =
            |index| cells.get(Cell::Pte(vma, index)) == frame && writable_now(cells, world.scenario(), vma);
        world.scenario().indices().any(|index| by_pte(index) || cells.get(Cell::Tlb(vma, index)) == frame)
    };
    !sealed(world)
        || file_pages(world).all(|page| !world.scenario().writable_vmas().any(|vma| writable_to(vma, page)))
}

/// What a recipient reads now, by read(2) or through a mapping, is what it would have read when the seal was set.
///
/// If any two reads that begin after the seal differ, one of them differs from a read at the seal. What
/// recipients in the cast did read is looked at as well.
pub fn content_frozen(world: &impl Look) -> bool {
    if !sealed(world) {
        return true;
    }
    let expected = |index| world.cells().get(Cell::Expected(index));
    let frozen = |index, frame: i16| world.cells().get(Cell::Content(Page(frame as u8))) == expected(index);
    let mapped_frozen = |index: Index| {
        let mut ptes = world.scenario().vmas().map(|vma| world.cells().get(Cell::Pte(vma, index)));
        ptes.all(|frame| frame == NONE || frozen(index, frame))
    };
    let read_alike = world.actors().iter().all(|actor| !actor.read_differs());
    let unchanged = |index| world.cells().file_content(index) == expected(index) && mapped_frozen(index);
    read_alike && world.scenario().indices().all(unchanged)
}

/// What a read copies now whose lookup may be older than the seal is what the file held at the seal. A page that
/// was truncated out of the file is nobody's.
pub fn content_frozen_in_flight(world: &impl Look) -> bool {
    let frozen = |(index, page): (Index, Page)| {
        world.cells().get(Cell::Orphan(page)) == 1
            || world.cells().get(Cell::Content(page)) == world.cells().get(Cell::Expected(index))
    };
    !sealed(world) || world.actors().iter().filter_map(Held::reading).all(frozen)
}

/// The seal is being set ⇒ the file holds what was written to its pages.
pub fn io_lands(world: &impl Look, access: Access) -> bool {
    let Access::SealsSet(bits) = access else { return true };
    bits & SEAL_WRITE == 0 || reads_see_writes(world)
}

/// SEAL_WRITE not set ⇒ the file holds what was written to its pages.
pub fn reads_see_writes(world: &impl Look) -> bool {
    let landed = |index| world.cells().file_content(index) == world.cells().get(Cell::Expected(index));
    sealed(world) || world.scenario().indices().all(landed)
}

/// A seal is set ⇒ nobody becomes a writer who could have seen it.
pub fn no_new_writer(world: &impl Look, actor: usize, access: Access) -> bool {
    let maps_to_write = !world.scenario().starts_read_only(Vma(actor as u8));
    let becomes_writer = match access {
        Access::MapWritable => maps_to_write && world.cells().get(Cell::MmapWritable) >= 0,
        Access::MapWritableAlways => maps_to_write,
        Access::TryPin(_) => matches!(world.scenario().cast()[actor], Actor::LookupPinner { .. }),
        Access::WritePage(_) => true,
        _ => false,
    };
    let asked_before = world.actors()[actor].saw_seals() == Some(0);
    !becomes_writer || asked_before || world.cells().get(Cell::Seals) == 0
}

/// C = K + M + P + T - D for every page, M its PTEs, and nobody refers to a free page.
pub fn count_law(world: &impl Look) -> bool {
    world.scenario().all_pages().all(|page| count_law_of(world, page))
}

/// The same for one page.
pub fn count_law_of(world: &impl Look, page: Page) -> bool {
    let account = Account::of(world, page);
    let Account { count, mapcount, cache, ptes, transient, .. } = account;
    let nobody_refers = cache == 0 && ptes == 0 && transient == 0;
    count == account.sum()
        && mapcount == ptes
        && world.sum().cache(page) >= 0
        && transient >= 0
        && (count > 0 || nobody_refers)
}

/// All done ⇒ nobody holds anything but a mapping, a seal or a pin.
pub fn no_leak(world: &impl Look) -> bool {
    !all_done(world)
        || (holds_nothing(world)
            && world.cells().get(Cell::MmapWritable) == world.sum().counted() - world.sum().denied())
}

/// An error was returned ⇒ that call left no tag, no replacement, no denial and no seal behind.
pub fn failure_atomic(world: &impl Look) -> bool {
    let others_seal = calls(world).any(|call| !matches!(call.returned(), Some(Err(_))));
    failed_calls(world).all(|call| {
        let tags = world.scenario().indices().all(|index| call.tag(index) == 0);
        tags && call.replaced() == 0 && call.denied() == 0 && (others_seal || !sealed(world))
    })
}

/// An error was returned ⇒ that call took nobody's PTE away.
pub fn failure_keeps_mappings(world: &impl Look) -> bool {
    failed_calls(world).all(|call| !call.unmapped())
}

/// A slot is replaced ⇒ the replacer holds the old page's lock, and nobody maps it.
pub fn replace_unmapped(world: &impl Look, actor: usize, access: Access) -> bool {
    let Access::ReplaceSlot { old, .. } = access else { return true };
    world.actors()[actor].locked(old) == 1 && world.cells().get(Cell::Mapcount(old)) == 0
}

/// All done ⇒ every page that is not free is charged exactly once.
pub fn memcg_charge(world: &impl Look) -> bool {
    let charged_once =
        |page| world.cells().get(Cell::Count(page)) <= 0 || world.cells().get(Cell::Charge(page)) == 1;
    !all_done(world) || world.scenario().all_pages().all(charged_once)
}

/// Every call returned ⇒ every mlocked mapping has its page. A call that is under way may have taken it for a moment.
pub fn mlock_resident(world: &impl Look) -> bool {
    let resident = |vma: Vma| {
        let page = world.scenario().starts_mapped(vma);
        page.is_none_or(|page| world.cells().get(Cell::Pte(vma, world.scenario().index_of(page))) != NONE)
    };
    let returned = calls(world).all(|call| call.returned().is_some());
    !returned || world.scenario().mlocked_vmas().all(resident)
}

/// A load makes the judge decide to replace a page ⇒ a pin holds it.
pub fn no_needless_copy(world: &impl Look, after: &impl Held) -> bool {
    after.judged_pinned().is_none_or(|page| world.sum().pins(page) > 0)
}

/// The call failed ⇒ it was refused the denial of writable mappings.
pub fn seals_under_io(world: &impl Look) -> bool {
    failed_calls(world).all(Held::refused)
}

/// No call has failed.
pub fn never_fails(world: &impl Look) -> bool {
    failed_calls(world).next().is_none()
}

/// The file is sealed, and nobody who maps it for reading is refused unless he asked before.
pub fn read_only_map_allowed(world: &impl Look, actor: usize, access: Access) -> bool {
    let maps_to_read = world.scenario().starts_read_only(Vma(actor as u8));
    let refused = access == Access::MapWritable && world.cells().get(Cell::MmapWritable) < 0;
    let asked_before = world.actors()[actor].saw_seals() == Some(0);
    !(sealed(world) && maps_to_read && refused) || asked_before
}

/// A scan of the first call begins, and nobody holds a pin, a page lock, or a reference but the page cache,
/// mappings and batches.
pub(super) fn scan_begins_free(world: &impl Look) -> bool {
    world.actors()[0].scan_begins() && refers_to_nothing(world)
}

pub(super) fn no_batch(world: &impl Look) -> bool {
    world.scenario().batched().all(|page| world.cells().get(Cell::Batch(page)) == 0)
}

/// Whether every reference, lock and tag was given back. Live pins may stay.
fn holds_nothing(world: &impl Look) -> bool {
    let (scenario, sum) = (world.scenario(), world.sum());
    let let_go = |page| {
        sum.transient(page) == 0 && sum.deferred(page) == 0 && sum.cache(page) == 0 && sum.locked(page) == 0
    };
    scenario.all_pages().all(let_go)
        && scenario.indices().all(|index| sum.tag(index) == 0)
        && sum.inode_locked() == 0
}

/// Whether nobody refers to a page but the page cache, mappings and batches, and no page is locked.
fn refers_to_nothing(world: &impl Look) -> bool {
    let sum = world.sum();
    let let_go = |page| {
        let referred = [sum.transient(page), sum.deferred(page), sum.cache(page), sum.pins(page)];
        referred == [0; 4] && sum.locked(page) == 0
    };
    world.scenario().all_pages().all(let_go)
}
