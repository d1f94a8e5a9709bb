//! What can go wrong that is not a verdict. Each message names the cause and the way out.

use seal_model::access::{Access, Answer};
use seal_model::machine::Cell;
use seal_model::scenario::ScenarioError;

/// An error of usage, of the environment, or of the model's bounds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The scenario is impossible.
    #[error("{0}")]
    Scenario(#[from] ScenarioError),
    /// A name that is none.
    #[error("{0}")]
    Name(String),
    /// An answer outside the declared range of its access.
    #[error(
        "{access:?} answered {answer}, outside the answers that `Access::answers` declares: \
         raise the bound in model/src/scenario"
    )]
    AnswerOutOfRange {
        /// The access.
        access: Access,
        /// Its answer.
        answer: Answer,
    },
    /// A value outside the declared range of its cell.
    #[error("{0:?} left the range that `Cell::of` declares: raise the bound in model/src/machine/cells.rs")]
    CellOutOfRange(Cell),
    /// An actor that never comes to an end, or back to where it was.
    #[error(
        "{actor} made {accesses} accesses and was never where it had been before: a local of its loop takes ever \
         new values, or an async fn lacks #[frames]"
    )]
    EndlessActor {
        /// Its name.
        actor: String,
        /// How many accesses were made.
        accesses: usize,
    },
    /// Two runs whose frames are equal, and that go on differently.
    #[error("{actor}: the frames at {frame} do not list every live local: {difference}")]
    FrameLosesLocals {
        /// The actor.
        actor: String,
        /// The places at which the functions stand.
        frame: String,
        /// Where the two runs part.
        difference: String,
    },
    /// An actor that is too large for what it is compiled for.
    #[error("{actor} has more than {most} locations: use fewer pages, or a smaller LAST_SCAN")]
    TooManyLocations {
        /// Its name.
        actor: String,
        /// The most that were allowed.
        most: usize,
    },
    /// A state that needs more bits than the explorer has words for.
    #[error("a state needs {needed} bits, and at most {most} fit: use fewer actors or fewer pages")]
    StateTooWide {
        /// Bits needed.
        needed: usize,
        /// Bits there are.
        most: usize,
    },
    /// No memory left within the limit.
    #[error(
        "{used} MiB for {states} states, and the next step would pass the limit of {limit} MiB: \
         give more with --max-memory, or use fewer actors or pages"
    )]
    OutOfMemory {
        /// MiB used.
        used: usize,
        /// The limit in MiB.
        limit: usize,
        /// States found.
        states: usize,
    },
    /// Memory did not suffice for a scenario of several, each with its share.
    #[error("{scenario}{} not fit into a core's share of the memory: {cause}", and_others(*.others))]
    DoesNotFit {
        /// The first one, as a line.
        scenario: String,
        /// How many there are beside it.
        others: usize,
        /// How far it came.
        cause: Box<Error>,
    },
    /// A signal ended the work before its end.
    #[error("{0} came before the end")]
    Interrupted(&'static str),
    /// The kernel does not grant the address space for the limit.
    #[error("the kernel does not grant {0} MiB of address space: give less with --max-memory")]
    NoAddressSpace(usize),
    /// A state that an expanded state leads to is not stored.
    #[error(
        "a successor of a state is not among the states: a bug of the explorer, please report the scenario"
    )]
    StateLost,
    /// A scenario that an engine can't run, or an engine that gave up.
    #[error("{0}")]
    Engine(String),
    /// A part that this build does without.
    #[error(
        "{0} takes the full build: `cargo run --release --features full -- …` in a checkout, or \
         `cargo install --path checks --locked --features full`"
    )]
    LeftOut(&'static str),
    /// A kernel that can't be held against the model here, or a program that can't be run.
    #[error("{0}")]
    Conform(String),
    /// A claim or an access that can't be written down for another tool.
    #[error("{0}")]
    Export(String),
    /// A place to start from that is none, or that no run reaches.
    #[error("{0}")]
    Cut(String),
    /// A schedule that can't be read or does not fit its scenario.
    #[error(
        "the schedule is damaged: {0}; take the line that `sealcheck check` prints, in quotes, unchanged"
    )]
    Schedule(String),
    /// A step that the scenario of its schedule does not have.
    #[error("the run ends at step {step}: {reason}; change the schedule from there on")]
    Ended {
        /// Which one, counted from 1.
        step: usize,
        /// Why it can't be taken.
        reason: String,
    },
    /// A manifest that can't be read.
    #[error("the manifest is damaged: {0}; write it anew with `sealcheck review --bless`")]
    Manifest(String),
    /// A document that can't be put into its format.
    #[error("a result can't be written: {0}; a bug of the program, please report it")]
    Document(String),
    /// A checkpoint that a search can't go on from.
    #[error("{0}")]
    Checkpoint(String),
    /// A file that can't be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        cause: std::io::Error,
    },
}

fn and_others(others: usize) -> String {
    if others == 0 { " does".to_owned() } else { format!(" and {others} more scenarios do") }
}

impl Error {
    /// Whether it is a limit of a run, which ends with what is known by then.
    pub fn is_limit(&self) -> bool {
        matches!(self, Error::OutOfMemory { .. } | Error::Interrupted(_))
    }
}
