//! The language of operations: what a program may ask of a memfd.

use crate::access::{Answer, Index};

/// A seal that no kernel knows.
pub const UNKNOWN_SEAL: Answer = 64;

/// A mapping of a program: `a` to `d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(pub u8);

/// What a program holds of a page: `p` to `r`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HoldName(pub u8);

/// Which descriptor a call uses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum By {
    /// The one that memfd_create() gave.
    ReadWrite,
    /// One that was opened again with O_RDONLY.
    ReadOnly,
    /// One that was opened again with O_WRONLY.
    WriteOnly,
}

impl By {
    /// FMODE_READ
    pub fn reads(self) -> bool {
        self != By::WriteOnly
    }

    /// FMODE_WRITE
    pub fn writes(self) -> bool {
        self != By::ReadOnly
    }
}

/// Flags of `memfd_create()`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Create {
    /// MFD_ALLOW_SEALING
    pub allow_sealing: bool,
    /// MFD_EXEC (6.3)
    pub exec: bool,
    /// MFD_NOEXEC_SEAL (6.3)
    pub noexec_seal: bool,
}

/// An operation that is made while somebody seals.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct During {
    /// In the sleep before this rescan, `1..=4`; after the call if it never sleeps so often.
    pub rescan: u8,
    /// What is done.
    pub operation: Operation,
}

/// One call. Offsets and sizes are in half pages, ends excluded; `by` is the descriptor.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "said above, and by the system call that each is named after")]
pub enum Operation {
    /// `memfd_create()`
    Create(Create),
    /// `open("/proc/self/fd/N")`
    Reopen(By),
    /// `fcntl(F_ADD_SEALS)`; with operations to be made meanwhile, by another thread.
    Seal { seals: Answer, by: By, during: Vec<During> },
    /// SIGKILL to whoever seals; only while somebody does.
    Kill,
    /// `fcntl(F_GET_SEALS)`
    GetSeals,
    /// `mmap()` of the whole file, PROT_READ or PROT_READ | PROT_WRITE.
    Map { slot: Slot, shared: bool, write: bool, by: By },
    /// `madvise(MADV_POPULATE_READ)` of a page.
    Touch { slot: Slot, index: Index },
    /// `madvise(MADV_POPULATE_READ)`, and a load.
    Load { slot: Slot, index: Index },
    /// `madvise(MADV_POPULATE_WRITE)`, and a store.
    Store { slot: Slot, index: Index },
    /// `mprotect()`
    Mprotect { slot: Slot, write: bool },
    /// `munmap()`
    Unmap(Slot),
    /// `mlock()`
    Mlock(Slot),
    /// `madvise(MADV_DONTNEED)` of a page.
    DontNeed { slot: Slot, index: Index },
    /// `madvise(MADV_REMOVE)` of a page.
    Remove { slot: Slot, index: Index },
    /// `fork()`: a child that does nothing, with the same mappings and descriptors.
    Fork,
    /// `exit()` of the child.
    Exit,
    /// `pwrite()`
    Write { from: u8, to: u8, by: By },
    /// `pread()` of the first byte of a page.
    Read { index: Index, by: By },
    /// `ftruncate()`
    Resize { size: u8, by: By },
    /// `fallocate()`, with FALLOC_FL_KEEP_SIZE or without.
    Allocate { from: u8, to: u8, keep_size: bool, by: By },
    /// `fallocate(FALLOC_FL_PUNCH_HOLE)` of whole pages.
    Punch { from: Index, to: Index, by: By },
    /// `fchmod()`: executable or not.
    Chmod { executable: bool },
    /// A registered buffer of an io_uring: pinned for writing.
    Pin { hold: HoldName, slot: Slot, index: Index },
    /// The buffer is unregistered.
    Unpin(HoldName),
    /// A device reads the page through the pin, and writes to it.
    Dma(HoldName),
    /// `vmsplice()` of a mapped page into a pipe.
    Vmsplice { hold: HoldName, slot: Slot, index: Index },
    /// `splice()` of a page of the file into a pipe.
    Splice { hold: HoldName, index: Index, by: By },
    /// The pipe is read empty.
    Drain(HoldName),
}

/// A sequence of operations, from the creation of a file on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Program(pub Vec<Operation>);
