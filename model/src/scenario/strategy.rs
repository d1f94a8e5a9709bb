//! The strategies under review, and which judges each may run with.

use crate::sealer::judge::Judge;

/// What the sealer does about pages that are still held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strategy {
    /// `wait`, as in RFC v3; what 3.17 merged drains the local LRU batch first.
    Wait2014,
    /// `isolate`, as posted in June 2014.
    Isolate2014,
    /// `wait` with a judge of your choice; the repaired one is `lock-unmap-refs`.
    Wait,
    /// `isolate` with a judge of your choice; the repaired one is `lock-unmap-refs`.
    Isolate,
}

/// The code path of a strategy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// `shmem_wait_for_pins()`
    Wait,
    /// `shmem_isolate_pins()`
    Isolate,
}

impl Strategy {
    /// All strategies, in the order of the review.
    pub const ALL: [Strategy; 4] =
        [Strategy::Wait2014, Strategy::Isolate2014, Strategy::Wait, Strategy::Isolate];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Wait2014 => "wait-2014",
            Strategy::Isolate2014 => "isolate-2014",
            Strategy::Wait => "wait",
            Strategy::Isolate => "isolate",
        }
    }

    /// One line for `sealcheck list strategies`, with the source.
    pub fn describe(self) -> &'static str {
        match self {
            Strategy::Wait2014 => {
                "wait for pins, then EBUSY (RFC v3 of 2014; merged in 3.17 with an LRU drain before the first look)"
            }
            Strategy::Isolate2014 => "copy pinned pages, as posted (RFC v3 7/7, June 2014)",
            Strategy::Wait => "wait, with any judge; repaired with lock-unmap-refs (this project)",
            Strategy::Isolate => "isolate, with any judge; repaired with lock-unmap-refs (this project)",
        }
    }

    /// Which code runs.
    pub fn method(self) -> Method {
        match self {
            Strategy::Wait2014 | Strategy::Wait => Method::Wait,
            Strategy::Isolate2014 | Strategy::Isolate => Method::Isolate,
        }
    }

    /// The judge when none is named: what gcc made of the code, or the repair.
    pub fn default_judge(self) -> Judge {
        match self {
            Strategy::Wait2014 | Strategy::Isolate2014 => Judge::RefsThenMaps,
            Strategy::Wait | Strategy::Isolate => Judge::LockUnmapRefs,
        }
    }

    /// Whether the strategy may run with this judge: the code of 2014 leaves only the order of its loads open.
    pub fn allows(self, judge: Judge) -> bool {
        match self {
            Strategy::Wait2014 | Strategy::Isolate2014 => {
                matches!(judge, Judge::RefsThenMaps | Judge::MapsThenRefs)
            }
            Strategy::Wait | Strategy::Isolate => true,
        }
    }
}
