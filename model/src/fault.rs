//! Seeded faults: one slip each, switched on by a scenario, to show that a claim would have caught it.

use crate::claim::Claim;
use crate::scenario::Method;

/// A slip in the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Fault::describe` says each of them")]
pub enum Fault {
    SkipDeny,
    DenyAfterScan,
    SealBeforeWait,
    ForgetAllow,
    AllowTwice,
    ClearPinnedTag,
    KillBreaksLoop,
    LastScanErrorLost,
    LeaveTags,
    TagOnlyAboveTwo,
    IsolateWithoutLock,
    SkipUnmap,
    PutTwice,
    LeakBatch,
    PutBeforeFlush,
    CountBeforeZap,
    ForgetUnlock,
    NoMappingRecheck,
}

impl Fault {
    /// All faults.
    pub const ALL: [Fault; 18] = [
        Fault::SkipDeny,
        Fault::DenyAfterScan,
        Fault::SealBeforeWait,
        Fault::ForgetAllow,
        Fault::AllowTwice,
        Fault::ClearPinnedTag,
        Fault::KillBreaksLoop,
        Fault::LastScanErrorLost,
        Fault::LeaveTags,
        Fault::TagOnlyAboveTwo,
        Fault::IsolateWithoutLock,
        Fault::SkipUnmap,
        Fault::PutTwice,
        Fault::LeakBatch,
        Fault::PutBeforeFlush,
        Fault::CountBeforeZap,
        Fault::ForgetUnlock,
        Fault::NoMappingRecheck,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Fault::SkipDeny => "skip-deny",
            Fault::DenyAfterScan => "deny-after-scan",
            Fault::SealBeforeWait => "seal-before-wait",
            Fault::ForgetAllow => "forget-allow",
            Fault::AllowTwice => "allow-twice",
            Fault::ClearPinnedTag => "clear-pinned-tag",
            Fault::KillBreaksLoop => "kill-breaks-loop",
            Fault::LastScanErrorLost => "last-scan-error-lost",
            Fault::LeaveTags => "leave-tags",
            Fault::TagOnlyAboveTwo => "tag-only-above-two",
            Fault::IsolateWithoutLock => "isolate-without-lock",
            Fault::SkipUnmap => "skip-unmap",
            Fault::PutTwice => "put-twice",
            Fault::LeakBatch => "leak-batch",
            Fault::PutBeforeFlush => "put-before-flush",
            Fault::CountBeforeZap => "count-before-zap",
            Fault::ForgetUnlock => "forget-unlock",
            Fault::NoMappingRecheck => "no-mapping-recheck",
        }
    }

    /// What is wrong, and where the slip comes from.
    pub fn describe(self) -> &'static str {
        match self {
            Fault::SkipDeny => "mapping_deny_writable() is not called (sealer slip)",
            Fault::DenyAfterScan => "mapping_deny_writable() comes after the scan (sealer slip)",
            Fault::SealBeforeWait => "the seal is set before the pins are settled (3b041514cb6e, 6.3)",
            Fault::ForgetAllow => "a failed call leaves writable mappings denied (sealer slip)",
            Fault::AllowTwice => "a failed call allows writable mappings twice (sealer slip)",
            Fault::ClearPinnedTag => "a rescan clears the tag of a page that is still pinned (sealer slip)",
            Fault::KillBreaksLoop => "a fatal signal leaves the loop without a last scan (sealer slip)",
            Fault::LastScanErrorLost => "the last scan forgets that it found a pin (sealer slip)",
            Fault::LeaveTags => "the last scan leaves the tags set (sealer slip)",
            Fault::TagOnlyAboveTwo => "a page is tagged only above two extra references (sealer slip)",
            Fault::IsolateWithoutLock => "isolation does not take the page lock (sealer slip)",
            Fault::SkipUnmap => "isolation does not unmap the page (sealer slip)",
            Fault::PutTwice => "the page cache's reference is put twice (sealer slip)",
            Fault::LeakBatch => "the batch's references are not put (sealer slip)",
            Fault::PutBeforeFlush => "munmap puts the page before it flushes the TLB (1cf35d47712d, 3.15)",
            Fault::CountBeforeZap => "munmap drops the count before it clears the PTEs (mmap slip)",
            Fault::ForgetUnlock => "the new page stays locked (sealer slip)",
            Fault::NoMappingRecheck => {
                "a fault does not look at page->mapping again under the lock (fault slip)"
            }
        }
    }

    /// The claim that this fault breaks.
    pub fn breaks(self) -> Claim {
        match self {
            Fault::SkipDeny | Fault::PutBeforeFlush | Fault::CountBeforeZap => Claim::NoWritableMapping,
            Fault::SealBeforeWait | Fault::NoMappingRecheck => Claim::ContentFrozen,
            Fault::ForgetAllow | Fault::AllowTwice | Fault::LeaveTags => Claim::FailureAtomic,
            Fault::IsolateWithoutLock | Fault::SkipUnmap => Claim::ReplaceUnmapped,
            Fault::PutTwice => Claim::CountLaw,
            Fault::LeakBatch => Claim::NoLeak,
            Fault::ForgetUnlock => Claim::NoDeadlock,
            _ => Claim::NoWritablePin,
        }
    }

    /// The code path that the slip is in.
    pub fn method(self) -> Method {
        match self {
            Fault::IsolateWithoutLock
            | Fault::SkipUnmap
            | Fault::PutTwice
            | Fault::LeakBatch
            | Fault::ForgetUnlock
            | Fault::NoMappingRecheck => Method::Isolate,
            _ => Method::Wait,
        }
    }
}
