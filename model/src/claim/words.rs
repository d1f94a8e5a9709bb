//! Claims in words: names, statements, and what they speak of.

use super::Claim;

impl Claim {
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

    /// The scenarios that a claim speaks of, in words.
    pub fn scope(self) -> &'static str {
        match self {
            Claim::ReplaceUnmapped | Claim::MemcgCharge | Claim::NoNeedlessCopy => {
                "strategies that replace pages"
            }
            Claim::ContentFrozenInFlight => "casts with a reader",
            Claim::ReadsSeeWrites => "casts with a writer or a file-writer and without a pinner",
            Claim::NoNewWriter => "casts with a writer, a pinner, a lookup-pinner or a file-writer",
            Claim::MlockResident => "casts with mapper:mlock, where nobody punches holes",
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
}
