//! Slips in the system calls, to show that the live kernel contradicts each of them.

/// A slip in what a call asks or does, before and after the protocol that is explored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`CallFault::says` says each of them")]
pub enum CallFault {
    ReadOnlySeals,
    UnknownSeals,
    SealSealIgnored,
    ExecImpliesNothing,
    NoexecNotSealable,
    CreateTakesBoth,
    ChmodIgnoresExec,
    WriteIgnoresFutureWrite,
    WriteIgnoresGrow,
    GrowRefusesAll,
    WriteKeepsSize,
    TruncateBadf,
    ShrinkIgnored,
    GrowIgnored,
    TruncateKeepsPage,
    AllocateIgnoresGrow,
    KeepSizePasses,
    KeepSizeMoves,
    AllocateAsksWrite,
    AllocateFills,
    PunchIgnoresSeals,
    MapWritesReadOnly,
    ReadOnlyFileCounted,
    PrivateCounted,
    ReadOnlyUncounted,
    MprotectIgnoresMaywrite,
    UnmapForgetsCount,
    ForkForgetsCount,
    ExitForgetsCount,
    PrivateWritesFile,
    FaultBeyondEnd,
    MlockBeyondEnd,
    DontNeedOfMlocked,
    RemoveIgnoresMaywrite,
    PinOfReadOnly,
    PinForgetsReference,
    PipeForgetsReference,
    CopyStartsEmpty,
    ForkMovesPinned,
    ReuseIgnoresPipes,
}

