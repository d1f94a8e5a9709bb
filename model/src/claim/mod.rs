//! What a recipient of a sealed file may trust, and what a caller of F_ADD_SEALS may expect: each claim by its
//! name, with its statement, its witnesses, and the scenarios that it speaks of.

mod functions;
mod witness;

use std::str::FromStr;

use crate::Result;
use crate::access::Access;
use crate::ghost::Ghost;
use crate::machine::Cells;
use crate::scenario::{Actor, Method, Program, Scenario, WriterProgram};
pub use functions::*;
pub use witness::Witness;

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
    ContentFrozenInFlight,
    IoLands,
    ReadsSeeWrites,
    NoNewWriter,
    CountLaw,
    NoLeak,
    ReplaceUnmapped,
    NoDeadlock,
    FailureAtomic,
    FailureKeepsMappings,
    MemcgCharge,
    MlockResident,
    NoNeedlessCopy,
    Returns,
    SealsOnceFree,
    SealsUnderIo,
    ReadReferencesDoNotBlock,
    PrivateMapsDoNotBlock,
    PrivateMapsDoNotBlockWhileMoving,
    ReadOnlyMapAllowed,
}

/// How a claim is decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// True or not in every state: [`Claim::holds`].
    State,
    /// True or not of every step: [`Claim::holds_for_step`].
    Step,
    /// From every state of [`Claim::starts_alone`] on, the sealer returns 0 if nobody else moves, no signal comes
    /// and memory can be allocated.
    Alone,
    /// On every fair run the sealer returns.
    Progress,
}

