//! Programs from bytes: every byte string is one. A seed is a source of byte strings, and so is a fuzzer.

use seal_model::access::{Answer, Index, SEAL_WRITE, SEALS};
use seal_model::syscall::{
    By, Create, During, HOLDS, HoldName, MemfdNoexec, Operation, PAGES, Program, SLOTS, Settings, Slot,
    UNKNOWN_SEAL,
};

use super::{Live, Predictor, Run, Slip, run};
use crate::chance::mix;
use crate::error::Error;

/// Calls of a random program after its first.
const CALLS: usize = 16;
/// Bytes that are enough for one.
const LENGTH: usize = 8 * CALLS;
/// Of the programs in which the model sees a sealer sleep, one in so many is run: each costs 10 to 150 ms.
const PATIENCE: u64 = 12;

/// Choices out of bytes; where they end, 0.
#[derive(Clone, Debug)]
pub struct Bytes<'b> {
    bytes: &'b [u8],
}

impl<'b> Bytes<'b> {
    /// All of them.
    pub fn new(bytes: &'b [u8]) -> Self {
        Bytes { bytes }
    }

    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A number below `end`.
    fn below(&mut self, end: u8) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        first % end
    }

    fn one_in(&mut self, many: u8) -> bool {
        self.below(many) == many - 1
    }

    fn slot(&mut self) -> Slot {
        Slot(self.below(SLOTS as u8))
    }

    fn hold(&mut self) -> HoldName {
        HoldName(self.below(HOLDS as u8))
    }

    fn index(&mut self) -> Index {
        Index(self.below(PAGES))
    }

    fn by(&mut self) -> By {
        match self.below(8) {
            5 | 6 => By::ReadOnly,
            7 => By::WriteOnly,
            _ => By::ReadWrite,
        }
    }

    /// A range of half pages.
    fn range(&mut self) -> (u8, u8) {
        let from = self.below(2 * PAGES);
        (from, from + 1 + self.below(2 * PAGES - from))
    }

    fn seals(&mut self) -> Answer {
        match self.below(16) {
            0..=5 => SEAL_WRITE,
            6..=13 => SEALS[self.below(SEALS.len() as u8) as usize].0,
            14 => {
                SEALS[self.below(SEALS.len() as u8) as usize].0
                    | SEALS[self.below(SEALS.len() as u8) as usize].0
            }
            _ => UNKNOWN_SEAL,
        }
    }

    fn create(&mut self) -> Create {
        // a file that can't be sealed has little to say
        Create { allow_sealing: !self.one_in(16), exec: self.one_in(6), noexec_seal: self.one_in(6) }
    }

    fn operation(&mut self) -> Operation {
        match self.below(32) {
            0..=3 => {
                let (slot, kind) = (self.slot(), self.below(4));
                Operation::Map { slot, shared: kind & 1 == 0, write: kind & 2 == 0, by: self.by() }
            }
            4 => Operation::Touch { slot: self.slot(), index: self.index() },
            5 => Operation::Load { slot: self.slot(), index: self.index() },
            6 | 7 => Operation::Store { slot: self.slot(), index: self.index() },
            8 => Operation::Mprotect { slot: self.slot(), write: self.below(2) == 0 },
            9..=11 => Operation::Unmap(self.slot()),
            12 => Operation::DontNeed { slot: self.slot(), index: self.index() },
            13 => Operation::Remove { slot: self.slot(), index: self.index() },
            14 => Operation::Mlock(self.slot()),
            15 | 16 => Operation::Pin { hold: self.hold(), slot: self.slot(), index: self.index() },
            17 => Operation::Dma(self.hold()),
            18 | 19 => Operation::Unpin(self.hold()),
            _ => self.by_descriptor(),
        }
    }

    fn by_descriptor(&mut self) -> Operation {
        match self.below(25) {
            0..=3 => {
                let (from, to) = self.range();
                Operation::Write { from, to, by: self.by() }
            }
            4..=6 => Operation::Resize { size: self.below(2 * PAGES + 1), by: self.by() },
            7 => {
                let (from, to) = self.range();
                Operation::Allocate { from, to, keep_size: self.below(2) == 0, by: self.by() }
            }
            8 => {
                let from = self.below(PAGES);
                let to = from + 1 + self.below(PAGES - from);
                Operation::Punch { from: Index(from), to: Index(to), by: self.by() }
            }
            9 => Operation::Read { index: self.index(), by: self.by() },
            10 => Operation::Chmod { executable: self.below(2) == 0 },
            11 => Operation::GetSeals,
            12 | 20 => Operation::Reopen(if self.below(2) == 0 { By::ReadOnly } else { By::WriteOnly }),
            13 => Operation::Vmsplice { hold: self.hold(), slot: self.slot(), index: self.index() },
            14 => Operation::Splice { hold: self.hold(), index: self.index(), by: self.by() },
            15 | 16 => Operation::Drain(self.hold()),
            17 => Operation::Fork,
            18 => Operation::Exit,
            _ => Operation::Seal { seals: self.seals(), by: self.by(), during: self.during() },
        }
    }

    /// Now and then one other call while the sealer sleeps, or a signal.
    fn during(&mut self) -> Vec<During> {
        if !self.one_in(8) {
            return Vec::new();
        }
        let rescan = 1 + self.below(4);
        if self.one_in(4) {
            return vec![During { rescan, operation: Operation::Kill }];
        }
        let operation = self.operation();
        let alone = matches!(operation, Operation::Seal { .. } | Operation::Fork | Operation::Exit);
        if alone { Vec::new() } else { vec![During { rescan, operation }] }
    }
}

