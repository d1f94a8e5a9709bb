//! What can be wrong with a scenario, and what to change.

use std::fmt;

use super::{Actor, Method, Strategy};
use crate::access::{MAX_ACTORS, MAX_INDICES, MAX_PAGES};
use crate::fault::CallFault;
use crate::sealer::judge::Judge;

/// What is wrong with a scenario, and what to change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScenarioError {
    /// No strategy of this name.
    UnknownStrategy(String),
    /// No judge of this name.
    UnknownJudge(String),
    /// No actor of this name.
    UnknownActor(String),
    /// No fault of this name.
    UnknownFault(String),
    /// No seal of this name.
    UnknownSeal(String),
    /// A mapper's program that is none.
    MapperProgram(String),
    /// Pages out of range.
    Pages(u8),
    /// An actor that uses a page the file does not have.
    PageOutOfFile(Actor, u8),
    /// Folio size out of range.
    Folio(u8),
    /// More page frames than the model has room for.
    TooManyFrames(u8),
    /// A thread of a program that is not in the cast.
    NobodysThread(Actor),
    /// More actors than the model has room for.
    TooManyActors(usize),
    /// A judge that the strategy of 2014 does not leave open.
    JudgeNotPosted(Strategy, Judge),
    /// Pin weight out of range.
    PinWeight(u8),
    /// LAST_SCAN out of range.
    LastScan(u8),
    /// A part of a cut that names no place, nobody in the cast, or somebody twice.
    Place(String),
    /// A large folio's mapper, and folios of one page.
    BatchOfOne(Actor),
    /// A seeded fault of the system calls, which no actor makes.
    CallFault(CallFault),
    /// A key of the text that is there twice.
    Twice(String),
    /// Nothing between two semicolons, or after the last one.
    EmptyPart,
    /// The text of a scenario that can't be read.
    Syntax(String),
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownStrategy(name) => {
                write!(f, "no strategy is named `{name}`: see `sealcheck list strategies`")
            }
            Self::UnknownJudge(name) => write!(f, "no judge is named `{name}`: see `sealcheck list judges`"),
            Self::UnknownActor(name) => {
                write!(f, "no actor is written `{name}`: see `sealcheck list actors`")
            }
            Self::UnknownFault(name) => write!(f, "no fault is named `{name}`: see `sealcheck list faults`"),
            Self::UnknownSeal(name) => write!(f, "no seal is named `{name}`: see `sealcheck list seals`"),
            Self::MapperProgram(program) => write!(
                f,
                "a mapper can't run `{program}`: give one to four of `fault` and `zap` in turn, joined by `+`, \
                 or one of `loop`, `hold`, `mlock`, `force`"
            ),
            Self::Pages(pages) => {
                write!(f, "a file of {pages} pages is out of range: give 1 to {MAX_INDICES}")
            }
            Self::PageOutOfFile(actor, pages) => {
                write!(f, "`{actor}` uses a page that a file of {pages} does not have: pages count from 0")
            }
            Self::TooManyActors(actors) => {
                write!(f, "{actors} actors with the sealer are too many: at most {MAX_ACTORS}")
            }
            Self::Folio(folio) => write!(f, "a folio of {folio} pages is out of range: give 1 to 4"),
            Self::TooManyFrames(frames) => {
                write!(
                    f,
                    "{frames} page frames are too many, at most {MAX_PAGES}: use fewer pages, or fewer \
                     sealers and truncations"
                )
            }
            Self::NobodysThread(actor) => {
                write!(f, "`{actor}` is another thread of a writer or a pinner: name one before it")
            }
            Self::JudgeNotPosted(strategy, judge) => {
                let open = if strategy.method() == Method::Wait { "wait" } else { "isolate" };
                write!(
                    f,
                    "`{}` leaves only the order of its two loads open, so it can't run with `{}`: use `{open}`",
                    strategy.name(),
                    judge.name()
                )
            }
            Self::PinWeight(weight) => write!(f, "a pin weight of {weight} is out of range: give 1 to 8"),
            Self::LastScan(scan) => write!(f, "a LAST_SCAN of {scan} is out of range: give 0 to 8"),
            Self::Place(part) => write!(
                f,
                "`{part}` is no place to start from: give ACTOR:ACCESS for one or more of the cast, each once, joined \
                 by `+`, such as `pinner:device-writes+sealer:page-count`"
            ),
            Self::BatchOfOne(actor) => write!(
                f,
                "`{actor}` maps the small pages of a large folio at once, and a folio of 1 is no large one: give 2 to 4 \
                 or no folio at all, or use `mapper`"
            ),
            Self::CallFault(fault) => write!(
                f,
                "`{}` is a slip of system calls, and a scenario makes none: use `sealcheck conform --fault {0}`",
                fault.name()
            ),
            Self::Twice(key) => {
                write!(f, "a scenario has one `{key}`, and this one names it twice: leave one out")
            }
            Self::EmptyPart => {
                write!(f, "a scenario has no empty part: put one `;` between two parts, and none at the end")
            }
            Self::Syntax(part) => write!(
                f,
                "a scenario can't hold `{part}`: expected STRATEGY;key=value;… without spaces, the keys being judge, \
                 pages, seal, folio, pin-weight, last-scan, fault, with and from, or one of the words enomem, \
                 no-signals, early-flush, children-first"
            ),
        }
    }
}

impl std::error::Error for ScenarioError {}
