//! References to pages that outlive their mapping: registered buffers of an io_uring, and pages in a pipe.

use super::mmap::handle_mm_fault;
use super::{Anon, By, HoldName, Operation, Said, Slot, Task, in_file, vma};
use crate::access::{Entry, Index, Page};
use crate::fault::CallFault;
use crate::memory::{Memory, MemoryExt};
use crate::{Errno, Result};

/// A reference that outlives its mapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// Pinned for writing.
    Pin(Held),
    /// In a pipe, for reading.
    Pipe(Held),
}

/// The page that is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// One that is or was the file's.
    File(Page),
    /// One that a private mapping copied.
    Copy(Anon),
    /// The zero page, which a hole reads as.
    Zero,
}

impl Hold {
    /// The private copy that is held.
    pub(super) fn copy(self) -> Option<Anon> {
        match self {
            Hold::Pin(Held::Copy(page)) | Hold::Pipe(Held::Copy(page)) => Some(page),
            _ => None,
        }
    }
}

/// The calls of this file.
pub(super) async fn call<M: Memory>(m: &M, task: &mut Task, operation: &Operation) -> Option<Result<Said>> {
    match *operation {
        Operation::Pin { hold, slot, .. } | Operation::Vmsplice { hold, slot, .. } => {
            task.areas[slot.0 as usize]?;
            free(task, hold)?;
        }
        Operation::Splice { hold, by, .. } => {
            free(task, hold)?;
            task.has(by).then_some(())?;
        }
        _ => {}
    }
    match *operation {
        Operation::Pin { hold, slot, index } => Some(pin(m, task, hold, slot, index).await),
        Operation::Vmsplice { hold, slot, index } => Some(vmsplice(m, task, hold, slot, index).await),
        Operation::Splice { hold, index, by } => Some(splice(m, task, hold, index, by).await),
        Operation::Unpin(hold) => unpin(m, task, hold).await,
        Operation::Dma(hold) => dma(m, task, hold).await,
        Operation::Drain(hold) => drain(m, task, hold).await,
        _ => None,
    }
}

fn free(task: &Task, hold: HoldName) -> Option<()> {
    task.holds[hold.0 as usize].is_none().then_some(())
}

/// `io_pin_pages()`: `pin_user_pages(FOLL_WRITE | FOLL_LONGTERM)`. A private mapping copies the page first.
async fn pin<M: Memory>(m: &M, task: &mut Task, hold: HoldName, slot: Slot, index: Index) -> Result<Said> {
    let writable = task.areas[slot.0 as usize].is_some_and(|area| area.write);
    if !writable && !m.slips(CallFault::PinOfReadOnly) {
        return Err(Errno::EFAULT); // check_vma_flags()
    }
    handle_mm_fault(m, task, slot, index, true).await?;
    let held = match task.copied(slot, index) {
        _ if m.slips(CallFault::PinForgetsReference) => Held::Zero,
        Some(page) => Held::Copy(page),
        None => vma(slot).get_user_page(m, index).await.map_or(Held::Zero, Held::File), // follow_page_pte()
    };
    task.holds[hold.0 as usize] = Some(Hold::Pin(held));
    Ok(Said::Done)
}

/// `io_buffer_unmap()`
async fn unpin<M: Memory>(m: &M, task: &mut Task, hold: HoldName) -> Option<Result<Said>> {
    let Some(Hold::Pin(held)) = task.holds[hold.0 as usize] else { return None };
    task.holds[hold.0 as usize] = None;
    if let Held::File(page) = held {
        page.unpin(m).await; // unpin_user_folio()
    }
    Some(Ok(Said::Done))
}

/// IORING_OP_WRITE_FIXED of the buffer to another file, then IORING_OP_READ_FIXED into it.
async fn dma<M: Memory>(m: &M, task: &mut Task, hold: HoldName) -> Option<Result<Said>> {
    let Some(Hold::Pin(held)) = task.holds[hold.0 as usize] else { return None };
    let before = byte(m, task, held).await;
    match held {
        Held::File(page) => {
            page.dma(m).await;
        }
        Held::Copy(page) => task.flip(page),
        Held::Zero => {}
    }
    Some(Ok(before))
}

/// `vmsplice_to_pipe()`: `iov_iter_get_pages2()` takes a reference to what is mapped.
async fn vmsplice<M: Memory>(
    m: &M,
    task: &mut Task,
    hold: HoldName,
    slot: Slot,
    index: Index,
) -> Result<Said> {
    handle_mm_fault(m, task, slot, index, false).await?;
    let held = match (task.copied(slot, index), vma(slot).pte(m, index).await) {
        (Some(page), _) => Held::Copy(page),
        (None, Some(page)) => {
            page.get(m, 1).await; // try_get_folio()
            Held::File(page)
        }
        (None, None) => return Err(Errno::EFAULT),
    };
    into_pipe(m, task, hold, held).await;
    Ok(Said::Halves(2))
}

/// `shmem_file_splice_read()` (6.5): a page of the file, or the zero page for a hole.
async fn splice<M: Memory>(m: &M, task: &mut Task, hold: HoldName, index: Index, by: By) -> Result<Said> {
    if !by.reads() {
        return Err(Errno::EBADF); // do_splice()
    }
    let Some(inode) = task.inode.filter(|_| in_file(task, index)) else {
        return Ok(Said::Halves(0));
    };
    let held = match index.find_get_page(m).await {
        Entry::Page(page) if task.fallocated[index.0 as usize] => {
            page.put(m).await; // shmem_get_folio(SGP_READ): not uptodate
            Held::Zero
        }
        Entry::Page(page) => Held::File(page), // shmem_get_folio(SGP_READ): C + 1
        _ => Held::Zero,                       // splice_zeropage_into_pipe()
    };
    into_pipe(m, task, hold, held).await;
    Ok(Said::Halves((inode.i_size - 2 * index.0).min(2)))
}

/// A pipe buffer takes over the caller's reference.
async fn into_pipe<M: Memory>(m: &M, task: &mut Task, hold: HoldName, held: Held) {
    let held = match held {
        Held::File(page) if m.slips(CallFault::PipeForgetsReference) => {
            page.put(m).await;
            Held::Zero
        }
        held => held,
    };
    task.holds[hold.0 as usize] = Some(Hold::Pipe(held));
}

/// What is read of a page that is held.
async fn byte<M: Memory>(m: &M, task: &Task, held: Held) -> Said {
    let byte = match held {
        Held::File(page) => page.read(m).await,
        Held::Copy(page) => task.byte_of(page),
        Held::Zero => 0,
    };
    Said::Byte(byte as u8)
}

/// `pipe_read()`: what is in the pipe is copied out, and let go of.
async fn drain<M: Memory>(m: &M, task: &mut Task, hold: HoldName) -> Option<Result<Said>> {
    let Some(Hold::Pipe(held)) = task.holds[hold.0 as usize] else { return None };
    task.holds[hold.0 as usize] = None;
    let byte = byte(m, task, held).await; // copy_page_to_iter()
    if let Held::File(page) = held {
        page.put(m).await; // put_page()
    }
    Some(Ok(byte))
}