impl Claim {
    /// All claims, in the order of the review.
    pub const ALL: [Claim; 23] = [
        Claim::NoWritablePin,
        Claim::NoWritableMapping,
        Claim::ContentFrozen,
        Claim::ContentFrozenInFlight,
        Claim::IoLands,
        Claim::ReadsSeeWrites,
        Claim::NoNewWriter,
        Claim::CountLaw,
        Claim::NoLeak,
        Claim::ReplaceUnmapped,
        Claim::NoDeadlock,
        Claim::FailureAtomic,
        Claim::FailureKeepsMappings,
        Claim::MemcgCharge,
        Claim::MlockResident,
        Claim::NoNeedlessCopy,
        Claim::Returns,
        Claim::SealsOnceFree,
        Claim::SealsUnderIo,
        Claim::ReadReferencesDoNotBlock,
        Claim::PrivateMapsDoNotBlock,
        Claim::PrivateMapsDoNotBlockWhileMoving,
        Claim::ReadOnlyMapAllowed,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Claim::NoWritablePin => "no-writable-pin",
            Claim::NoWritableMapping => "no-writable-mapping",
            Claim::ContentFrozen => "content-frozen",
            Claim::ContentFrozenInFlight => "content-frozen-in-flight",
            Claim::IoLands => "io-lands",
            Claim::ReadsSeeWrites => "reads-see-writes",
            Claim::NoNewWriter => "no-new-writer",
            Claim::CountLaw => "count-law",
            Claim::NoLeak => "no-leak",
            Claim::ReplaceUnmapped => "replace-unmapped",
            Claim::NoDeadlock => "no-deadlock",
            Claim::FailureAtomic => "failure-atomic",
            Claim::FailureKeepsMappings => "failure-keeps-mappings",
            Claim::MemcgCharge => "memcg-charge",
            Claim::MlockResident => "mlock-resident",
            Claim::NoNeedlessCopy => "no-needless-copy",
            Claim::Returns => "returns",
            Claim::SealsOnceFree => "seals-once-free",
            Claim::SealsUnderIo => "seals-under-io",
            Claim::ReadReferencesDoNotBlock => "read-references-do-not-block",
            Claim::PrivateMapsDoNotBlock => "private-maps-do-not-block",
            Claim::PrivateMapsDoNotBlockWhileMoving => "private-maps-do-not-block-while-moving",
            Claim::ReadOnlyMapAllowed => "read-only-map-allowed",
        }
    }

    /// The claim in words.
    pub fn statement(self) -> &'static str {
        match self {
            Claim::NoWritablePin => {
                "once F_SEAL_WRITE is set, no live writable pin is on a page that is the file's: in its slot, or \
                 in the swap cache behind its slot's swap entry; a pin on a detached page is allowed"
            }
            Claim::NoWritableMapping => {
                "once F_SEAL_WRITE is set, there is no writable PTE and no stale writable TLB entry to a page of \
                 the file"
            }
            Claim::ContentFrozen => {
                "a read that begins after F_SEAL_WRITE was set sees the same content as every later one"
            }
            Claim::ContentFrozenInFlight => {
                "the same for a read whose lookup came before F_SEAL_WRITE was set and whose copy comes after it"
            }
            Claim::IoLands => {
                "what a pin or a mapping wrote before F_SEAL_WRITE was set is in the file when it is set"
            }
            Claim::ReadsSeeWrites => {
                "as long as F_SEAL_WRITE is not set and nobody pins, the file holds what was written to its pages"
            }
            Claim::NoNewWriter => {
                "nobody who asks for a writable mapping, for a pin without a mapping or for write(2) after \
                 F_SEAL_WRITE or F_SEAL_FUTURE_WRITE was set gets it"
            }
            Claim::CountLaw => {
                "C = K + M + P + T - D for every page at every instant, M is the number of its PTEs, and a page \
                 with C = 0 is free and nobody refers to it"
            }
            Claim::NoLeak => {
                "when all actors are done, every reference, tag and count is exactly what the survivors hold"
            }
            Claim::ReplaceUnmapped => "a slot is replaced only under its page's lock, with M = 0",
            Claim::NoDeadlock => "as long as somebody is not done, somebody can move",
            Claim::FailureAtomic => {
                "when F_ADD_SEALS returned an error, seals, tags and slots are as before it, and i_mmap_writable \
                 is the number of counted VMAs"
            }
            Claim::FailureKeepsMappings => "when F_ADD_SEALS returned an error, it has taken no PTE away",
            Claim::MemcgCharge => "when all actors are done, every page in existence is charged exactly once",
            Claim::MlockResident => "when the call returns, an mlocked mapping has its page mapped",
            Claim::NoNeedlessCopy => {
                "a page is replaced only if a pin held it at the last load on which that decision rests"
            }
            Claim::Returns => "the call returns, on every fair run",
            Claim::SealsOnceFree => {
                "if a scan begins when no pin, no reference and no page lock is left, and none is taken after that and \
                 no signal comes, the call returns 0"
            }
            Claim::SealsUnderIo => {
                "the call returns 0 even if a pin is never dropped, unless a writable mapping was counted"
            }
            Claim::ReadReferencesDoNotBlock => {
                "a reference of a batch never makes the call fail, and one of a reader only if it is kept into the \
                 last scan"
            }
            Claim::PrivateMapsDoNotBlock => {
                "with only private or read-only mappings that do not change during the call, it returns 0"
            }
            Claim::PrivateMapsDoNotBlockWhileMoving => {
                "with only private or read-only mappings, which come and go, the call returns 0"
            }
            Claim::ReadOnlyMapAllowed => {
                "a read-only shared mapping is allowed once F_SEAL_WRITE is set, with VM_MAYWRITE cleared (6.7)"
            }
        }
    }

    /// How it is decided.
    pub fn kind(self) -> Kind {
        match self {
            Claim::ReplaceUnmapped
            | Claim::IoLands
            | Claim::NoNewWriter
            | Claim::NoNeedlessCopy
            | Claim::ReadOnlyMapAllowed => Kind::Step,
            Claim::SealsOnceFree | Claim::ReadReferencesDoNotBlock => Kind::Alone,
            Claim::Returns => Kind::Progress,
            _ => Kind::State,
        }
    }

    /// The states that must be reached for the verdict to mean anything.
    pub fn witnesses(self) -> &'static [Witness] {
        match self {
            Claim::NoWritablePin => &[Witness::Sealed, Witness::PinOutlivedMapping],
            Claim::NoWritableMapping => &[Witness::Sealed, Witness::WritableMapped],
            Claim::ContentFrozen | Claim::IoLands | Claim::ReadsSeeWrites => {
                &[Witness::Sealed, Witness::ContentChanged]
            }
            Claim::ContentFrozenInFlight => &[Witness::ReadInFlight, Witness::ContentChanged],
            Claim::NoNewWriter => &[Witness::WriterRefused],
            Claim::CountLaw => &[Witness::Sealed, Witness::Mapped],
            Claim::NoLeak | Claim::NoDeadlock => &[Witness::AllReturnedSealed],
            Claim::ReplaceUnmapped => &[Witness::PageReplaced, Witness::Mapped],
            Claim::FailureAtomic => &[Witness::ReturnedError],
            Claim::FailureKeepsMappings => &[Witness::ReturnedError, Witness::Mapped],
            Claim::MemcgCharge | Claim::NoNeedlessCopy => &[Witness::PageReplaced],
            Claim::Returns | Claim::MlockResident => &[Witness::Returned],
            Claim::SealsOnceFree => &[Witness::ScanBeganFree],
            Claim::SealsUnderIo => &[Witness::ReturnedUnderPin],
            Claim::ReadReferencesDoNotBlock => &[Witness::ReadDuringCall],
            Claim::PrivateMapsDoNotBlock => &[Witness::Returned],
            Claim::PrivateMapsDoNotBlockWhileMoving => &[Witness::Returned, Witness::Mapped],
            Claim::ReadOnlyMapAllowed => &[Witness::MappedReadOnly],
        }
    }

    /// Whether the claim says anything about this scenario; [`Claim::scope`] says when it does.
    pub fn concerns(self, scenario: &Scenario) -> bool {
        let others = &scenario.cast()[1..];
        let has = |wanted: fn(&Actor) -> bool| others.iter().any(wanted);
        let only = |allowed: fn(&Actor) -> bool| !others.is_empty() && others.iter().all(allowed);
        let memory = !scenario.allocation_may_fail;
        match self {
            Claim::ReplaceUnmapped | Claim::MemcgCharge | Claim::NoNeedlessCopy => {
                scenario.strategy.method() == Method::Isolate
            }
            Claim::ContentFrozenInFlight => has(|actor| matches!(actor, Actor::Reader { .. })),
            Claim::ReadsSeeWrites => has(writes) && !has(|actor| actor.pins()),
            Claim::NoNewWriter => has(asks_to_write),
            Claim::MlockResident => scenario.mlocked_vmas().next().is_some(),
            Claim::SealsUnderIo => memory && has(|actor| actor.pins()),
            Claim::ReadReferencesDoNotBlock => memory && has(is_reader) && only(reads_or_holds),
            Claim::PrivateMapsDoNotBlock => memory && only(holds),
            Claim::PrivateMapsDoNotBlockWhileMoving => memory && !scenario.signals && only(maps_privately),
            Claim::ReadOnlyMapAllowed => scenario.mmap_looks_at_seals() && has(is_mprotect),
            _ => true,
        }
    }

    /// The scenarios that a claim speaks of, in words.
    pub fn scope(self) -> &'static str {
        match self {
            Claim::ReplaceUnmapped | Claim::MemcgCharge | Claim::NoNeedlessCopy => {
                "strategies that replace pages"
            }
            Claim::ContentFrozenInFlight => "casts with a reader",
            Claim::ReadsSeeWrites => "casts with a writer or a file-writer and without a pinner",
            Claim::NoNewWriter => "casts with a writer, a pinner, a lookup-pinner or a file-writer",
            Claim::MlockResident => "casts with mapper:mlock",
            Claim::SealsUnderIo => "casts with a pinner, where allocation succeeds",
            Claim::ReadReferencesDoNotBlock => {
                "casts of readers, batches, reclaim and mapper:hold, where allocation succeeds"
            }
            Claim::PrivateMapsDoNotBlock => {
                "casts of mapper:hold and mapper:mlock, where allocation succeeds"
            }
            Claim::PrivateMapsDoNotBlockWhileMoving => {
                "casts of mappers and forkers, where allocation succeeds and no signal comes"
            }
            Claim::ReadOnlyMapAllowed => "casts with writer:mprotect, where mmap() asks the seals",
            _ => "every scenario",
        }
    }

    /// Whether the claim is true in this state. Claims of another [kind](Claim::kind) are true in every state.
    pub fn holds<C: Cells>(self, world: &World<'_, C>) -> bool {
        match self {
            Claim::NoWritablePin => no_writable_pin(world),
            Claim::NoWritableMapping => no_writable_mapping(world),
            Claim::ContentFrozen => content_frozen(world),
            Claim::ContentFrozenInFlight => content_frozen_in_flight(world),
            Claim::ReadsSeeWrites => reads_see_writes(world),
            Claim::CountLaw => count_law(world),
            Claim::NoLeak => no_leak(world),
            Claim::FailureAtomic => failure_atomic(world),
            Claim::FailureKeepsMappings => failure_keeps_mappings(world),
            Claim::MemcgCharge => memcg_charge(world),
            Claim::MlockResident => mlock_resident(world),
            Claim::SealsUnderIo => seals_under_io(world),
            Claim::PrivateMapsDoNotBlock | Claim::PrivateMapsDoNotBlockWhileMoving => never_fails(world),
            _ => true,
        }
    }

    /// Whether some claim looks at steps with this access.
    #[inline]
    pub fn look_at(access: Access) -> bool {
        matches!(
            access,
            Access::ReplaceSlot { .. }
                | Access::SealsSet(_)
                | Access::MapWritable
                | Access::MapWritableAlways
                | Access::TryPin(_)
                | Access::WritePage(_)
                | Access::PageCount(_)
                | Access::PageMapcount(_)
                | Access::PageCounts(_)
        )
    }

    /// Whether the claim is true of this step, which `actor` is about to take; `after` is what the actor holds
    /// then.
    pub fn holds_for_step<C: Cells>(
        self,
        world: &World<'_, C>,
        actor: usize,
        access: Access,
        after: &Ghost,
    ) -> bool {
        match self {
            Claim::NoNeedlessCopy => no_needless_copy(world, after),
            Claim::ReplaceUnmapped => replace_unmapped(world, actor, access),
            Claim::IoLands => io_lands(world, access),
            Claim::NoNewWriter => no_new_writer(world, actor, access),
            Claim::ReadOnlyMapAllowed => read_only_map_allowed(world, actor, access),
            _ => true,
        }
    }

    /// Whether the sealer must return 0 if from this state on nobody else moves.
    pub fn starts_alone<C: Cells>(self, world: &World<'_, C>) -> bool {
        match self {
            Claim::SealsOnceFree => scan_begins_free(world) && no_batch(world),
            Claim::ReadReferencesDoNotBlock => scan_begins_free(world),
            _ => false,
        }
    }
}

