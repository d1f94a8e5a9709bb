//! One program on the running kernel: what it has, and its calls.

use std::sync::Arc;

use seal_live::{Access, Child, Ended, Errno, Mapping, Memfd, Opened, Pins, Pipe};
use seal_model::access::{
    Answer, SEAL_EXEC, SEAL_FUTURE_WRITE, SEAL_GROW, SEAL_SEAL, SEAL_SHRINK, SEAL_WRITE,
};
use seal_model::syscall::{By, Create, HOLDS, Operation, PAGES, SLOTS, Said, Slot, UNKNOWN_SEAL};

use super::{Seen, half_page};

/// Each seal as the kernel numbers it. The last is none, and nobody plans it.
const SEALS: [(Answer, u32); 7] = [
    (SEAL_SEAL, 0x01),
    (SEAL_SHRINK, 0x02),
    (SEAL_GROW, 0x04),
    (SEAL_WRITE, 0x08),
    (SEAL_FUTURE_WRITE, 0x10),
    (SEAL_EXEC, 0x20),
    (UNKNOWN_SEAL, 0x4000_0000),
];

/// One program, under way.
#[derive(Debug, Default)]
pub(super) struct Running {
    file: Option<Arc<Memfd>>,
    reopened: [Option<Arc<Memfd>>; 2],
    mappings: [Option<Mapping>; SLOTS],
    child: Option<Child>,
    holds: [Option<Held>; HOLDS],
}

#[derive(Debug)]
enum Held {
    Pin,
    Pipe(Pipe),
}

/// `MFD_ALLOW_SEALING`, `MFD_NOEXEC_SEAL`, `MFD_EXEC`, as the kernel numbers them.
fn create_flags(flags: Create) -> u32 {
    let bit = |set: bool, bit: u32| if set { bit } else { 0 };
    bit(flags.allow_sealing, 0x02) | bit(flags.noexec_seal, 0x08) | bit(flags.exec, 0x10)
}

/// Seals as the kernel numbers them.
pub(super) fn seal_bits(seals: Answer) -> u32 {
    SEALS.iter().filter(|(model, _)| seals & model != 0).fold(0, |bits, (_, bit)| bits | bit)
}

/// Seals as the model numbers them. A bit that it does not know is one that nobody planned.
fn seals_of(bits: u32) -> Answer {
    let known = SEALS.iter().fold(0, |known, (_, bit)| known | bit);
    let unknown = if bits & !known == 0 { 0 } else { UNKNOWN_SEAL };
    SEALS.iter().filter(|(_, bit)| bits & bit != 0).fold(unknown, |seals, (model, _)| seals | model)
}

/// Size, seals and the first bytes of the pages.
fn seen(file: &Memfd) -> seal_live::Result<Seen> {
    let mut bytes = [0; PAGES as usize];
    for (page, byte) in bytes.iter_mut().enumerate() {
        *byte = file.read_byte(2 * half_page() * page as u64)?.unwrap_or(0);
    }
    Ok(Seen { size: file.size()?, seals: seals_of(file.seals()?), bytes })
}

/// What a call answered; none if there is nothing to make it on.
pub(super) type Made = Option<seal_live::Result<Said>>;

/// EPROTO: an answer that no call of the model has, such as a part of a half page.
pub(super) const STRANGE: Errno = Errno::PROTO;

impl Running {
    /// `memfd_create()`, once.
    fn create(&mut self, flags: Create) -> Made {
        if self.file.is_some() {
            return None;
        }
        Some(Memfd::create(create_flags(flags)).map(|file| self.file = Some(Arc::new(file))).map(done))
    }

