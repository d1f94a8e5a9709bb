//! The members of a cast, and the syntax of their programs.

use std::fmt;
use std::str::FromStr;

use super::ScenarioError;
use super::text::number;

/// One member of the cast, with its program. `at` is the page it uses; none: any page, each is explored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Actor::VOCABULARY` says each of them, and `at` is said above")]
pub enum Actor {
    Sealer,
    Mapper { program: Program, at: Option<u8> },
    BatchedMapper { order: BatchOrder, at: Option<u8> },
    Forker { at: Option<u8> },
    Writer { program: WriterProgram, at: Option<u8> },
    StaleWriter { at: Option<u8> },
    Pinner { at: Option<u8> },
    FastPinner { guard: GupGuard, at: Option<u8> },
    LookupPinner { locked: bool, at: Option<u8> },
    Reader { at: Option<u8> },
    Recipient { at: Option<u8> },
    FileWriter { at: Option<u8> },
    LruBatch { local: bool, at: Option<u8> },
    Reclaim { program: ReclaimProgram, at: Option<u8> },
    Truncate { at: Option<u8> },
}

/// What a mapper does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Program {
    /// Faults and zaps in turn.
    InTurn {
        /// How many operations, `1..=4`.
        operations: u8,
        /// Whether the page is mapped at the start, so that a zap comes first.
        mapped: bool,
    },
    /// Faults and zaps in turn, without end.
    ForEver,
    /// The page is mapped, and stays so.
    Hold,
    /// The same in a mapping that is mlocked.
    Mlock,
    /// A debugger writes through the mapping, which is private and read-only.
    Force,
}

/// In which order a large folio is mapped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BatchOrder {
    /// Map counts, then references, as since 6.6.
    MapsFirst,
    /// References, then map counts: a repair.
    RefsFirst,
}

/// What a writer does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WriterProgram {
    /// Maps for writing.
    Store,
    /// Maps for reading, and asks for writing later.
    Mprotect,
}

/// What reclaim does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReclaimProgram {
    /// One pass over the page.
    Once,
    /// The same, and the count is frozen as the slot changes.
    Freeze,
    /// One pass after the other, without end.
    ForEver,
}

/// What keeps fast GUP from taking a page that is being unmapped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GupGuard {
    /// A second look at the PTE.
    Recheck,
    /// Interrupts are off, and a TLB flush waits for them.
    InterruptsOff,
}

impl Actor {
    /// The names of the actors that a cast may hold, each with its programs and its source.
    pub const VOCABULARY: [(&'static str, &'static str); 15] = [
        ("sealer", "fcntl(F_ADD_SEALS): shmem_add_seals(); the first of every cast; another one may follow"),
        (
            "mapper",
            "read-only or private mapping (mm/memory.c): `:fault+zap` and the like in turn, `:loop` without end, \
             `:hold` mapped throughout, `:mlock` the same and mlocked, `:force` a debugger's write (mm/gup.c)",
        ),
        (
            "batched-mapper",
            "maps a whole large folio at once, map counts before references (filemap_map_folio_range(), 6.6); \
             `:refs-first` the other way round",
        ),
        ("forker", "private mapping that forks: copy_one_pte() without the page lock; the child may zap"),
        (
            "writer",
            "shared writable mapping: stores, then munmap (mm/mmap.c); `:mprotect` maps read-only first",
        ),
        (
            "stale-writer",
            "another thread of the writer or pinner before it: stores through what its TLB still has",
        ),
        ("pinner", "shared writable mapping: get_user_pages, munmap, DMA, unpin or never (mm/gup.c)"),
        (
            "fast-pinner",
            "another thread of the writer or pinner before it: get_user_pages_fast() with a recheck of the PTE; \
             `:irq` without, interrupts off (x86 in 2014)",
        ),
        (
            "lookup-pinner",
            "memfd_pin_folios() by a driver that asks the seals under the inode lock (udmabuf, 6.13); \
             `:unlocked` without it (6.11)",
        ),
        ("reader", "read(2): lookup, copy, put; may stall (shmem_file_read_iter)"),
        ("recipient", "fcntl(F_GET_SEALS), and if the file is sealed read(2) twice"),
        ("file-writer", "write(2): inode lock, seal check, copy (generic_file_write_iter)"),
        (
            "lru-batch",
            "another CPU's LRU batch that holds a fresh page; drains by itself (mm/swap.c); `:local` the \
             sealer's own CPU",
        ),
        (
            "reclaim",
            "unmap, one look at the count, swap out; may free (mm/vmscan.c, shmem_writepage()); `:freeze` freezes \
             the count as the slot changes (a repair), `:loop` goes on without end",
        ),
        ("truncate", "fallocate(PUNCH_HOLE): inode lock, seal check, unmap, delete (mm/shmem.c)"),
    ];

