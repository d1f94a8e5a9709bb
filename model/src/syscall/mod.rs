//! System calls on a memfd, as a program makes them: who may ask, what the seals say, and which steps of the rest of
//! the model follow.
//!
//! Behaviour is that of 6.7 and later; where an earlier kernel differs, the function says so. A call is run alone,
//! from its beginning to its end, and predicts what the kernel answers: `sealcheck conform` makes the same call and
//! compares. What else moves while it runs is the matter of [`actors`](crate::actors).
//!
//! # Abstractions
//! Sizes and offsets are counted in half pages, and of each page one byte, its first, is looked at: every write flips
//! it between 0 and 1. `i_size`, `i_mode` and what a descriptor may do change under the inode lock or never, so they
//! are plain values and no accesses. So are the pages that a private mapping copied, which are not the file's. Memory is
//! there, limits are high enough, and nothing is swapped out.

mod anon;
mod file;
mod hold;
mod mmap;
mod operation;
mod parse;
mod scenario;
mod text;

pub use anon::{Anon, Copied};
pub use file::{Inode, MemfdNoexec, memfd_add_seals};
pub use hold::{Held, Hold};
pub use mmap::VmArea;
pub use operation::{By, Create, During, HoldName, Operation, Program, Slot, UNKNOWN_SEAL};
pub use parse::SyntaxError;
pub use scenario::{HOLDS, PAGES, SLOTS, empty_file, scenario};
pub use text::{FORMS, seals_text};

use crate::access::{Answer, Index, MAX_INDICES, Vma};
use crate::mapping::seals;
use crate::memory::Memory;
use crate::{Errno, Result};

/// What a call answers when it does not fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Said {
    /// 0, or that it was done.
    Done,
    /// The first byte of a page: 0 or 1.
    Byte(u8),
    /// So many half pages.
    Halves(u8),
    /// Seals, as bits such as [`SEAL_WRITE`](crate::access::SEAL_WRITE).
    Seals(Answer),
    /// The caller was killed while it waited.
    Killed,
}

/// What the kernel was told that calls depend on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The sysctl `vm.memfd_noexec`.
    pub memfd_noexec: MemfdNoexec,
    /// `transparent_hugepage/shmem_enabled` is not `never`: the mapping of a memfd allows large folios, and a write is
    /// asked for in pieces as large as those (6.14). That a file gets some is left out.
    pub large_folios: bool,
}

/// What a program has: descriptors of one memfd, mappings of it, what it holds of its pages, and a child.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Task {
    /// The kernel that it runs on.
    pub settings: Settings,
    /// The file; none before it was created.
    pub inode: Option<Inode>,
    /// Pages that fallocate() made and nobody has filled: PG_uptodate is clear, and a read finds a hole there.
    pub fallocated: [bool; MAX_INDICES],
    /// Which descriptors are open beside the one that is for reading and writing, by [`By`].
    pub reopened: [bool; 2],
    /// Its mappings, by slot.
    pub areas: [Option<VmArea>; SLOTS],
    /// Those of a child that was forked and has not exited.
    pub child: Option<[Option<VmArea>; SLOTS]>,
    /// Every page that a private mapping ever copied.
    pub anon: Vec<Copied>,
    /// References to pages, by name.
    pub holds: [Option<Hold>; HOLDS],
}

impl Task {
    /// Whether a descriptor is open.
    pub fn has(&self, by: By) -> bool {
        match by {
            By::ReadWrite => self.inode.is_some(),
            By::ReadOnly => self.reopened[0],
            By::WriteOnly => self.reopened[1],
        }
    }
}

/// The VMA that stands in a slot. The sealer is number 0.
fn vma(slot: Slot) -> Vma {
    Vma(slot.0 + 1)
}

/// Make one call. None: there is nothing that it could be made on, such as a mapping that is not there.
///
/// Sealing is not made here: others run while it sleeps, so an engine runs [`memfd_add_seals`] itself.
pub async fn call<M: Memory>(m: &M, task: &mut Task, operation: &Operation) -> Option<Result<Said>> {
    task.inode?;
    match *operation {
        // a file is created once
        Operation::Create(_) | Operation::Seal { .. } | Operation::Kill => None,
        Operation::Reopen(by) => reopen(task, by),
        Operation::GetSeals => Some(Ok(Said::Seals(seals(m).await))), // memfd_get_seals()
        Operation::Fork => mmap::dup_mmap(m, task).await,
        Operation::Exit => mmap::exit_mmap(m, task).await,
        Operation::Write { .. }
        | Operation::Read { .. }
        | Operation::Resize { .. }
        | Operation::Allocate { .. }
        | Operation::Punch { .. }
        | Operation::Chmod { .. } => file::call(m, task, operation).await,
        Operation::Pin { .. }
        | Operation::Unpin(_)
        | Operation::Dma(_)
        | Operation::Vmsplice { .. }
        | Operation::Splice { .. }
        | Operation::Drain(_) => hold::call(m, task, operation).await,
        Operation::Map { .. }
        | Operation::Touch { .. }
        | Operation::Load { .. }
        | Operation::Store { .. }
        | Operation::DontNeed { .. }
        | Operation::Remove { .. }
        | Operation::Mprotect { .. }
        | Operation::Unmap(_)
        | Operation::Mlock(_) => mmap::call(m, task, operation).await,
    }
}

/// `memfd_create()`, the first call of a program.
pub async fn create<M: Memory>(m: &M, task: &mut Task, flags: Create) -> Result<Said> {
    task.inode = Some(file::memfd_create(m, task.settings.memfd_noexec, flags).await?);
    Ok(Said::Done)
}

/// `open("/proc/self/fd/N")`: another descriptor of the same file.
fn reopen(task: &mut Task, by: By) -> Option<Result<Said>> {
    let place = match by {
        By::ReadWrite => return None,
        By::ReadOnly => 0,
        By::WriteOnly => 1,
    };
    let before = std::mem::replace(&mut task.reopened[place], true);
    (!before).then_some(Ok(Said::Done))
}

/// Whether the page at an offset is below the end of the file: behind it a fault is SIGBUS.
fn in_file(task: &Task, index: Index) -> bool {
    task.inode.is_some_and(|inode| 2 * index.0 < inode.i_size)
}

/// The errno of an access to a page that a fault can't bring in.
const SIGBUS: Errno = Errno::EFAULT;