    /// The file as it is now.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.file.as_ref().and_then(|file| seen(file).ok())
    }

    /// Let go of every pin; everything else goes with what has it.
    pub(super) fn unpin_all(&self, pins: &mut Pins) {
        for (buffer, hold) in self.holds.iter().enumerate() {
            if let Some(Held::Pin) = hold {
                let released = pins.release(buffer);
                debug_assert!(released.is_ok(), "unregister: {released:?}");
            }
        }
    }

    pub(super) fn descriptor(&self, by: By) -> Option<Arc<Memfd>> {
        match by {
            By::ReadWrite => self.file.clone(),
            By::ReadOnly => self.reopened[0].clone(),
            By::WriteOnly => self.reopened[1].clone(),
        }
    }

    /// Make one call; a seal is added without letting others in.
    pub(super) fn make(&mut self, operation: &Operation, pins: Option<&mut Pins>) -> Made {
        if let Operation::Create(flags) = *operation {
            return self.create(flags);
        }
        let file = self.file.clone()?;
        match *operation {
            Operation::Create(_) | Operation::Kill => None,
            Operation::Seal { seals, by, .. } => {
                Some(self.descriptor(by)?.add_seals(seal_bits(seals)).map(done))
            }
            Operation::Reopen(by) => self.reopen(&file, by),
            Operation::GetSeals => Some(seen(&file).map(|seen| Said::Seals(seen.seals))),
            Operation::Fork if self.child.is_none() => {
                Some(Child::idle().map(|child| self.child = Some(child)).map(done))
            }
            Operation::Fork => None,
            Operation::Exit => {
                self.child.take().map(|child| child.kill().and_then(|()| killed(child)).map(done))
            }
            Operation::Write { by, .. }
            | Operation::Read { by, .. }
            | Operation::Resize { by, .. }
            | Operation::Allocate { by, .. }
            | Operation::Punch { by, .. } => Some(by_descriptor(&*self.descriptor(by)?, &file, operation)),
            Operation::Chmod { executable } => {
                Some(file.chmod(if executable { 0o777 } else { 0o666 }).map(done))
            }
            Operation::Map { slot, shared, write, by } => {
                let descriptor = self.descriptor(by)?;
                let place = &mut self.mappings[slot.0 as usize];
                if place.is_some() {
                    return None;
                }
                let mapped = Mapping::new(&*descriptor, PAGES as usize, shared, access(write));
                Some(mapped.map(|mapping| *place = Some(mapping)).map(done))
            }
            Operation::Unmap(slot) => Some(self.mappings[slot.0 as usize].take()?.unmap().map(done)),
            Operation::Pin { .. }
            | Operation::Unpin(_)
            | Operation::Dma(_)
            | Operation::Vmsplice { .. }
            | Operation::Splice { .. }
            | Operation::Drain(_) => self.hold(operation, pins),
            _ => self.by_mapping(operation),
        }
    }

    fn reopen(&mut self, file: &Memfd, by: By) -> Made {
        let (place, opened) = match by {
            By::ReadWrite => return None,
            By::ReadOnly => (0, Opened::ReadOnly),
            By::WriteOnly => (1, Opened::WriteOnly),
        };
        if self.reopened[place].is_some() {
            return None;
        }
        Some(file.reopen(opened).map(|file| self.reopened[place] = Some(Arc::new(file))).map(done))
    }

    fn by_mapping(&self, operation: &Operation) -> Made {
        let mapping = |slot: Slot| self.mappings[slot.0 as usize].as_ref();
        Some(match *operation {
            Operation::Touch { slot, index } => mapping(slot)?.touch(index.0 as usize).map(done),
            Operation::Load { slot, index } => mapping(slot)?.load(index.0 as usize).map(Said::Byte),
            Operation::Store { slot, index } => mapping(slot)?.store(index.0 as usize).map(done),
            Operation::Mprotect { slot, write } => mapping(slot)?.protect(access(write)).map(done),
            Operation::Mlock(slot) => mapping(slot)?.mlock().map(done),
            Operation::DontNeed { slot, index } => mapping(slot)?.dontneed(index.0 as usize).map(done),
            Operation::Remove { slot, index } => mapping(slot)?.remove(index.0 as usize).map(done),
            _ => return None,
        })
    }

    fn hold(&mut self, operation: &Operation, pins: Option<&mut Pins>) -> Made {
        match *operation {
            Operation::Pin { hold, slot, index } => {
                let (mapping, place) =
                    (self.mappings[slot.0 as usize].as_ref()?, &mut self.holds[hold.0 as usize]);
                let (None, Some(pins)) = (&place, pins) else { return None };
                let pinned = pins.register(hold.0 as usize, mapping, index.0 as usize);
                Some(pinned.map(|()| *place = Some(Held::Pin)).map(done))
            }
            Operation::Unpin(hold) => {
                let (Some(Held::Pin), Some(pins)) = (&self.holds[hold.0 as usize], pins) else { return None };
                self.holds[hold.0 as usize] = None;
                Some(pins.release(hold.0 as usize).map(done))
            }
            Operation::Dma(hold) => {
                let (Some(Held::Pin), Some(pins)) = (&self.holds[hold.0 as usize], pins) else { return None };
                Some(pins.exchange(hold.0 as usize).map(Said::Byte))
            }
            Operation::Vmsplice { hold, slot, index } => {
                let mapping = self.mappings[slot.0 as usize].as_ref()?;
                into_pipe(&mut self.holds[hold.0 as usize], |pipe| pipe.vmsplice(mapping, index.0 as usize))
            }
            Operation::Splice { hold, index, by } => {
                let file = self.descriptor(by)?;
                into_pipe(&mut self.holds[hold.0 as usize], |pipe| pipe.splice(&*file, index.0 as usize))
            }
            Operation::Drain(hold) => {
                let Some(Held::Pipe(pipe)) = &self.holds[hold.0 as usize] else { return None };
                let drained = pipe.drain().and_then(|byte| byte.map(Said::Byte).ok_or(STRANGE));
                self.holds[hold.0 as usize] = None;
                Some(drained)
            }
            _ => None,
        }
    }
}

