//! Text as programs.

use std::fmt;
use std::str::FromStr;

use super::text::seal_words;
use super::{By, Create, During, HOLDS, HoldName, Operation, PAGES, Program, SLOTS, Slot};
use crate::access::{Answer, Index};

/// A text that is no operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// The operation that can't be read.
    pub text: String,
    /// What it should be.
    pub expected: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no operation: expected {}", self.text, self.expected)
    }
}

impl std::error::Error for SyntaxError {}

impl FromStr for Program {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(before, _)| before));
        let parts = lines.flat_map(|line| line.split(';')).map(str::trim).filter(|part| !part.is_empty());
        let operations = parts.map(str::parse).collect::<Result<Vec<Operation>, _>>()?;
        let creates = |operation: &Operation| matches!(operation, Operation::Create(_));
        let wrong = |operation: &Operation, expected| SyntaxError { text: operation.to_string(), expected };
        match operations.iter().find(|operation| matches!(operation, Operation::Kill)) {
            Some(kill) => return Err(wrong(kill, "`kill` behind `while` only")),
            None if !operations.first().is_some_and(creates) => {
                return Err(SyntaxError { text: text.to_owned(), expected: "`create …` first" });
            }
            None => {}
        }
        match operations.iter().skip(1).find(|operation| creates(operation)) {
            Some(again) => Err(wrong(again, "one `create`, at the beginning")),
            None => Ok(Program(operations)),
        }
    }
}

/// The words of one operation, taken one after the other.
struct Words<'t> {
    text: &'t str,
    words: Vec<&'t str>,
}

type Parsed<T> = Result<T, SyntaxError>;

impl<'t> Words<'t> {
    fn wrong(&self, expected: &'static str) -> SyntaxError {
        SyntaxError { text: self.text.to_owned(), expected }
    }

