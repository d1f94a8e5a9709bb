//! The strategies under review, and which judges each may run with.

use crate::sealer::judge::Judge;

/// What the sealer does about pages that are still held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "`Strategy::describe` says each of them")]
pub enum Strategy {
    Wait2014,
    Wait317,
    Wait517,
    Wait618,
    Isolate2014,
    Wait,
    Isolate,
    IsolateTwoPhase,
}

/// The code path of a strategy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// `shmem_wait_for_pins()`
    Wait,
    /// `shmem_isolate_pins()`
    Isolate,
}

/// Which seal is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Seal {
    /// F_SEAL_WRITE.
    Write,
    /// F_SEAL_FUTURE_WRITE (5.1): no new writable mapping; it neither denies nor waits.
    FutureWrite,
    /// F_SEAL_EXEC on an executable memfd (6.3), which implies F_SEAL_WRITE and F_SEAL_FUTURE_WRITE.
    Exec,
}

impl Seal {
    /// All seals.
    pub const ALL: [Seal; 3] = [Seal::Write, Seal::FutureWrite, Seal::Exec];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Seal::Write => "write",
            Seal::FutureWrite => "future-write",
            Seal::Exec => "exec",
        }
    }

    /// One line for `sealcheck list seals`, with the source.
    pub fn describe(self) -> &'static str {
        match self {
            Seal::Write => "F_SEAL_WRITE: the content never changes again (3.17)",
            Seal::FutureWrite => {
                "F_SEAL_FUTURE_WRITE: no new writable mapping; says nothing about old ones and pins (5.1)"
            }
            Seal::Exec => "F_SEAL_EXEC of an executable memfd: implies the two others (6.3)",
        }
    }
}

impl Strategy {
    /// All strategies, in the order of the review.
    pub const ALL: [Strategy; 8] = [
        Strategy::Wait2014,
        Strategy::Wait317,
        Strategy::Wait517,
        Strategy::Wait618,
        Strategy::Isolate2014,
        Strategy::Wait,
        Strategy::Isolate,
        Strategy::IsolateTwoPhase,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Wait2014 => "wait-2014",
            Strategy::Wait317 => "wait-3.17",
            Strategy::Wait517 => "wait-5.17",
            Strategy::Wait618 => "wait-6.18",
            Strategy::Isolate2014 => "isolate-2014",
            Strategy::Wait => "wait",
            Strategy::Isolate => "isolate",
            Strategy::IsolateTwoPhase => "isolate-two-phase",
        }
    }

    /// One line for `sealcheck list strategies`, with the source.
    pub fn describe(self) -> &'static str {
        match self {
            Strategy::Wait2014 => "wait for pins, then EBUSY (RFC v3 of 2014)",
            Strategy::Wait317 => "the same as merged: this CPU's LRU batch is drained first (3.17)",
            Strategy::Wait517 => "the same with a strict comparison in both passes (5.17, f2b277c4d1c6)",
            Strategy::Wait618 => "the same with folio_expected_ref_count(), and mmap() asks the seals (6.18)",
            Strategy::Isolate2014 => "copy pinned pages, as posted (RFC v3 7/7, June 2014)",
            Strategy::Wait => "wait, with any judge; repaired with lock-unmap-refs (this project)",
            Strategy::Isolate => "isolate, with any judge; repaired with lock-unmap-refs (this project)",
            Strategy::IsolateTwoPhase => {
                "isolate: allocate and charge all, then replace; mlocked pages stay mapped (this project)"
            }
        }
    }

    /// Which code runs.
    pub fn method(self) -> Method {
        match self {
            Strategy::Isolate2014 | Strategy::Isolate | Strategy::IsolateTwoPhase => Method::Isolate,
            _ => Method::Wait,
        }
    }

    /// Whether the LRU batch of the sealer's CPU is drained before the first look, as in every merged kernel.
    pub fn drains_first(self) -> bool {
        matches!(self, Strategy::Wait317 | Strategy::Wait517 | Strategy::Wait618)
    }

    /// Whether everything is allocated, and charged, before anything is replaced.
    pub fn allocates_first(self) -> bool {
        self == Strategy::IsolateTwoPhase
    }

    /// Whether mlocked pages are mapped again.
    pub fn keeps_mlocked(self) -> bool {
        self == Strategy::IsolateTwoPhase
    }

    /// The judge when none is named: what gcc made of the code, or the repair.
    pub fn default_judge(self) -> Judge {
        match self {
            Strategy::Wait2014 | Strategy::Wait317 | Strategy::Isolate2014 => Judge::RefsThenMaps,
            Strategy::Wait517 => Judge::RefsThenMapsStrict,
            Strategy::Wait618 => Judge::RefsThenExpected,
            Strategy::Wait | Strategy::Isolate | Strategy::IsolateTwoPhase => Judge::LockUnmapRefs,
        }
    }

    /// Whether the strategy may run with this judge: a kernel's code leaves only the order of its loads open.
    pub fn allows(self, judge: Judge) -> bool {
        match self {
            Strategy::Wait2014 | Strategy::Wait317 | Strategy::Isolate2014 => {
                matches!(judge, Judge::RefsThenMaps | Judge::MapsThenRefs)
            }
            Strategy::Wait517 => matches!(judge, Judge::RefsThenMapsStrict | Judge::MapsThenRefsStrict),
            Strategy::Wait618 => matches!(judge, Judge::RefsThenExpected | Judge::ExpectedThenRefs),
            Strategy::Wait | Strategy::Isolate | Strategy::IsolateTwoPhase => true,
        }
    }
}