/// Fill a new pipe; one that stays empty is given back.
fn into_pipe(place: &mut Option<Held>, fill: impl FnOnce(&Pipe) -> seal_live::Result<usize>) -> Made {
    if place.is_some() {
        return None;
    }
    let filled = Pipe::new().and_then(|pipe| Ok((fill(&pipe)?, pipe)));
    Some(filled.and_then(|(bytes, pipe)| {
        if bytes > 0 {
            *place = Some(Held::Pipe(pipe));
        }
        halves(bytes)
    }))
}

/// The end of a child that did nothing but wait for it.
fn killed(child: Child) -> seal_live::Result<()> {
    match child.wait()? {
        Ended::Killed => Ok(()),
        Ended::Returned(Err(error)) => Err(error),
        Ended::Returned(Ok(())) | Ended::Signaled(_) => Err(STRANGE),
    }
}

fn done<T>(_: T) -> Said {
    Said::Done
}

fn halves(bytes: usize) -> seal_live::Result<Said> {
    let (halves, rest) = (bytes as u64 / half_page(), bytes as u64 % half_page());
    u8::try_from(halves).ok().filter(|_| rest == 0).map(Said::Halves).ok_or(STRANGE)
}

fn access(write: bool) -> Access {
    if write { Access::ReadWrite } else { Access::Read }
}

/// A call by one descriptor; `first` is the one that may read what a write is to flip.
fn by_descriptor(file: &Memfd, first: &Memfd, operation: &Operation) -> seal_live::Result<Said> {
    let at = |halves: u8| halves as u64 * half_page();
    match *operation {
        Operation::Write { from, to, .. } => {
            let mut bytes = vec![0; at(to - from) as usize];
            for start in (from..to).filter(|half| half % 2 == 0) {
                let old = first.read_byte(at(start))?.unwrap_or(0);
                bytes[at(start - from) as usize] = old ^ 1;
            }
            file.write(&bytes, at(from)).and_then(halves)
        }
        Operation::Read { index, .. } => {
            file.read_byte(at(2 * index.0)).map(|byte| byte.map_or(Said::Halves(0), Said::Byte))
        }
        Operation::Resize { size, .. } => file.resize(at(size)).map(done),
        Operation::Allocate { from, to, keep_size, .. } => {
            file.allocate(at(from), at(to - from), keep_size).map(done)
        }
        Operation::Punch { from, to, .. } => file.punch(at(2 * from.0), at(2 * (to.0 - from.0))).map(done),
        _ => Ok(Said::Done),
    }
}
