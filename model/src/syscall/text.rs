//! Programs as text: `create allow-sealing; resize 2; map a shared rw; pin p a 0; unmap a; seal write`.

use std::fmt;

use super::{By, During, HoldName, Operation, Program, Slot, UNKNOWN_SEAL};
use crate::access::{Answer, SEALS};

/// The forms of all operations, each with what it does.
pub const FORMS: [(&str, &str); 29] = [
    ("create [allow-sealing] [exec] [noexec-seal]", "memfd_create(), the first of a program"),
    ("reopen ro|wo", "another descriptor, by /proc/self/fd"),
    ("seal SEAL+… [by ro|wo] [while OPERATION @RESCAN, …]", "F_ADD_SEALS; others run while it sleeps"),
    ("kill", "SIGKILL to the sealer, in `while` only"),
    ("get-seals", "F_GET_SEALS"),
    ("map SLOT shared|private r|rw [by ro|wo]", "mmap() of the whole file; slots are a to d"),
    ("touch SLOT PAGE", "MADV_POPULATE_READ"),
    ("load SLOT PAGE", "the same, and a load"),
    ("store SLOT PAGE", "MADV_POPULATE_WRITE, and a store"),
    ("mprotect SLOT r|rw", "mprotect()"),
    ("unmap SLOT", "munmap()"),
    ("mlock SLOT", "mlock()"),
    ("dontneed SLOT PAGE", "MADV_DONTNEED"),
    ("remove SLOT PAGE", "MADV_REMOVE"),
    ("fork", "fork(): a child with the same mappings"),
    ("exit", "exit() of the child"),
    ("write FROM..TO [by ro|wo]", "pwrite(); offsets in pages, such as 0.5"),
    ("read PAGE [by ro|wo]", "pread() of a page's first byte"),
    ("resize SIZE [by ro|wo]", "ftruncate()"),
    ("allocate FROM..TO [keep-size] [by ro|wo]", "fallocate()"),
    ("punch FROM..TO [by ro|wo]", "FALLOC_FL_PUNCH_HOLE of whole pages"),
    ("chmod +x|-x", "fchmod()"),
    ("pin HOLD SLOT PAGE", "a registered io_uring buffer; holds are p to r"),
    ("unpin HOLD", "the buffer is unregistered"),
    ("dma HOLD", "a read through the pin, then a write"),
    ("vmsplice HOLD SLOT PAGE", "a mapped page into a pipe"),
    ("splice HOLD PAGE [by ro|wo]", "a page of the file into a pipe"),
    ("drain HOLD", "the pipe is read"),
    ("# …", "a comment, to the end of the line"),
];

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", (b'a' + self.0) as char)
    }
}

impl fmt::Display for HoldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", (b'p' + self.0) as char)
    }
}

/// What follows an operation that is not made by the first descriptor.
struct Using(By);

impl fmt::Display for Using {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            By::ReadWrite => Ok(()),
            By::ReadOnly => f.write_str(" by ro"),
            By::WriteOnly => f.write_str(" by wo"),
        }
    }
}

/// Half pages, as pages.
struct Pages(u8);

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0 / 2, if self.0 % 2 == 1 { ".5" } else { "" })
    }
}

/// The name of each seal in the language: F_SEAL_FUTURE_WRITE is `future-write`.
pub(super) fn seal_words() -> impl Iterator<Item = (Answer, String)> {
    let word = |name: &str| name.trim_start_matches("F_SEAL_").to_lowercase().replace('_', "-");
    SEALS.into_iter().map(move |(bit, name)| (bit, word(name))).chain([(UNKNOWN_SEAL, "unknown".to_owned())])
}

/// Seals as the language writes them: `write+grow`, or `none`.
pub fn seals_text(seals: Answer) -> String {
    let words: Vec<String> = seal_words().filter(|(bit, _)| seals & bit != 0).map(|(_, word)| word).collect();
    if words.is_empty() { "none".to_owned() } else { words.join("+") }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = |write: bool| if write { "rw" } else { "r" };
        match self {
            Operation::Create(flags) => {
                let named = [
                    (flags.allow_sealing, " allow-sealing"),
                    (flags.exec, " exec"),
                    (flags.noexec_seal, " noexec-seal"),
                ];
                f.write_str("create")?;
                named.into_iter().filter(|(set, _)| *set).try_for_each(|(_, name)| f.write_str(name))
            }
            Operation::Reopen(By::WriteOnly) => f.write_str("reopen wo"),
            Operation::Reopen(_) => f.write_str("reopen ro"),
            Operation::Seal { seals, by, during } => {
                write!(f, "seal {}{}", seals_text(*seals), Using(*by))?;
                for (number, During { rescan, operation }) in during.iter().enumerate() {
                    let joint = if number == 0 { " while" } else { "," };
                    write!(f, "{joint} {operation} @{rescan}")?;
                }
                Ok(())
            }
            Operation::Kill => f.write_str("kill"),
            Operation::GetSeals => f.write_str("get-seals"),
            Operation::Map { slot, shared, write, by } => {
                let kind = if *shared { "shared" } else { "private" };
                write!(f, "map {slot} {kind} {}{}", access(*write), Using(*by))
            }
            Operation::Touch { slot, index } => write!(f, "touch {slot} {}", index.0),
            Operation::Load { slot, index } => write!(f, "load {slot} {}", index.0),
            Operation::Store { slot, index } => write!(f, "store {slot} {}", index.0),
            Operation::Mprotect { slot, write } => write!(f, "mprotect {slot} {}", access(*write)),
            Operation::Unmap(slot) => write!(f, "unmap {slot}"),
            Operation::Mlock(slot) => write!(f, "mlock {slot}"),
            Operation::DontNeed { slot, index } => write!(f, "dontneed {slot} {}", index.0),
            Operation::Remove { slot, index } => write!(f, "remove {slot} {}", index.0),
            Operation::Fork => f.write_str("fork"),
            Operation::Exit => f.write_str("exit"),
            Operation::Write { from, to, by } => {
                write!(f, "write {}..{}{}", Pages(*from), Pages(*to), Using(*by))
            }
            Operation::Read { index, by } => write!(f, "read {}{}", index.0, Using(*by)),
            Operation::Resize { size, by } => write!(f, "resize {}{}", Pages(*size), Using(*by)),
            Operation::Allocate { from, to, keep_size, by } => {
                let keeps = if *keep_size { " keep-size" } else { "" };
                write!(f, "allocate {}..{}{keeps}{}", Pages(*from), Pages(*to), Using(*by))
            }
            Operation::Punch { from, to, by } => write!(f, "punch {}..{}{}", from.0, to.0, Using(*by)),
            Operation::Chmod { executable } => write!(f, "chmod {}x", if *executable { '+' } else { '-' }),
            Operation::Pin { hold, slot, index } => write!(f, "pin {hold} {slot} {}", index.0),
            Operation::Unpin(hold) => write!(f, "unpin {hold}"),
            Operation::Dma(hold) => write!(f, "dma {hold}"),
            Operation::Vmsplice { hold, slot, index } => write!(f, "vmsplice {hold} {slot} {}", index.0),
            Operation::Splice { hold, index, by } => write!(f, "splice {hold} {}{}", index.0, Using(*by)),
            Operation::Drain(hold) => write!(f, "drain {hold}"),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, operation) in self.0.iter().enumerate() {
            write!(f, "{}{operation}", if number == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
