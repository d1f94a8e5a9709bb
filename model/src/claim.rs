//! What a recipient of a sealed file may trust: each claim a named function over one state, or over one step.

use std::str::FromStr;

use crate::Result;
use crate::access::{Access, MAX_PAGES, NONE, Page, Vma};
use crate::ghost::Ghost;
use crate::machine::{Cell, Cells};
use crate::scenario::{Actor, Method, Scenario};

/// One actor in a state: what it holds, and what it returned if it has.
#[derive(Clone, Copy, Debug)]
pub struct Status<'a> {
    /// What it holds.
    pub ghost: &'a Ghost,
    /// What it returned.
    pub returned: Option<Result>,
}

/// One state, as claims see it.
#[derive(Clone, Copy, Debug)]
pub struct World<'a, C> {
    /// The fixed part.
    pub scenario: &'a Scenario,
    /// Shared memory.
    pub cells: &'a C,
    /// Every actor, in the order of the cast.
    pub actors: &'a [Status<'a>],
    /// What all actors hold together.
    pub sum: &'a Ghost,
}

/// A claim, by its name in reviews and on the command line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Claim::statement` says each of them")]
pub enum Claim {
    NoWritablePin,
    NoWritableMapping,
    ContentFrozen,
    CountLaw,
    NoLeak,
    FailureAtomic,
    ReplaceUnmapped,
    NoDeadlock,
}

/// A state that a run must reach, lest its verdict say nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Witness::statement` says each of them")]
pub enum Witness {
    Sealed,
    ReturnedError,
    PinOutlivedMapping,
    WritableMapped,
    Mapped,
    ContentChanged,
    PageReplaced,
    AllReturnedSealed,
}

impl Claim {
    /// All claims, in the order of the review.
    pub const ALL: [Claim; 8] = [
        Claim::NoWritablePin,
        Claim::NoWritableMapping,
        Claim::ContentFrozen,
        Claim::CountLaw,
        Claim::NoLeak,
        Claim::FailureAtomic,
        Claim::ReplaceUnmapped,
        Claim::NoDeadlock,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Claim::NoWritablePin => "no-writable-pin",
            Claim::NoWritableMapping => "no-writable-mapping",
            Claim::ContentFrozen => "content-frozen",
            Claim::CountLaw => "count-law",
            Claim::NoLeak => "no-leak",
            Claim::FailureAtomic => "failure-atomic",
            Claim::ReplaceUnmapped => "replace-unmapped",
            Claim::NoDeadlock => "no-deadlock",
        }
    }

    /// The claim in words.
    pub fn statement(self) -> &'static str {
        match self {
            Claim::NoWritablePin => {
                "once F_SEAL_WRITE is set, no live writable pin is on a page that is the file's; a pin on a \
                 detached page is allowed"
            }
            Claim::NoWritableMapping => {
                "once F_SEAL_WRITE is set, there is no writable PTE and no stale writable TLB entry to a page of \
                 the file"
            }
            Claim::ContentFrozen => {
                "a read that begins after F_SEAL_WRITE was set sees the same content as every later one"
            }
            Claim::CountLaw => {
                "C = K + M + P + T - D for every page at every instant, M is the number of its PTEs, and a page \
                 with C = 0 is free and nobody refers to it"
            }
            Claim::NoLeak => {
                "when all actors are done, every reference and count is exactly what the survivors hold"
            }
            Claim::FailureAtomic => {
                "when F_ADD_SEALS returned an error, seals, tags and slots are as before it, and i_mmap_writable \
                 is the number of counted VMAs"
            }
            Claim::ReplaceUnmapped => "a slot is replaced only under its page's lock, with M = 0",
            Claim::NoDeadlock => "as long as somebody is not done, somebody can move",
        }
    }

    /// The states that must be reached for the verdict to mean anything.
    pub fn witnesses(self) -> &'static [Witness] {
        match self {
            Claim::NoWritablePin => &[Witness::Sealed, Witness::PinOutlivedMapping],
            Claim::NoWritableMapping => &[Witness::Sealed, Witness::WritableMapped],
            Claim::ContentFrozen => &[Witness::Sealed, Witness::ContentChanged],
            Claim::CountLaw => &[Witness::Sealed, Witness::Mapped],
            Claim::NoLeak | Claim::NoDeadlock => &[Witness::AllReturnedSealed],
            Claim::FailureAtomic => &[Witness::ReturnedError],
            Claim::ReplaceUnmapped => &[Witness::PageReplaced, Witness::Mapped],
        }
    }

    /// Whether the claim says anything about this way of sealing: `wait` never replaces a slot.
    pub fn concerns(self, method: Method) -> bool {
        self != Claim::ReplaceUnmapped || method == Method::Isolate
    }

    /// Whether the claim is true in this state. Claims on steps are true in every state.
    pub fn holds<C: Cells>(self, world: &World<'_, C>) -> bool {
        match self {
            Claim::NoWritablePin => no_writable_pin(world),
            Claim::NoWritableMapping => no_writable_mapping(world),
            Claim::ContentFrozen => content_frozen(world),
            Claim::CountLaw => count_law(world),
            Claim::NoLeak => no_leak(world),
            Claim::FailureAtomic => failure_atomic(world),
            Claim::ReplaceUnmapped | Claim::NoDeadlock => true,
        }
    }

    /// Whether the claim is true of this step, which `actor` is about to take.
    pub fn holds_for_step<C: Cells>(self, world: &World<'_, C>, actor: usize, access: Access) -> bool {
        match (self, access) {
            (Claim::ReplaceUnmapped, Access::ReplaceSlot { old, .. }) => replace_unmapped(world, actor, old),
            _ => true,
        }
    }
}

