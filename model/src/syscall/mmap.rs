//! `mm/mmap.c`, `mm/mprotect.c`, `mm/madvise.c`, `kernel/fork.c`: what mappings may do, and which of them count.

use super::file::punch_hole;
use super::{Anon, Operation, SIGBUS, SLOTS, Said, Slot, Task, in_file, vma};
use crate::access::{Access, Answer, Index, MAX_INDICES, Page, Vma};
use crate::fault::CallFault;
use crate::mapping::{Shared, fork_page, mmap_shared, munmap, shmem_fault, zap_page};
use crate::memory::{Memory, MemoryExt};
use crate::swap::shmem_getpage;
use crate::{Errno, Result};

/// `struct vm_area_struct`: its flags, and what of the file it copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VmArea {
    /// VM_SHARED: a shared mapping of a descriptor that may write. One of a read-only descriptor has VM_MAYSHARE alone.
    pub shared: bool,
    /// VM_WRITE
    pub write: bool,
    /// VM_MAYWRITE
    pub may_write: bool,
    /// VM_LOCKED
    pub locked: bool,
    /// `anon_vma`: a page was copied once, so fork copies PTEs.
    pub anon_vma: bool,
    /// The copies that a private mapping has, by page of the file.
    pub copied: [Option<Anon>; MAX_INDICES],
}

impl VmArea {
    /// `vma_is_shared_maywrite()`: it is counted in `i_mmap_writable`.
    pub fn counted(&self) -> Shared {
        if self.shared && self.may_write { Shared::MayWrite } else { Shared::ReadOnly }
    }
}

/// The calls of this file.
pub(super) async fn call<M: Memory>(m: &M, task: &mut Task, operation: &Operation) -> Option<Result<Said>> {
    if let Operation::Map { slot, .. } = *operation {
        return do_mmap(m, task, slot, operation).await;
    }
    let (slot, index) = match *operation {
        Operation::Touch { slot, index }
        | Operation::Load { slot, index }
        | Operation::Store { slot, index }
        | Operation::DontNeed { slot, index }
        | Operation::Remove { slot, index } => (slot, index),
        Operation::Mprotect { slot, .. } | Operation::Unmap(slot) | Operation::Mlock(slot) => {
            (slot, Index(0))
        }
        _ => return None,
    };
    task.areas[slot.0 as usize]?;
    Some(match *operation {
        Operation::Touch { .. } => handle_mm_fault(m, task, slot, index, false).await.map(|()| Said::Done),
        Operation::Load { .. } => load(m, task, slot, index).await,
        Operation::Store { .. } => store(m, task, slot, index).await,
        Operation::Mprotect { write, .. } => mprotect_fixup(m, task, slot, write).await,
        Operation::Unmap(_) => do_munmap(m, task, slot).await,
        Operation::Mlock(_) => do_mlock(m, task, slot).await,
        Operation::DontNeed { .. } => madvise_dontneed(m, task, slot, index).await,
        _ => madvise_remove(m, task, slot, index).await,
    })
}

/// Every page that a mapping covers.
fn whole_file<M: Memory>(m: &M) -> Vec<Index> {
    m.scenario().indices().collect()
}

fn area(task: &mut Task, slot: Slot) -> Result<&mut VmArea> {
    task.areas[slot.0 as usize].as_mut().ok_or(Errno::ENOMEM)
}

/// `do_mmap()`: what the descriptor allows, then the seals and the count by [`mmap_shared`].
async fn do_mmap<M: Memory>(
    m: &M,
    task: &mut Task,
    slot: Slot,
    operation: &Operation,
) -> Option<Result<Said>> {
    let Operation::Map { shared, write, by, .. } = *operation else { return None };
    if !task.has(by) || task.areas[slot.0 as usize].is_some() {
        return None;
    }
    let may_share = shared && (by.writes() || m.slips(CallFault::ReadOnlyFileCounted));
    let counts = may_share || m.slips(CallFault::PrivateCounted);
    let refused = shared && write && !by.writes() && !m.slips(CallFault::MapWritesReadOnly);
    if !by.reads() || refused {
        return Some(Err(Errno::EACCES));
    }
    let mut area = VmArea {
        shared: counts,
        write,
        may_write: !shared || m.slips(CallFault::MapWritesReadOnly),
        locked: false,
        anon_vma: false,
        copied: [None; MAX_INDICES],
    };
    let read_only_uncounted = !write && m.slips(CallFault::ReadOnlyUncounted);
    if counts && !read_only_uncounted {
        match mmap_shared(m, write).await {
            Ok(granted) => area.may_write = granted == Shared::MayWrite,
            Err(error) => return Some(Err(error)),
        }
    } else if counts {
        area.may_write = false;
    }
    task.areas[slot.0 as usize] = Some(area);
    Some(Ok(Said::Done))
}