/// The program that some bytes stand for. Where memfds must not be executable, it does not ask for one.
pub fn decode(mut bytes: Bytes<'_>, settings: Settings) -> Program {
    let mut create = bytes.create();
    if settings.memfd_noexec == MemfdNoexec::Enforced {
        create = Create { exec: false, noexec_seal: true, ..create };
    }
    let mut operations = vec![Operation::Create(create)];
    while operations.len() <= CALLS && !bytes.is_empty() {
        operations.push(bytes.operation());
    }
    Program(operations)
}

/// Bytes for programs from a seed, without end.
pub fn random_bytes(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    (0u64..).map(move |number| {
        let word = |place: usize| mix(mix(seed ^ mix(number)) ^ place as u64).to_le_bytes();
        (0..LENGTH / 8).flat_map(word).collect()
    })
}

/// Programs from a seed, without end. Few of them wait.
pub fn random_programs(seed: u64, settings: Settings) -> impl Iterator<Item = Program> {
    random_bytes(seed).zip(seed..).filter_map(move |(bytes, number)| {
        let program = decode(Bytes::new(&bytes), settings);
        runs(&program, settings, number).then_some(program)
    })
}

/// Whether a program is worth its time: all are in which nobody sleeps, and by a hash of `seed` some of the others.
pub fn runs(program: &Program, settings: Settings, seed: u64) -> bool {
    !waits(program, settings) || mix(seed).is_multiple_of(PATIENCE)
}

/// Whether the model sees a sealer sleep in it, or others wait for their moment.
fn waits(program: &Program, settings: Settings) -> bool {
    let mut predictor = Predictor::new(settings, None);
    program.0.iter().any(|operation| {
        let timed = matches!(operation, Operation::Seal { during, .. } if !during.is_empty());
        timed || predictor.step(operation).is_ok_and(|predicted| predicted.rescan > 0)
    })
}

/// The shortest program that still differs: one call after the other is left out for as long as that helps.
///
/// # Errors
/// As [`run`].
pub fn shrink(live: &mut Live, program: &Program, slip: Option<Slip>) -> Result<(Program, Run), Error> {
    let mut shortest = (program.clone(), run(live, program, slip)?);
    let mut place = shortest.0.0.len();
    while place > 1 {
        place -= 1;
        let mut shorter = shortest.0.clone();
        if place >= shorter.0.len() {
            continue;
        }
        shorter.0.remove(place);
        let result = run(live, &shorter, slip)?;
        if result.difference().is_some() {
            shorter.0.truncate(result.lines.len());
            place = shorter.0.len();
            shortest = (shorter, result);
        }
    }
    Ok(shortest)
}
