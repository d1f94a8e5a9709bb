//! `mm/memfd.c`, and what `mm/shmem.c` asks before a file changes.

use super::{By, Create, Operation, PAGES, Said, Task, UNKNOWN_SEAL};
use crate::access::{Answer, Entry, Index, SEAL_EXEC, SEAL_GROW, SEAL_SEAL, SEAL_SHRINK, SEALS};
use crate::fault::CallFault;
use crate::file::{sealed_against_writing, shmem_undo_range, shmem_write_begin, shmem_write_end};
use crate::mapping::{inode_lock, inode_unlock, seals, set_seals, unmap_mapping_range};
use crate::memory::{Memory, MemoryExt};
use crate::sealer::shmem_add_seals;
use crate::swap::shmem_getpage;
use crate::{Errno, Result};

/// What `struct inode` says of a memfd beside its pages: all of it changes under the inode lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Inode {
    /// The size, in half pages.
    pub i_size: u8,
    /// `i_mode & 0111`
    pub executable: bool,
}

/// The sysctl `vm.memfd_noexec` (6.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum MemfdNoexec {
    /// 0: a memfd is executable unless it says otherwise.
    #[default]
    Exec,
    /// 1: it is not, unless it says otherwise.
    NoexecSeal,
    /// 2: it must not be.
    Enforced,
}

/// `memfd_create()`: `sanitize_flags()`, `check_sysctl_memfd_noexec()`, `alloc_file()`.
pub(super) async fn memfd_create<M: Memory>(m: &M, noexec: MemfdNoexec, flags: Create) -> Result<Inode> {
    if flags.exec && flags.noexec_seal && !m.slips(CallFault::CreateTakesBoth) {
        return Err(Errno::EINVAL);
    }
    let silent = !flags.exec && !flags.noexec_seal;
    let noexec_seal = flags.noexec_seal || silent && noexec >= MemfdNoexec::NoexecSeal;
    if !noexec_seal && noexec == MemfdNoexec::Enforced {
        return Err(Errno::EACCES); // MEMFD_NOEXEC_SCOPE_NOEXEC_ENFORCED (6.6)
    }
    let sealable = flags.allow_sealing || noexec_seal && !m.slips(CallFault::NoexecNotSealable);
    let first = if noexec_seal { SEAL_EXEC } else { 0 } | if sealable { 0 } else { SEAL_SEAL };
    set_seals(m, first).await;
    Ok(Inode { i_size: 0, executable: !noexec_seal })
}

/// `memfd_add_seals()`: who may ask for what, and then [`shmem_add_seals`](crate::sealer).
///
/// # Errors
/// EPERM without FMODE_WRITE or with F_SEAL_SEAL set, EINVAL for bits that are no seals, EBUSY for F_SEAL_WRITE while
/// a shared mapping may be written or a page is held.
pub async fn memfd_add_seals<M: Memory>(m: &M, by: By, inode: Inode, asked: Answer) -> Result<Said> {
    if !by.writes() && !m.slips(CallFault::ReadOnlySeals) {
        return Err(Errno::EPERM);
    }
    if asked & UNKNOWN_SEAL != 0 && !m.slips(CallFault::UnknownSeals) {
        return Err(Errno::EINVAL); // F_ALL_SEALS
    }
    let known = SEALS.into_iter().fold(0, |all, (bit, _)| all | bit);
    shmem_add_seals(m, asked & known, inode.executable).await?;
    Ok(Said::Done)
}

/// The calls of this file. `by` is a descriptor that is open.
pub(super) async fn call<M: Memory>(m: &M, task: &mut Task, operation: &Operation) -> Option<Result<Said>> {
    let by = match *operation {
        Operation::Write { by, .. }
        | Operation::Read { by, .. }
        | Operation::Resize { by, .. }
        | Operation::Allocate { by, .. }
        | Operation::Punch { by, .. } => by,
        _ => By::ReadWrite,
    };
    if !task.has(by) {
        return None;
    }
    Some(match *operation {
        Operation::Write { from, to, by } => shmem_file_write_iter(m, task, from, to, by).await,
        Operation::Read { index, by } => shmem_file_read_iter(m, task, index, by).await,
        Operation::Resize { size, by } => do_ftruncate(m, task, size, by).await,
        Operation::Allocate { from, to, keep_size, by } => allocate(m, task, from, to, keep_size, by).await,
        Operation::Punch { from, to, by } if by.writes() => punch_hole(m, task, from, to).await,
        Operation::Punch { .. } => Err(Errno::EBADF), // vfs_fallocate()
        Operation::Chmod { executable } => chmod(m, task, executable).await,
        _ => return None,
    })
}