/// `handle_mm_fault()`, as MADV_POPULATE_READ and MADV_POPULATE_WRITE make it (5.14).
pub(super) async fn handle_mm_fault<M: Memory>(
    m: &M,
    task: &mut Task,
    slot: Slot,
    index: Index,
    write: bool,
) -> Result {
    let inside = in_file(task, index) || m.slips(CallFault::FaultBeyondEnd);
    if let Some(page) = task.copied(slot, index) {
        if write {
            task.wp_page(slot, index, page, m.slips(CallFault::ReuseIgnoresPipes));
        }
        return Ok(());
    }
    if !inside {
        return Err(SIGBUS);
    }
    task.fallocated[index.0 as usize] = false; // shmem_get_folio(SGP_CACHE)
    let area = area(task, slot)?;
    let mapped = vma(slot).pte(m, index).await;
    let copies = write && !area.shared && !m.slips(CallFault::PrivateWritesFile);
    if copies {
        let byte = copy_page(m, vma(slot), index, mapped).await;
        task.copy(slot, index, if m.slips(CallFault::CopyStartsEmpty) { 0 } else { byte });
    } else if mapped.is_none() {
        shmem_fault(m, vma(slot), index).await; // do_read_fault(), do_shared_fault()
    }
    Ok(())
}

/// A private mapping gets a page of its own: what is in it.
async fn copy_page<M: Memory>(m: &M, vma: Vma, index: Index, mapped: Option<Page>) -> Answer {
    if let Some(page) = mapped {
        let byte = page.read(m).await; // wp_page_copy(): copy_mc_user_highpage()
        zap_page(m, vma, index).await; // the PTE maps the copy now
        return byte;
    }
    let page = shmem_getpage(m, index).await; // do_cow_fault(): __do_fault()
    let byte = page.read(m).await; // copy_mc_user_highpage()
    page.unlock(m).await; // folio_unlock()
    page.put(m).await; // folio_put()
    byte
}

async fn load<M: Memory>(m: &M, task: &mut Task, slot: Slot, index: Index) -> Result<Said> {
    handle_mm_fault(m, task, slot, index, false).await?;
    let byte = match (task.copied(slot, index), vma(slot).pte(m, index).await) {
        (Some(page), _) => task.byte_of(page),
        (None, Some(page)) => page.read(m).await,
        (None, None) => return Err(SIGBUS),
    };
    Ok(Said::Byte(byte as u8))
}

async fn store<M: Memory>(m: &M, task: &mut Task, slot: Slot, index: Index) -> Result<Said> {
    if !area(task, slot)?.write {
        return Err(Errno::EINVAL); // faultin_page_range(): check_vma_flags()
    }
    handle_mm_fault(m, task, slot, index, true).await?;
    match task.copied(slot, index) {
        Some(page) => task.flip(page),
        None => {
            vma(slot).store(m, index).await;
        }
    }
    Ok(Said::Done)
}

/// `mprotect_fixup()`: a mapping without VM_MAYWRITE never becomes writable. A private one that is mlocked copies its
/// pages as it does.
async fn mprotect_fixup<M: Memory>(m: &M, task: &mut Task, slot: Slot, write: bool) -> Result<Said> {
    let area = area(task, slot)?;
    if write && !area.may_write && !m.slips(CallFault::MprotectIgnoresMaywrite) {
        return Err(Errno::EACCES);
    }
    let populates = area.locked && !area.shared && !area.write && write;
    area.write = write;
    if populates {
        let _ = populate(m, task, slot).await; // populate_vma_page_range()
    }
    Ok(Said::Done)
}