impl CallFault {
    /// All of them, by the call that they are in.
    pub const ALL: [CallFault; 40] = [
        CallFault::ReadOnlySeals,
        CallFault::UnknownSeals,
        CallFault::SealSealIgnored,
        CallFault::ExecImpliesNothing,
        CallFault::NoexecNotSealable,
        CallFault::CreateTakesBoth,
        CallFault::ChmodIgnoresExec,
        CallFault::WriteIgnoresFutureWrite,
        CallFault::WriteIgnoresGrow,
        CallFault::GrowRefusesAll,
        CallFault::WriteKeepsSize,
        CallFault::TruncateBadf,
        CallFault::ShrinkIgnored,
        CallFault::GrowIgnored,
        CallFault::TruncateKeepsPage,
        CallFault::AllocateIgnoresGrow,
        CallFault::KeepSizePasses,
        CallFault::KeepSizeMoves,
        CallFault::AllocateAsksWrite,
        CallFault::AllocateFills,
        CallFault::PunchIgnoresSeals,
        CallFault::MapWritesReadOnly,
        CallFault::ReadOnlyFileCounted,
        CallFault::PrivateCounted,
        CallFault::ReadOnlyUncounted,
        CallFault::MprotectIgnoresMaywrite,
        CallFault::UnmapForgetsCount,
        CallFault::ForkForgetsCount,
        CallFault::ExitForgetsCount,
        CallFault::PrivateWritesFile,
        CallFault::FaultBeyondEnd,
        CallFault::MlockBeyondEnd,
        CallFault::DontNeedOfMlocked,
        CallFault::RemoveIgnoresMaywrite,
        CallFault::PinOfReadOnly,
        CallFault::PinForgetsReference,
        CallFault::PipeForgetsReference,
        CallFault::CopyStartsEmpty,
        CallFault::ForkMovesPinned,
        CallFault::ReuseIgnoresPipes,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// What is wrong.
    pub fn says(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            CallFault::ReadOnlySeals => ("read-only-seals", "F_ADD_SEALS does not ask for FMODE_WRITE"),
            CallFault::UnknownSeals => ("unknown-seals", "F_ADD_SEALS takes bits that are no seals"),
            CallFault::SealSealIgnored => ("seal-seal-ignored", "F_SEAL_SEAL keeps nobody from adding seals"),
            CallFault::ExecImpliesNothing => {
                ("exec-implies-nothing", "F_SEAL_EXEC of an executable file implies no other seal")
            }
            CallFault::NoexecNotSealable => ("noexec-not-sealable", "MFD_NOEXEC_SEAL leaves F_SEAL_SEAL set"),
            CallFault::CreateTakesBoth => {
                ("create-takes-both", "memfd_create() takes MFD_EXEC and MFD_NOEXEC_SEAL together")
            }
            CallFault::ChmodIgnoresExec => ("chmod-ignores-exec", "fchmod() does not ask F_SEAL_EXEC"),
            CallFault::WriteIgnoresFutureWrite => {
                ("write-ignores-future-write", "write(2) and holes do not ask F_SEAL_FUTURE_WRITE")
            }
            CallFault::WriteIgnoresGrow => ("write-ignores-grow", "write(2) does not ask F_SEAL_GROW"),
            CallFault::GrowRefusesAll => {
                ("grow-refuses-all", "F_SEAL_GROW refuses a write across the end as a whole")
            }
            CallFault::WriteKeepsSize => ("write-keeps-size", "a write across the end leaves the size"),
            CallFault::TruncateBadf => ("truncate-badf", "ftruncate() of a read-only descriptor is EBADF"),
            CallFault::ShrinkIgnored => ("shrink-ignored", "ftruncate() does not ask F_SEAL_SHRINK"),
            CallFault::GrowIgnored => ("grow-ignored", "ftruncate() does not ask F_SEAL_GROW"),
            CallFault::TruncateKeepsPage => ("truncate-keeps-page", "truncated pages stay in the file"),
            CallFault::AllocateIgnoresGrow => {
                ("allocate-ignores-grow", "fallocate() does not ask F_SEAL_GROW")
            }
            CallFault::KeepSizePasses => ("keep-size-passes", "FALLOC_FL_KEEP_SIZE passes F_SEAL_GROW by"),
            CallFault::KeepSizeMoves => ("keep-size-moves", "FALLOC_FL_KEEP_SIZE moves the size"),
            CallFault::AllocateAsksWrite => ("allocate-asks-write", "fallocate() asks F_SEAL_WRITE"),
            CallFault::AllocateFills => {
                ("allocate-fills", "a page that fallocate() makes can be spliced at once")
            }
            CallFault::PunchIgnoresSeals => {
                ("punch-ignores-seals", "a hole is punched into a file that is sealed against writing")
            }
            CallFault::MapWritesReadOnly => {
                ("map-writes-read-only", "a read-only descriptor is mapped shared and writable")
            }
            CallFault::ReadOnlyFileCounted => {
                ("read-only-file-counted", "a shared mapping of a read-only descriptor counts")
            }
            CallFault::PrivateCounted => ("private-counted", "a private mapping counts"),
            CallFault::ReadOnlyUncounted => {
                ("read-only-uncounted", "a read-only shared mapping of a writable descriptor does not count")
            }
            CallFault::MprotectIgnoresMaywrite => {
                ("mprotect-ignores-maywrite", "mprotect() does not ask VM_MAYWRITE")
            }
            CallFault::UnmapForgetsCount => ("unmap-forgets-count", "munmap() leaves a mapping counted"),
            CallFault::ForkForgetsCount => ("fork-forgets-count", "the mappings of a child do not count"),
            CallFault::ExitForgetsCount => {
                ("exit-forgets-count", "the mappings of a child count after its exit")
            }
            CallFault::PrivateWritesFile => {
                ("private-writes-file", "a store through a private mapping hits the file's page")
            }
            CallFault::FaultBeyondEnd => {
                ("fault-beyond-end", "a fault behind the end of the file gets a page")
            }
            CallFault::MlockBeyondEnd => ("mlock-beyond-end", "mlock() behind the end of the file succeeds"),
            CallFault::DontNeedOfMlocked => ("dontneed-of-mlocked", "MADV_DONTNEED takes mlocked pages away"),
            CallFault::RemoveIgnoresMaywrite => {
                ("remove-ignores-maywrite", "MADV_REMOVE works through any mapping")
            }
            CallFault::PinOfReadOnly => ("pin-of-read-only", "a read-only mapping can be pinned for writing"),
            CallFault::PinForgetsReference => ("pin-forgets-reference", "a pin holds no reference"),
            CallFault::PipeForgetsReference => ("pipe-forgets-reference", "a page in a pipe is not held"),
            CallFault::CopyStartsEmpty => ("copy-starts-empty", "a private copy starts as zeroes"),
            CallFault::ForkMovesPinned => {
                ("fork-moves-pinned", "fork() shares a pinned copy, so the next store leaves it (before 5.9)")
            }
            CallFault::ReuseIgnoresPipes => (
                "reuse-ignores-pipes",
                "a store after fork() hits the copy that is in a pipe (CVE-2020-29374)",
            ),
        }
    }
}