/// `shmem_file_write_iter()` (6.6; `generic_file_write_iter()` before).
async fn shmem_file_write_iter<M: Memory>(m: &M, task: &mut Task, from: u8, to: u8, by: By) -> Result<Said> {
    if !by.writes() {
        return Err(Errno::EBADF); // vfs_write()
    }
    inode_lock(m).await;
    let written = generic_perform_write(m, task, from, to).await;
    inode_unlock(m).await;
    written
}

/// `generic_perform_write()`: page by page; what failed later than the first is a short write. Where the mapping allows
/// large folios, `shmem_write_begin()` is asked for as much as one of them could hold.
async fn generic_perform_write<M: Memory>(m: &M, task: &mut Task, from: u8, to: u8) -> Result<Said> {
    let mut pos = from;
    while pos < to {
        let end = to.min(pos / 2 * 2 + 2);
        let whole = task.settings.large_folios || m.slips(CallFault::GrowRefusesAll);
        let asked_for = if whole { to } else { end };
        if let Err(error) = write_page(m, task, pos, end, asked_for).await {
            if pos == from {
                return Err(error);
            }
            break;
        }
        pos = end;
    }
    Ok(Said::Halves(pos - from))
}

/// One page of it: the part in `pos..end`.
async fn write_page<M: Memory>(m: &M, task: &mut Task, pos: u8, end: u8, asked_for: u8) -> Result {
    let Some(inode) = &mut task.inode else { return Err(Errno::EBADF) };
    if asked_for > inode.i_size && seals(m).await & SEAL_GROW != 0 && !m.slips(CallFault::WriteIgnoresGrow) {
        return Err(Errno::EPERM); // shmem_write_begin()
    }
    let page = shmem_write_begin(m, Index(pos / 2)).await?;
    if pos.is_multiple_of(2) {
        page.write(m).await; // copy_folio_from_iter_atomic(): the first byte is in it
    }
    task.fallocated[pos as usize / 2] = false; // folio_mark_uptodate()
    if !m.slips(CallFault::WriteKeepsSize) {
        inode.i_size = inode.i_size.max(end); // shmem_write_end()
    }
    shmem_write_end(m, page).await;
    Ok(())
}

/// `shmem_file_read_iter()` of the first byte of a page: a hole reads as zeroes and stays one.
async fn shmem_file_read_iter<M: Memory>(m: &M, task: &Task, index: Index, by: By) -> Result<Said> {
    if !by.reads() {
        return Err(Errno::EBADF); // vfs_read()
    }
    if !super::in_file(task, index) {
        return Ok(Said::Halves(0));
    }
    let Entry::Page(page) = index.find_get_page(m).await else {
        return Ok(Said::Byte(0)); // shmem_get_folio(SGP_READ)
    };
    let byte = page.read(m).await; // copy_folio_to_iter()
    page.put(m).await; // folio_put()
    Ok(Said::Byte(byte as u8))
}

/// `do_ftruncate()`, `shmem_setattr()`.
async fn do_ftruncate<M: Memory>(m: &M, task: &mut Task, size: u8, by: By) -> Result<Said> {
    if !by.writes() {
        return Err(if m.slips(CallFault::TruncateBadf) { Errno::EBADF } else { Errno::EINVAL });
    }
    inode_lock(m).await; // do_truncate()
    let changed = shmem_setattr_size(m, task, size).await;
    inode_unlock(m).await;
    changed
}

async fn shmem_setattr_size<M: Memory>(m: &M, task: &mut Task, new: u8) -> Result<Said> {
    let Some(inode) = &mut task.inode else { return Err(Errno::EBADF) };
    let old = inode.i_size;
    let set = seals(m).await;
    let shrinks = new < old && set & SEAL_SHRINK != 0 && !m.slips(CallFault::ShrinkIgnored);
    let grows = new > old && set & SEAL_GROW != 0 && !m.slips(CallFault::GrowIgnored);
    if shrinks || grows {
        return Err(Errno::EPERM);
    }
    inode.i_size = new; // i_size_write()
    if new <= old {
        let holebegin = new.div_ceil(2);
        truncate_pages(m, task, holebegin, PAGES).await;
        drop_copies(task, holebegin); // unmap_mapping_range(even_cows)
    }
    Ok(Said::Done)
}