    fn next(&mut self, expected: &'static str) -> Parsed<&'t str> {
        if self.words.is_empty() { Err(self.wrong(expected)) } else { Ok(self.words.remove(0)) }
    }

    /// Whether the next word is this one; then it is taken.
    fn takes(&mut self, word: &str) -> bool {
        let there = self.words.first() == Some(&word);
        if there {
            self.words.remove(0);
        }
        there
    }

    /// One of some letters from `first` on.
    fn letter(&mut self, first: u8, count: usize, expected: &'static str) -> Parsed<u8> {
        let word = self.next(expected)?;
        let known = (0..count as u8).find(|&number| word.as_bytes() == [first + number]);
        known.ok_or_else(|| self.wrong(expected))
    }

    fn slot(&mut self) -> Parsed<Slot> {
        self.letter(b'a', SLOTS, "a slot, `a` to `d`").map(Slot)
    }

    fn hold(&mut self) -> Parsed<HoldName> {
        self.letter(b'p', HOLDS, "a hold, `p` to `r`").map(HoldName)
    }

    fn index(&mut self) -> Parsed<Index> {
        self.letter(b'0', PAGES as usize, "a page, `0` or `1`").map(Index)
    }

    fn writable(&mut self) -> Parsed<bool> {
        match self.next("`r` or `rw`")? {
            "r" => Ok(false),
            "rw" => Ok(true),
            _ => Err(self.wrong("`r` or `rw`")),
        }
    }

    /// `by ro`, `by wo`, or nothing.
    fn by(&mut self) -> Parsed<By> {
        if !self.takes("by") {
            return Ok(By::ReadWrite);
        }
        match self.next("`ro` or `wo`")? {
            "ro" => Ok(By::ReadOnly),
            "wo" => Ok(By::WriteOnly),
            _ => Err(self.wrong("`ro` or `wo`")),
        }
    }

    /// An offset in pages, as half pages.
    fn half_pages(&self, word: &str) -> Parsed<u8> {
        let (whole, half) = word.strip_suffix(".5").map_or((word, 0), |whole| (whole, 1));
        let halves = whole.parse().ok().and_then(|whole: u8| whole.checked_mul(2)?.checked_add(half));
        halves
            .filter(|&halves| halves <= 2 * PAGES)
            .ok_or_else(|| self.wrong("offsets in pages, 0 to 2 in steps of 0.5"))
    }

    fn range(&mut self) -> Parsed<(u8, u8)> {
        const RANGE: &str = "a range of pages, such as `0..1.5`";
        let (from, to) = self.next(RANGE)?.split_once("..").ok_or_else(|| self.wrong(RANGE))?;
        let (from, to) = (self.half_pages(from)?, self.half_pages(to)?);
        if from < to { Ok((from, to)) } else { Err(self.wrong(RANGE)) }
    }

    fn seals(&mut self) -> Parsed<Answer> {
        const KNOWN: &str =
            "seals joined by `+`: seal, shrink, grow, write, future-write, exec, unknown; or `none`";
        let word = self.next(KNOWN)?;
        if word == "none" {
            return Ok(0);
        }
        let bit = |word: &str| seal_words().find(|(_, known)| known == word).map(|(bit, _)| bit);
        word.split('+').try_fold(0, |seals, word| Some(seals | bit(word)?)).ok_or_else(|| self.wrong(KNOWN))
    }

    fn create(&mut self) -> Create {
        let mut flags = Create::default();
        loop {
            let flag = match self.words.first() {
                Some(&"allow-sealing") => &mut flags.allow_sealing,
                Some(&"exec") => &mut flags.exec,
                Some(&"noexec-seal") => &mut flags.noexec_seal,
                _ => return flags,
            };
            *flag = true;
            self.words.remove(0);
        }
    }

    fn operation(&mut self) -> Parsed<Operation> {
        Ok(match self.next("an operation: see `sealcheck list operations`")? {
            "create" => Operation::Create(self.create()),
            "reopen" => match self.next("`ro` or `wo`")? {
                "ro" => Operation::Reopen(By::ReadOnly),
                "wo" => Operation::Reopen(By::WriteOnly),
                _ => return Err(self.wrong("`ro` or `wo`")),
            },
            "seal" => Operation::Seal { seals: self.seals()?, by: self.by()?, during: Vec::new() },
            "kill" => Operation::Kill,
            "get-seals" => Operation::GetSeals,
            "map" => self.map()?,
            "touch" => Operation::Touch { slot: self.slot()?, index: self.index()? },
            "load" => Operation::Load { slot: self.slot()?, index: self.index()? },
            "store" => Operation::Store { slot: self.slot()?, index: self.index()? },
            "mprotect" => Operation::Mprotect { slot: self.slot()?, write: self.writable()? },
            "unmap" => Operation::Unmap(self.slot()?),
            "mlock" => Operation::Mlock(self.slot()?),
            "dontneed" => Operation::DontNeed { slot: self.slot()?, index: self.index()? },
            "remove" => Operation::Remove { slot: self.slot()?, index: self.index()? },
            "fork" => Operation::Fork,
            "exit" => Operation::Exit,
            "pin" => Operation::Pin { hold: self.hold()?, slot: self.slot()?, index: self.index()? },
            "unpin" => Operation::Unpin(self.hold()?),
            "dma" => Operation::Dma(self.hold()?),
            "vmsplice" => {
                Operation::Vmsplice { hold: self.hold()?, slot: self.slot()?, index: self.index()? }
            }
            "splice" => Operation::Splice { hold: self.hold()?, index: self.index()?, by: self.by()? },
            "drain" => Operation::Drain(self.hold()?),
            word => self.of_file(word)?,
        })
    }

    fn map(&mut self) -> Parsed<Operation> {
        let slot = self.slot()?;
        let shared = match self.next("`shared` or `private`")? {
            "shared" => true,
            "private" => false,
            _ => return Err(self.wrong("`shared` or `private`")),
        };
        Ok(Operation::Map { slot, shared, write: self.writable()?, by: self.by()? })
    }

    fn of_file(&mut self, word: &str) -> Parsed<Operation> {
        Ok(match word {
            "write" => {
                let (from, to) = self.range()?;
                Operation::Write { from, to, by: self.by()? }
            }
            "read" => Operation::Read { index: self.index()?, by: self.by()? },
            "resize" => {
                let word = self.next("a size in pages")?;
                Operation::Resize { size: self.half_pages(word)?, by: self.by()? }
            }
            "allocate" => {
                let (from, to) = self.range()?;
                let keep_size = self.takes("keep-size");
                Operation::Allocate { from, to, keep_size, by: self.by()? }
            }
            "punch" => match self.range()? {
                (from, to) if from % 2 == 0 && to % 2 == 0 => {
                    Operation::Punch { from: Index(from / 2), to: Index(to / 2), by: self.by()? }
                }
                _ => return Err(self.wrong("a hole of whole pages")),
            },
            "chmod" => match self.next("`+x` or `-x`")? {
                "+x" => Operation::Chmod { executable: true },
                "-x" => Operation::Chmod { executable: false },
                _ => return Err(self.wrong("`+x` or `-x`")),
            },
            _ => return Err(self.wrong("an operation: see `sealcheck list operations`")),
        })
    }
}

impl FromStr for Operation {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let (head, during) =
            text.split_once(" while ").map_or((text, None), |(head, rest)| (head, Some(rest)));
        let mut words = Words { text, words: head.split_whitespace().collect() };
        let mut operation = words.operation()?;
        if !words.words.is_empty() {
            return Err(words.wrong("nothing more"));
        }
        match (&mut operation, during) {
            (_, None) => {}
            (Operation::Seal { during, .. }, Some(rest)) => *during = meanwhile(rest)?,
            _ => return Err(words.wrong("`while` behind `seal` only")),
        }
        Ok(operation)
    }
}

/// `OPERATION @RESCAN, …`
fn meanwhile(text: &str) -> Result<Vec<During>, SyntaxError> {
    let wrong = |expected| SyntaxError { text: text.to_owned(), expected };
    let mut during: Vec<During> = Vec::new();
    for part in text.split(',') {
        let (operation, rescan) =
            part.rsplit_once('@').ok_or_else(|| wrong("`@1` to `@4` behind each operation"))?;
        let operation: Operation = operation.trim().parse()?;
        let rescan = rescan.trim().parse().ok().filter(|rescan| (1..=4).contains(rescan));
        let rescan = rescan.ok_or_else(|| wrong("a rescan, 1 to 4"))?;
        if matches!(
            operation,
            Operation::Seal { .. } | Operation::Create(_) | Operation::Fork | Operation::Exit
        ) {
            return Err(wrong("no `create`, `seal`, `fork` or `exit` behind `while`"));
        }
        if during.last().is_some_and(|last| last.rescan > rescan) {
            return Err(wrong("rescans in their order"));
        }
        if during.iter().any(|before| before.operation == Operation::Kill) {
            return Err(wrong("nothing behind `kill`"));
        }
        during.push(During { rescan, operation });
    }
    Ok(during)
}