    /// The name without the program.
    pub fn name(self) -> &'static str {
        match self {
            Actor::Sealer => "sealer",
            Actor::Mapper { .. } => "mapper",
            Actor::BatchedMapper { .. } => "batched-mapper",
            Actor::Forker { .. } => "forker",
            Actor::Writer { .. } => "writer",
            Actor::StaleWriter { .. } => "stale-writer",
            Actor::Pinner { .. } => "pinner",
            Actor::FastPinner { .. } => "fast-pinner",
            Actor::LookupPinner { .. } => "lookup-pinner",
            Actor::Reader { .. } => "reader",
            Actor::Recipient { .. } => "recipient",
            Actor::FileWriter { .. } => "file-writer",
            Actor::LruBatch { .. } => "lru-batch",
            Actor::Reclaim { .. } => "reclaim",
            Actor::Truncate { .. } => "truncate",
        }
    }

    /// The page it uses.
    pub(super) fn at(self) -> Option<u8> {
        match self {
            Actor::Sealer => None,
            Actor::Mapper { at, .. }
            | Actor::BatchedMapper { at, .. }
            | Actor::Forker { at }
            | Actor::Writer { at, .. }
            | Actor::StaleWriter { at }
            | Actor::Pinner { at }
            | Actor::FastPinner { at, .. }
            | Actor::LookupPinner { at, .. }
            | Actor::Reader { at }
            | Actor::Recipient { at }
            | Actor::FileWriter { at }
            | Actor::LruBatch { at, .. }
            | Actor::Reclaim { at, .. }
            | Actor::Truncate { at } => at,
        }
    }

    /// Whether it has a mapping of its own.
    pub fn has_vma(self) -> bool {
        self.is_writable()
            || matches!(self, Actor::Mapper { .. } | Actor::BatchedMapper { .. } | Actor::Forker { .. })
    }

    /// Whether that is shared and may be written through.
    pub fn is_writable(self) -> bool {
        matches!(self, Actor::Writer { .. } | Actor::Pinner { .. })
    }

    /// Whether it works through the mapping of another member of the cast.
    pub(super) fn borrows_vma(self) -> bool {
        matches!(self, Actor::StaleWriter { .. } | Actor::FastPinner { .. })
    }

    /// Whether it may hold a pin for writing.
    pub fn pins(self) -> bool {
        matches!(
            self,
            Actor::Pinner { .. }
                | Actor::FastPinner { .. }
                | Actor::LookupPinner { .. }
                | Actor::Mapper { program: Program::Force, .. }
        )
    }

    /// Whether its page is mapped at the start.
    pub(super) fn starts_mapped(self) -> bool {
        match self {
            Actor::Mapper { program: Program::InTurn { mapped, .. }, .. } => mapped,
            Actor::Mapper { program: Program::Hold | Program::Mlock, .. } | Actor::Forker { .. } => true,
            _ => false,
        }
    }

    /// What stands behind the colon.
    fn program(self) -> String {
        match self {
            Actor::Mapper { program, .. } => program.to_string(),
            Actor::BatchedMapper { order: BatchOrder::RefsFirst, .. } => "refs-first".into(),
            Actor::Writer { program: WriterProgram::Mprotect, .. } => "mprotect".into(),
            Actor::FastPinner { guard: GupGuard::InterruptsOff, .. } => "irq".into(),
            Actor::LookupPinner { locked: false, .. } => "unlocked".into(),
            Actor::LruBatch { local: true, .. } => "local".into(),
            Actor::Reclaim { program: ReclaimProgram::Freeze, .. } => "freeze".into(),
            Actor::Reclaim { program: ReclaimProgram::ForEver, .. } => "loop".into(),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Program::InTurn { operations, mapped } => {
                let name = |zap: bool| if zap { "zap" } else { "fault" };
                let program: Vec<_> = (0..operations).map(|op| name(mapped ^ (op % 2 == 1))).collect();
                f.write_str(&program.join("+"))
            }
            Program::ForEver => f.write_str("loop"),
            Program::Hold => f.write_str("hold"),
            Program::Mlock => f.write_str("mlock"),
            Program::Force => f.write_str("force"),
        }
    }
}

