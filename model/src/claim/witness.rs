//! States that a run must reach, lest its verdict say nothing.

use super::functions::{all_done, calls, no_batch, scan_begins_free, sealed};
use super::{Look, is_reader};
use crate::access::{NONE, Vma};
use crate::ghost::Held;
use crate::machine::{Cell, Cells, writable_now};

/// A state that a run must reach, lest its verdict say nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Witness::statement` says each of them")]
pub enum Witness {
    Sealed,
    Returned,
    ReturnedError,
    ReturnedUnderPin,
    PinOutlivedMapping,
    WritableMapped,
    Mapped,
    MappedReadOnly,
    ContentChanged,
    PageReplaced,
    AllReturnedSealed,
    ReadInFlight,
    ReadDuringCall,
    WriterRefused,
    ScanBeganFree,
}

impl Witness {
    /// All witnesses.
    pub const ALL: [Witness; 15] = [
        Witness::Sealed,
        Witness::Returned,
        Witness::ReturnedError,
        Witness::ReturnedUnderPin,
        Witness::PinOutlivedMapping,
        Witness::WritableMapped,
        Witness::Mapped,
        Witness::MappedReadOnly,
        Witness::ContentChanged,
        Witness::PageReplaced,
        Witness::AllReturnedSealed,
        Witness::ReadInFlight,
        Witness::ReadDuringCall,
        Witness::WriterRefused,
        Witness::ScanBeganFree,
    ];

    /// The witness in words.
    pub fn statement(self) -> &'static str {
        match self {
            Witness::Sealed => "a seal succeeded",
            Witness::Returned => "F_ADD_SEALS returned",
            Witness::ReturnedError => "F_ADD_SEALS returned an error",
            Witness::ReturnedUnderPin => "F_ADD_SEALS returned while a pin was alive",
            Witness::PinOutlivedMapping => "a pin outlived its mapping",
            Witness::WritableMapped => "a page was mapped writable",
            Witness::Mapped => "a page was mapped",
            Witness::MappedReadOnly => "a page of the sealed file was mapped for reading",
            Witness::ContentChanged => "the content changed",
            Witness::PageReplaced => "a page was replaced",
            Witness::AllReturnedSealed => "all actors came to their end with the seal set",
            Witness::ReadInFlight => "a read was in flight when the seal was set",
            Witness::ReadDuringCall => "a reader or a batch held a page during the call",
            Witness::WriterRefused => "somebody who asked to write was refused",
            Witness::ScanBeganFree => "a scan began with every pin and reference dropped",
        }
    }

    /// Whether this state is the one.
    pub fn seen(self, world: &impl Look) -> bool {
        match self {
            Witness::Sealed => sealed(world),
            Witness::Returned => calls(world).any(|call| call.returned().is_some()),
            Witness::ReturnedError => calls(world).any(|call| matches!(call.returned(), Some(Err(_)))),
            Witness::ReturnedUnderPin => {
                calls(world).any(|call| call.returned().is_some()) && pins(world, world.sum())
            }
            Witness::PinOutlivedMapping => {
                world.actors().iter().any(|actor| pins(world, actor) && actor.counted() == 0)
            }
            Witness::WritableMapped => {
                let writable = |vma: &Vma| writable_now(world.cells(), world.scenario(), *vma);
                world.scenario().writable_vmas().filter(writable).any(|vma| maps_any(world, vma))
            }
            Witness::Mapped => world.scenario().vmas().any(|vma| maps_any(world, vma)),
            Witness::MappedReadOnly => {
                let read_only = |vma: &Vma| world.cells().get(Cell::ReadOnly(*vma)) == 1;
                sealed(world) && world.scenario().vmas().filter(read_only).any(|vma| maps_any(world, vma))
            }
            Witness::ContentChanged => {
                world.scenario().all_pages().any(|page| world.cells().get(Cell::Content(page)) != 0)
            }
            Witness::PageReplaced => calls(world).any(|call| call.replaced() > 0),
            Witness::AllReturnedSealed => sealed(world) && all_done(world),
            Witness::ReadInFlight => {
                sealed(world) && world.actors().iter().any(|actor| actor.reading().is_some())
            }
            Witness::ReadDuringCall => world.actors()[0].denied() > 0 && reader_holds(world),
            Witness::WriterRefused => {
                let refused = |actor: usize| matches!(world.actors()[actor].returned(), Some(Err(_)));
                (1..world.actors().len()).any(refused)
            }
            Witness::ScanBeganFree => scan_begins_free(world) && no_batch(world),
        }
    }
}

fn pins(world: &impl Look, holder: &impl Held) -> bool {
    world.scenario().all_pages().any(|page| holder.pins(page) > 0)
}

fn maps_any(world: &impl Look, vma: Vma) -> bool {
    world.scenario().indices().any(|index| world.cells().get(Cell::Pte(vma, index)) != NONE)
}

fn reader_holds(world: &impl Look) -> bool {
    let mut cast = world.actors().iter().zip(world.scenario().cast());
    cast.any(|(holder, actor)| is_reader(actor) && refers(world, holder)) || !no_batch(world)
}

fn refers(world: &impl Look, holder: &impl Held) -> bool {
    world.scenario().all_pages().any(|page| holder.transient(page) > 0)
}