fn asks_to_write(actor: &Actor) -> bool {
    matches!(actor, Actor::LookupPinner { .. } | Actor::FileWriter { .. }) || actor.is_writable()
}

fn writes(actor: &Actor) -> bool {
    matches!(actor, Actor::Writer { .. } | Actor::FileWriter { .. })
}

fn is_reader(actor: &Actor) -> bool {
    matches!(actor, Actor::Reader { .. } | Actor::Recipient { .. } | Actor::LruBatch { .. })
}

fn holds(actor: &Actor) -> bool {
    matches!(actor, Actor::Mapper { program: Program::Hold | Program::Mlock, .. })
}

fn reads_or_holds(actor: &Actor) -> bool {
    is_reader(actor) || holds(actor) || matches!(actor, Actor::Reclaim { .. })
}

fn maps_privately(actor: &Actor) -> bool {
    let forced = matches!(actor, Actor::Mapper { program: Program::Force, .. });
    actor.has_vma() && !actor.is_writable() && !forced
}

fn is_mprotect(actor: &Actor) -> bool {
    matches!(actor, Actor::Writer { program: WriterProgram::Mprotect, .. })
}

impl FromStr for Claim {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = Claim::ALL.into_iter().find(|claim| claim.name() == text);
        found.ok_or_else(|| format!("no claim is named `{text}`: see `sealcheck list claims`"))
    }
}