/// Pages leave every address space, then the file: `unmap_mapping_range()`, `shmem_truncate_range()`.
async fn truncate_pages<M: Memory>(m: &M, task: &mut Task, from: u8, to: u8) {
    for index in (from..to).map(Index) {
        unmap_mapping_range(m, index).await;
    }
    for index in (from..to).map(Index) {
        task.fallocated[index.0 as usize] = false;
        if !m.slips(CallFault::TruncateKeepsPage) {
            shmem_undo_range(m, index).await;
        }
    }
    for page in m.scenario().batched() {
        page.lru_add_drain_cpu(m).await; // folio_batch_release(): lru_add_drain()
    }
}

/// A truncation takes the copies of private mappings away as well; punching a hole does not.
fn drop_copies(task: &mut Task, from: u8) {
    let areas = task.areas.iter_mut().chain(task.child.iter_mut().flatten());
    for area in areas.flatten() {
        area.copied.iter_mut().skip(from as usize).for_each(|copied| *copied = None);
    }
}

/// `vfs_fallocate()`, `shmem_fallocate()`: asks F_SEAL_GROW even where the size stays. A file that is sealed against
/// writing still gets pages: they read as the holes did.
async fn allocate<M: Memory>(
    m: &M,
    task: &mut Task,
    from: u8,
    to: u8,
    keep_size: bool,
    by: By,
) -> Result<Said> {
    if !by.writes() {
        return Err(Errno::EBADF);
    }
    inode_lock(m).await;
    let allocated = allocate_pages(m, task, from, to, keep_size).await;
    inode_unlock(m).await;
    allocated
}

async fn allocate_pages<M: Memory>(
    m: &M,
    task: &mut Task,
    from: u8,
    to: u8,
    keep_size: bool,
) -> Result<Said> {
    let Some(inode) = &mut task.inode else { return Err(Errno::EBADF) };
    let passes = keep_size && m.slips(CallFault::KeepSizePasses);
    let asks = !passes && !m.slips(CallFault::AllocateIgnoresGrow);
    if asks && to > inode.i_size && seals(m).await & SEAL_GROW != 0 {
        return Err(Errno::EPERM);
    }
    if m.slips(CallFault::AllocateAsksWrite) && sealed_against_writing(m).await {
        return Err(Errno::EPERM);
    }
    for index in (from / 2..to.div_ceil(2)).map(Index) {
        // a new page is left as it is; one that an earlier fallocate() left is cleared now
        let new = index.slot(m).await == Entry::Hole;
        task.fallocated[index.0 as usize] = new && !m.slips(CallFault::AllocateFills);
        let page = shmem_getpage(m, index).await; // shmem_get_folio(SGP_FALLOC)
        page.unlock(m).await; // folio_unlock()
        page.put(m).await; // folio_put()
    }
    if !keep_size || m.slips(CallFault::KeepSizeMoves) {
        inode.i_size = inode.i_size.max(to);
    }
    Ok(Said::Done)
}

/// `shmem_fallocate(FALLOC_FL_PUNCH_HOLE)` of whole pages.
pub(super) async fn punch_hole<M: Memory>(m: &M, task: &mut Task, from: Index, to: Index) -> Result<Said> {
    inode_lock(m).await;
    let sealed = sealed_against_writing(m).await && !m.slips(CallFault::PunchIgnoresSeals);
    if !sealed {
        truncate_pages(m, task, from.0, to.0).await;
    }
    inode_unlock(m).await;
    if sealed { Err(Errno::EPERM) } else { Ok(Said::Done) }
}

/// `shmem_setattr()` of the mode: F_SEAL_EXEC keeps the file as executable as it is (6.3).
async fn chmod<M: Memory>(m: &M, task: &mut Task, executable: bool) -> Result<Said> {
    inode_lock(m).await; // chmod_common()
    let sealed = seals(m).await & SEAL_EXEC != 0 && !m.slips(CallFault::ChmodIgnoresExec);
    let changed = match &mut task.inode {
        Some(inode) if sealed && inode.executable != executable => Err(Errno::EPERM),
        Some(inode) => {
            inode.executable = executable;
            Ok(Said::Done)
        }
        None => Err(Errno::EBADF),
    };
    inode_unlock(m).await;
    changed
}