/// `__mm_populate()`: page by page, until one fails.
async fn populate<M: Memory>(m: &M, task: &mut Task, slot: Slot) -> Result {
    let write = area(task, slot)?.write && !area(task, slot)?.shared;
    for index in m.scenario().indices() {
        handle_mm_fault(m, task, slot, index, write).await?;
    }
    Ok(())
}

/// `do_munmap()`
async fn do_munmap<M: Memory>(m: &M, task: &mut Task, slot: Slot) -> Result<Said> {
    let counted = area(task, slot)?.counted();
    let counted = if m.slips(CallFault::UnmapForgetsCount) { Shared::ReadOnly } else { counted };
    task.areas[slot.0 as usize] = None;
    munmap(m, vma(slot), &whole_file(m), counted).await;
    Ok(Said::Done)
}

/// `do_mlock()`: VM_LOCKED is set whether or not every page can be brought in.
async fn do_mlock<M: Memory>(m: &M, task: &mut Task, slot: Slot) -> Result<Said> {
    area(task, slot)?.locked = true; // apply_vma_lock_flags()
    match populate(m, task, slot).await {
        Err(Errno::EFAULT) if !m.slips(CallFault::MlockBeyondEnd) => Err(Errno::ENOMEM), // __mlock_posix_error_return()
        _ => Ok(Said::Done),
    }
}

/// `madvise_dontneed_free()`
async fn madvise_dontneed<M: Memory>(m: &M, task: &mut Task, slot: Slot, index: Index) -> Result<Said> {
    let area = area(task, slot)?;
    if area.locked && !m.slips(CallFault::DontNeedOfMlocked) {
        return Err(Errno::EINVAL);
    }
    area.copied[index.0 as usize] = None;
    zap_page(m, vma(slot), index).await; // zap_page_range_single()
    Ok(Said::Done)
}

/// `madvise_remove()`: punches a hole through a mapping.
async fn madvise_remove<M: Memory>(m: &M, task: &mut Task, slot: Slot, index: Index) -> Result<Said> {
    let area = area(task, slot)?;
    if area.locked {
        return Err(Errno::EINVAL);
    }
    if area.counted() != Shared::MayWrite && !m.slips(CallFault::RemoveIgnoresMaywrite) {
        return Err(Errno::EACCES);
    }
    punch_hole(m, task, index, Index(index.0 + 1)).await
}

/// `dup_mmap()`: a child with the same mappings; those that count, count again. PTEs are copied where pages were.
pub(super) async fn dup_mmap<M: Memory>(m: &M, task: &mut Task) -> Option<Result<Said>> {
    if task.child.is_some() {
        return None;
    }
    let mut child = task.areas;
    for slot in (0..SLOTS as u8).map(Slot) {
        let Some(area) = &mut child[slot.0 as usize] else { continue };
        area.locked = false; // VM_LOCKED_MASK
        if area.counted() == Shared::MayWrite && !m.slips(CallFault::ForkForgetsCount) {
            m.access(Access::MapWritableAlways).await; // mapping_allow_writable()
        }
        if area.anon_vma {
            copy_page_range(m, vma(slot)).await;
        }
        for copied in area.copied.iter_mut().flatten() {
            *copied = task.fork_anon(*copied, m.slips(CallFault::ForkMovesPinned));
        }
    }
    task.child = Some(child);
    Some(Ok(Said::Done))
}

async fn copy_page_range<M: Memory>(m: &M, vma: Vma) {
    for index in m.scenario().indices() {
        fork_page(m, vma, index).await; // copy_present_pte()
    }
}

/// `exit_mmap()` of the child.
pub(super) async fn exit_mmap<M: Memory>(m: &M, task: &mut Task) -> Option<Result<Said>> {
    let child = task.child.take()?;
    for slot in (0..SLOTS as u8).map(Slot) {
        let Some(area) = child[slot.0 as usize] else { continue };
        let forgets = m.slips(CallFault::ExitForgetsCount);
        let counted = if forgets { Shared::ReadOnly } else { area.counted() };
        munmap(m, vma(slot).child(), &whole_file(m), counted).await;
    }
    Some(Ok(Said::Done))
}