impl FromStr for Program {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        match text {
            "loop" => return Ok(Program::ForEver),
            "hold" => return Ok(Program::Hold),
            "mlock" => return Ok(Program::Mlock),
            "force" => return Ok(Program::Force),
            _ => {}
        }
        let operations: Vec<_> = text.split('+').collect();
        let known = operations.iter().all(|op| matches!(*op, "fault" | "zap"));
        let in_turn = operations.windows(2).all(|pair| pair[0] != pair[1]);
        if !known || !in_turn || operations.len() > 4 {
            return Err(ScenarioError::MapperProgram(text.to_owned()));
        }
        Ok(Program::InTurn { operations: operations.len() as u8, mapped: operations[0] == "zap" })
    }
}

impl Program {
    /// Whether it does something, and no more than the syntax can say.
    pub(super) fn is_possible(self) -> bool {
        !matches!(self, Program::InTurn { operations: 0 | 5.., .. })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Some(at) = self.at() {
            write!(f, "@{at}")?;
        }
        let program = self.program();
        if program.is_empty() { Ok(()) } else { write!(f, ":{program}") }
    }
}

impl FromStr for Actor {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let unknown = || ScenarioError::UnknownActor(text.to_owned());
        let (head, program) =
            text.split_once(':').map_or((text, None), |(head, program)| (head, Some(program)));
        let (name, at) = match head.split_once('@') {
            Some((name, at)) => (name, Some(number(at).ok_or_else(unknown)?)),
            None => (head, None),
        };
        let actor = match (name, program) {
            ("sealer", None) if at.is_none() => Actor::Sealer,
            ("mapper", program) => Actor::Mapper { program: program.unwrap_or("fault+zap").parse()?, at },
            ("batched-mapper", None) => Actor::BatchedMapper { order: BatchOrder::MapsFirst, at },
            ("batched-mapper", Some("refs-first")) => {
                Actor::BatchedMapper { order: BatchOrder::RefsFirst, at }
            }
            ("forker", None) => Actor::Forker { at },
            ("writer", None) => Actor::Writer { program: WriterProgram::Store, at },
            ("writer", Some("mprotect")) => Actor::Writer { program: WriterProgram::Mprotect, at },
            ("stale-writer", None) => Actor::StaleWriter { at },
            ("pinner", None) => Actor::Pinner { at },
            ("fast-pinner", None) => Actor::FastPinner { guard: GupGuard::Recheck, at },
            ("fast-pinner", Some("irq")) => Actor::FastPinner { guard: GupGuard::InterruptsOff, at },
            ("lookup-pinner", None) => Actor::LookupPinner { locked: true, at },
            ("lookup-pinner", Some("unlocked")) => Actor::LookupPinner { locked: false, at },
            ("reader", None) => Actor::Reader { at },
            ("recipient", None) => Actor::Recipient { at },
            ("file-writer", None) => Actor::FileWriter { at },
            ("lru-batch", None) => Actor::LruBatch { local: false, at },
            ("lru-batch", Some("local")) => Actor::LruBatch { local: true, at },
            ("reclaim", None) => Actor::Reclaim { program: ReclaimProgram::Once, at },
            ("reclaim", Some("freeze")) => Actor::Reclaim { program: ReclaimProgram::Freeze, at },
            ("reclaim", Some("loop")) => Actor::Reclaim { program: ReclaimProgram::ForEver, at },
            ("truncate", None) => Actor::Truncate { at },
            _ => return Err(unknown()),
        };
        Ok(actor.placed())
    }
}

impl Actor {
    /// With a page, where it takes one: what is mapped or batched at the start is so somewhere, at page 0 if none is
    /// named.
    pub(super) fn placed(self) -> Self {
        match self {
            Actor::Mapper { program, at: None } if self.starts_mapped() => {
                Actor::Mapper { program, at: Some(0) }
            }
            Actor::Forker { at: None } => Actor::Forker { at: Some(0) },
            Actor::LruBatch { local, at: None } => Actor::LruBatch { local, at: Some(0) },
            other => other,
        }
    }
}