impl FromStr for Claim {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = Claim::ALL.into_iter().find(|claim| claim.name() == text);
        found.ok_or_else(|| format!("no claim is named `{text}`: see `sealcheck list claims`"))
    }
}

fn sealed<C: Cells>(world: &World<'_, C>) -> bool {
    world.cells.get(Cell::Seals) == 1
}

fn in_slots<C: Cells>(world: &World<'_, C>) -> impl Iterator<Item = Page> {
    world.scenario.indices().map(|index| Page(world.cells.get(Cell::Slot(index)) as u8))
}

/// SEAL_WRITE set ⇒ no live writable pin on a page of the file.
pub fn no_writable_pin<C: Cells>(world: &World<'_, C>) -> bool {
    !sealed(world) || in_slots(world).all(|page| world.sum.pins[page.0 as usize] == 0)
}

/// SEAL_WRITE set ⇒ no writable PTE and no stale writable TLB entry to a page of the file.
pub fn no_writable_mapping<C: Cells>(world: &World<'_, C>) -> bool {
    let writable_to = |vma: Vma, page: Page| {
        world.scenario.indices().any(|index| {
            let frame = page.0 as i16;
            world.cells.get(Cell::Pte(vma, index)) == frame || world.cells.get(Cell::Tlb(vma, index)) == frame
        })
    };
    !sealed(world)
        || in_slots(world).all(|page| !world.scenario.writable_vmas().any(|vma| writable_to(vma, page)))
}

/// What a recipient reads now, by read(2) or through a mapping, is what it would have read when the seal was set.
///
/// If any two reads that begin after the seal differ, one of them differs from a read at the seal; and what a
/// stalled reader copies later, a reader that looks then would see as well, for slots no longer change.
pub fn content_frozen<C: Cells>(world: &World<'_, C>) -> bool {
    let frozen = |index, frame: i16| {
        world.cells.get(Cell::Content(Page(frame as u8))) == world.cells.get(Cell::Frozen(index))
    };
    let mapped_frozen = |index| {
        let mut ptes = world.scenario.vmas().map(|vma| world.cells.get(Cell::Pte(vma, index)));
        ptes.all(|frame| frame == NONE || frozen(index, frame))
    };
    let in_slot = |index| world.cells.get(Cell::Slot(index));
    !sealed(world)
        || world.scenario.indices().all(|index| frozen(index, in_slot(index)) && mapped_frozen(index))
}

