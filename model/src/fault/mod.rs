//! Seeded faults: one slip each, switched on by a scenario, to show that a claim would have caught it.

mod calls;
mod real;
mod slips;

pub use calls::CallFault;

use crate::claim::Claim;

/// A slip in the protocol, or in its surroundings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Fault::slip` says each of them")]
pub enum Fault {
    SplitJudge,
    SplitJudgeMapsFirst,
    AssumeSmallPage,
    SwapTagLeft,
    MapsBeforeRefs,
    ExecImpliesLate,
    PinWithoutInodeLock,
    PinIgnoresFutureWrite,
    PinIgnoresSeals,
    DirtyCow,
    IgnoreMaywrite,
    PrivateAsShared,
    MmapIgnoresSeals,
    MmapIgnoresFutureWrite,
    KeepMaywrite,
    CountBeforeClear,
    ForceShared,
    PutBeforeFlush,
    SkipDeny,
    DenyAfterScan,
    SealBeforeWait,
    UnlockBeforeSeal,
    ForgetAllow,
    AllowTwice,
    ClearPinnedTag,
    KillBreaksLoop,
    LastScanErrorLost,
    LeaveTags,
    TagOnlyAboveTwo,
    IsolateWithoutLock,
    SkipUnmap,
    ReplaceBeforeCopy,
    SkipCopy,
    PutTwice,
    LeakBatch,
    ForgetUnlock,
    NoIsolateRecheck,
    NoDrain,
    NoTagPass,
    BusySticks,
    WaitForEver,
    IsolateGivesUp,
    MappedIsBusy,
    CopyUnpinned,
    MoveCharge,
    ForgetMlock,
    UnmapBeforeAlloc,
    CountBeforeZap,
    NoMappingRecheck,
    NoPteRecheck,
    GupIgnoresReadOnly,
    WriteIgnoresSeal,
    SwapOutWithoutWrite,
}

/// What is known about a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slip {
    /// The name on the command line.
    pub name: &'static str,
    /// What is wrong.
    pub says: &'static str,
    /// The commit that brought it or mends it, or what kind of slip it is.
    pub provenance: &'static str,
    /// The kernels concerned.
    pub kernels: &'static str,
    /// The claim that it breaks.
    pub breaks: Claim,
    /// A scenario, in its one-line form, in which it does. Without the fault the claim is proved there.
    pub shown_in: &'static str,
}

impl Fault {
    /// All faults: first those of real kernels.
    pub const ALL: [Fault; 53] = [
        Fault::SplitJudge,
        Fault::SplitJudgeMapsFirst,
        Fault::AssumeSmallPage,
        Fault::SwapTagLeft,
        Fault::MapsBeforeRefs,
        Fault::ExecImpliesLate,
        Fault::PinWithoutInodeLock,
        Fault::PinIgnoresFutureWrite,
        Fault::PinIgnoresSeals,
        Fault::DirtyCow,
        Fault::IgnoreMaywrite,
        Fault::PrivateAsShared,
        Fault::MmapIgnoresSeals,
        Fault::MmapIgnoresFutureWrite,
        Fault::KeepMaywrite,
        Fault::CountBeforeClear,
        Fault::ForceShared,
        Fault::PutBeforeFlush,
        Fault::SkipDeny,
        Fault::DenyAfterScan,
        Fault::SealBeforeWait,
        Fault::UnlockBeforeSeal,
        Fault::ForgetAllow,
        Fault::AllowTwice,
        Fault::ClearPinnedTag,
        Fault::KillBreaksLoop,
        Fault::LastScanErrorLost,
        Fault::LeaveTags,
        Fault::TagOnlyAboveTwo,
        Fault::IsolateWithoutLock,
        Fault::SkipUnmap,
        Fault::ReplaceBeforeCopy,
        Fault::SkipCopy,
        Fault::PutTwice,
        Fault::LeakBatch,
        Fault::ForgetUnlock,
        Fault::NoIsolateRecheck,
        Fault::NoDrain,
        Fault::NoTagPass,
        Fault::BusySticks,
        Fault::WaitForEver,
        Fault::IsolateGivesUp,
        Fault::MappedIsBusy,
        Fault::CopyUnpinned,
        Fault::MoveCharge,
        Fault::ForgetMlock,
        Fault::UnmapBeforeAlloc,
        Fault::CountBeforeZap,
        Fault::NoMappingRecheck,
        Fault::NoPteRecheck,
        Fault::GupIgnoresReadOnly,
        Fault::WriteIgnoresSeal,
        Fault::SwapOutWithoutWrite,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.slip().name
    }

    /// The claim that it breaks.
    pub fn breaks(self) -> Claim {
        self.slip().breaks
    }

    /// What is known about it.
    pub fn slip(self) -> Slip {
        match real::slip(self) {
            Some(slip) => slip,
            None => slips::slip(self),
        }
    }

    /// Returns whether each failed call allows writable mappings once more than it denied them.
    pub(crate) fn allows_too_often(self) -> bool {
        matches!(self, Fault::SkipDeny | Fault::DenyAfterScan | Fault::AllowTwice)
    }

    /// Whether a kernel had it.
    pub fn is_real(self) -> bool {
        real::slip(self).is_some()
    }
}
