//! The members of a cast, and the syntax of their programs.

use std::fmt;
use std::str::FromStr;

use super::ScenarioError;

/// One member of the cast, with its program. `at` is the page it uses; none: any page, each is explored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Actor {
    /// `fcntl(F_ADD_SEALS, F_SEAL_WRITE)`. Always the first of the cast.
    Sealer,
    /// A read-only or private mapping: faults and zaps in turn.
    Mapper {
        /// How many operations, `1..=4`.
        operations: u8,
        /// Whether the page is mapped at the start, so that a zap comes first.
        mapped: bool,
        /// The page it uses.
        at: Option<u8>,
    },
    /// A shared writable mapping that stores and unmaps.
    Writer {
        /// The page it uses.
        at: Option<u8>,
    },
    /// A shared writable mapping whose page is pinned beyond munmap.
    Pinner {
        /// The page it uses.
        at: Option<u8>,
    },
    /// A read(2).
    Reader {
        /// The page it uses.
        at: Option<u8>,
    },
}

impl Actor {
    /// The names of the actors that a cast may hold beside the sealer, each with its source.
    pub const VOCABULARY: [(&'static str, &'static str); 5] = [
        ("sealer", "fcntl(F_ADD_SEALS, F_SEAL_WRITE): shmem_add_seals(); always in the cast"),
        (
            "mapper",
            "read-only or private mapping: fault and zap in turn; mapper:zap+fault says which (mm/memory.c)",
        ),
        ("writer", "shared writable mapping: stores, then munmap (mm/mmap.c, mm/memory.c)"),
        ("pinner", "shared writable mapping: get_user_pages, munmap, DMA, unpin or never (mm/gup.c)"),
        ("reader", "read(2): lookup, copy, put; may stall (shmem_file_read_iter)"),
    ];

    /// The name without the program.
    pub fn name(self) -> &'static str {
        match self {
            Actor::Sealer => "sealer",
            Actor::Mapper { .. } => "mapper",
            Actor::Writer { .. } => "writer",
            Actor::Pinner { .. } => "pinner",
            Actor::Reader { .. } => "reader",
        }
    }

    pub(super) fn at(self) -> Option<u8> {
        match self {
            Actor::Sealer => None,
            Actor::Mapper { at, .. } | Actor::Writer { at } | Actor::Pinner { at } | Actor::Reader { at } => {
                at
            }
        }
    }

    pub(super) fn has_vma(self) -> bool {
        matches!(self, Actor::Mapper { .. } | Actor::Writer { .. } | Actor::Pinner { .. })
    }

    pub(super) fn is_writable(self) -> bool {
        matches!(self, Actor::Writer { .. } | Actor::Pinner { .. })
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Some(at) = self.at() {
            write!(f, "@{at}")?;
        }
        if let Actor::Mapper { operations, mapped, .. } = *self {
            let name = |zap: bool| if zap { "zap" } else { "fault" };
            let program: Vec<_> = (0..operations).map(|op| name(mapped ^ (op % 2 == 1))).collect();
            write!(f, ":{}", program.join("+"))?;
        }
        Ok(())
    }
}

impl FromStr for Actor {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let unknown = || ScenarioError::UnknownActor(text.to_owned());
        let (head, program) =
            text.split_once(':').map_or((text, None), |(head, program)| (head, Some(program)));
        let (name, at) = match head.split_once('@') {
            Some((name, at)) => (name, Some(at.parse().map_err(|_| unknown())?)),
            None => (head, None),
        };
        match (name, program) {
            ("mapper", program) => mapper(program.unwrap_or("fault+zap"), at),
            ("writer", None) => Ok(Actor::Writer { at }),
            ("pinner", None) => Ok(Actor::Pinner { at }),
            ("reader", None) => Ok(Actor::Reader { at }),
            ("sealer", _) => Err(ScenarioError::SealerNamed),
            _ => Err(unknown()),
        }
    }
}

fn mapper(program: &str, at: Option<u8>) -> Result<Actor, ScenarioError> {
    let operations: Vec<_> = program.split('+').collect();
    let known = operations.iter().all(|op| matches!(*op, "fault" | "zap"));
    let in_turn = operations.windows(2).all(|pair| pair[0] != pair[1]);
    if !known || !in_turn || operations.len() > 4 {
        return Err(ScenarioError::MapperProgram(program.to_owned()));
    }
    let mapped = operations[0] == "zap";
    // a mapper that starts mapped is mapped somewhere
    let at = if mapped { at.or(Some(0)) } else { at };
    Ok(Actor::Mapper { operations: operations.len() as u8, mapped, at })
}