/// C = K + M + P + T for every page (D is 0 in this cast), M its PTEs, and nobody refers to a free page.
pub fn count_law<C: Cells>(world: &World<'_, C>) -> bool {
    let mut in_slot = [0; MAX_PAGES];
    in_slots(world).for_each(|page| in_slot[page.0 as usize] += 1);
    let mut ptes = [0; MAX_PAGES];
    for vma in world.scenario.vmas() {
        for index in world.scenario.indices() {
            let frame = world.cells.get(Cell::Pte(vma, index));
            if frame != NONE {
                ptes[frame as usize] += 1;
            }
        }
    }
    let batched = |page: Page| world.cells.get(Cell::Batch(page));
    world.scenario.all_pages().all(|page| {
        let at = page.0 as usize;
        let (cache, transient, pins) = (world.sum.cache[at], world.sum.transient[at], world.sum.pins[at]);
        let references = in_slot[at]
            + ptes[at]
            + cache as i16
            + transient as i16
            + pins as i16 * world.scenario.pin_weight as i16
            + batched(page);
        let nobody_refers =
            references == 0 && in_slot[at] == 0 && ptes[at] == 0 && cache == 0 && transient == 0;
        let count = world.cells.get(Cell::Count(page));
        count == references
            && world.cells.get(Cell::Mapcount(page)) == ptes[at]
            && cache >= 0
            && transient >= 0
            && (count > 0 || nobody_refers)
    })
}

/// All done ⇒ nobody holds anything but a mapping, a seal or a pin.
pub fn no_leak<C: Cells>(world: &World<'_, C>) -> bool {
    let all_done = world.actors.iter().all(|actor| actor.returned.is_some());
    !all_done
        || (world.sum.holds_nothing()
            && world.cells.get(Cell::MmapWritable) == (world.sum.counted - world.sum.denied) as i16)
}

/// An error was returned ⇒ that call left no tag, no replacement and no denial behind.
pub fn failure_atomic<C: Cells>(world: &World<'_, C>) -> bool {
    let sealers =
        world.actors.iter().zip(world.scenario.cast()).filter(|(_, actor)| **actor == Actor::Sealer);
    let failed = sealers.map(|(status, _)| status).filter(|status| matches!(status.returned, Some(Err(_))));
    failed.into_iter().all(|call| {
        let tags = call.ghost.tags.iter().all(|&tag| tag == 0);
        tags && call.ghost.replaced == 0 && call.ghost.denied == 0 && !sealed(world)
    })
}

/// A slot is replaced ⇒ the replacer holds the old page's lock, and nobody maps it.
pub fn replace_unmapped<C: Cells>(world: &World<'_, C>, actor: usize, old: Page) -> bool {
    world.actors[actor].ghost.locked[old.0 as usize] == 1 && world.cells.get(Cell::Mapcount(old)) == 0
}

impl Witness {
    /// All witnesses.
    pub const ALL: [Witness; 8] = [
        Witness::Sealed,
        Witness::ReturnedError,
        Witness::PinOutlivedMapping,
        Witness::WritableMapped,
        Witness::Mapped,
        Witness::ContentChanged,
        Witness::PageReplaced,
        Witness::AllReturnedSealed,
    ];

    /// The witness in words.
    pub fn statement(self) -> &'static str {
        match self {
            Witness::Sealed => "a seal succeeded",
            Witness::ReturnedError => "F_ADD_SEALS returned an error",
            Witness::PinOutlivedMapping => "a pin outlived its mapping",
            Witness::WritableMapped => "a page was mapped writable",
            Witness::Mapped => "a page was mapped",
            Witness::ContentChanged => "the content changed",
            Witness::PageReplaced => "a page was replaced",
            Witness::AllReturnedSealed => "all actors came to their end with the seal set",
        }
    }

    /// Whether this state is the one.
    pub fn seen<C: Cells>(self, world: &World<'_, C>) -> bool {
        match self {
            Witness::Sealed => sealed(world),
            Witness::ReturnedError => matches!(world.actors[0].returned, Some(Err(_))),
            Witness::PinOutlivedMapping => {
                let pins = |ghost: &Ghost| ghost.pins.iter().any(|&pins| pins > 0);
                world.actors.iter().any(|actor| pins(actor.ghost) && actor.ghost.counted == 0)
            }
            Witness::WritableMapped => {
                let mapped =
                    |vma| world.scenario.indices().any(|i| world.cells.get(Cell::Pte(vma, i)) != NONE);
                world.scenario.writable_vmas().any(mapped)
            }
            Witness::Mapped => {
                world.scenario.all_pages().any(|page| world.cells.get(Cell::Mapcount(page)) > 0)
            }
            Witness::ContentChanged => {
                world.scenario.all_pages().any(|page| world.cells.get(Cell::Content(page)) != 0)
            }
            Witness::PageReplaced => world.actors[0].ghost.replaced > 0,
            Witness::AllReturnedSealed => {
                sealed(world) && world.actors.iter().all(|actor| actor.returned.is_some())
            }
        }
    }
}
