//! What a recipient of a sealed file may trust, and what a caller of F_ADD_SEALS may expect: each claim by its
//! name, with its statement, its witnesses, and the scenarios that it speaks of.

mod account;
mod functions;
mod witness;
mod words;

use std::str::FromStr;

use crate::Result;
use crate::access::{Access, Page};
use crate::ghost::{Ghost, Held, Holding, encode_returned};
use crate::machine::Cells;
use crate::scenario::{Actor, Method, Program, Scenario, WriterProgram};
pub use account::Account;
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

impl Held for Status<'_> {
    #[inline]
    fn held(&self, what: Holding) -> i16 {
        match what {
            Holding::Returned => encode_returned(self.returned),
            _ => self.ghost.held(what),
        }
    }
}

/// One state, as claims see it: cells, and what actors [hold](Held).
#[derive(Clone, Copy, Debug)]
pub struct World<'a, C, S = Status<'a>, G = Ghost> {
    /// The fixed part.
    pub scenario: &'a Scenario,
    /// Shared memory.
    pub cells: &'a C,
    /// Every actor, in the order of the cast.
    pub actors: &'a [S],
    /// What all actors hold together.
    pub sum: &'a G,
}

/// How claims look at a state.
pub trait Look {
    /// The fixed part.
    fn scenario(&self) -> &Scenario;
    /// Shared memory.
    fn cells(&self) -> &impl Cells;
    /// What every actor holds, in the order of the cast.
    fn actors(&self) -> &[impl Held];
    /// What all actors hold together.
    fn sum(&self) -> &impl Held;
}

impl<C: Cells, S: Held, G: Held> Look for World<'_, C, S, G> {
    #[inline]
    fn scenario(&self) -> &Scenario {
        self.scenario
    }
    #[inline]
    fn cells(&self) -> &impl Cells {
        self.cells
    }
    #[inline]
    fn actors(&self) -> &[impl Held] {
        self.actors
    }
    #[inline]
    fn sum(&self) -> &impl Held {
        self.sum
    }
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

    /// The claims that [concern](Claim::concerns) a scenario, in the order of [`Claim::ALL`].
    pub fn concerning(scenario: &Scenario) -> Vec<Claim> {
        Claim::ALL.into_iter().filter(|claim| claim.concerns(scenario)).collect()
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
            Claim::MlockResident => scenario.mlocked_vmas().next().is_some() && !has(truncates),
            Claim::SealsUnderIo => memory && has(|actor| actor.pins()),
            Claim::ReadReferencesDoNotBlock => memory && has(is_reader) && only(reads_or_holds),
            Claim::PrivateMapsDoNotBlock => memory && only(holds),
            Claim::PrivateMapsDoNotBlockWhileMoving => memory && !scenario.signals && only(maps_privately),
            Claim::ReadOnlyMapAllowed => scenario.mmap_looks_at_seals() && has(is_mprotect),
            _ => true,
        }
    }

    /// Whether the claim is true in this state. Claims of another [kind](Claim::kind) are true in every state.
    pub fn holds(self, world: &impl Look) -> bool {
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

    /// Whether it says the same of every page frame, each by itself: [`Claim::holds_of_page`].
    pub fn is_by_page(self) -> bool {
        self == Claim::CountLaw
    }

    /// Whether the claim is true of one page frame in this state. Other claims than those
    /// [by page](Claim::is_by_page) are true of all.
    pub fn holds_of_page(self, world: &impl Look, page: Page) -> bool {
        self != Claim::CountLaw || count_law_of(world, page)
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
    pub fn holds_for_step(self, world: &impl Look, actor: usize, access: Access, after: &Ghost) -> bool {
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
    pub fn starts_alone(self, world: &impl Look) -> bool {
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

fn truncates(actor: &Actor) -> bool {
    matches!(actor, Actor::Truncate { .. })
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
