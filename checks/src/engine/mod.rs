//! Other ways to run the same actors: under loom, under shuttle, on threads of the machine. None of them knows the
//! protocol; all of them share one memory.

pub mod chance;
mod ledger;
mod loom;
mod memory;
mod platform;
mod shuttle;
mod tally;
mod threads;
pub mod windows;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use seal_model::access::Answer;
use seal_model::claim::{Claim, Kind};
use seal_model::scenario::Scenario;
use seal_model::sealer::judge::Judge;

use crate::cut::Cut;
use crate::error::Error;
use crate::explore::system::Step;
pub use tally::Outcomes;

/// A way to run a scenario.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Engine {
    /// The product of the automata, state by state.
    Explicit,
    /// The same on many machines.
    Cluster,
    /// Every interleaving, and every older value that C11 lets a load see.
    Loom,
    /// Sequentially consistent, interleavings at random or one after the other.
    Shuttle,
    /// Threads of this machine.
    Threads,
}

impl Engine {
    /// All engines.
    pub const ALL: [Engine; 5] =
        [Engine::Explicit, Engine::Cluster, Engine::Loom, Engine::Shuttle, Engine::Threads];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Explicit => "explicit",
            Engine::Cluster => "cluster",
            Engine::Loom => "loom",
            Engine::Shuttle => "shuttle",
            Engine::Threads => "threads",
        }
    }

    /// One line for `sealcheck list engines`.
    pub fn describe(self) -> &'static str {
        match self {
            Engine::Explicit => "every state of the product of the automata, sequentially consistent, exact",
            Engine::Cluster => "the same, the states divided among workers of many processes and machines",
            Engine::Loom => "every interleaving of small runs in C11's memory model (loom 0.7)",
            Engine::Shuttle => "interleavings by chance, PCT or one after the other (shuttle 0.9)",
            Engine::Threads => "threads of this machine; outcomes counted and compared with the allowed ones",
        }
    }

    /// Whether it can judge a claim. What a sealer does alone, and whether it returns, are questions about the
    /// graph of all states.
    pub fn judges(self, claim: Claim) -> bool {
        match self {
            Engine::Explicit => true,
            Engine::Cluster => crate::cluster::decides(claim),
            _ => matches!(claim.kind(), Kind::State | Kind::Step),
        }
    }
}

impl FromStr for Engine {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Engine::ALL.into_iter().find(|engine| engine.name() == text);
        found.ok_or_else(|| Error::Name(format!("no engine is named `{text}`: see `sealcheck list engines`")))
    }
}

/// How shuttle chooses who runs next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheduler {
    /// By chance.
    Random,
    /// Probabilistic concurrency testing: by priorities that change so many times (Burckhardt et al. 2010).
    Pct(usize),
    /// One after the other, all of them.
    DepthFirst,
    /// Everybody in turn.
    RoundRobin,
}

/// How long to look. A run that comes to one of these limits says so.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// loom: how often a thread may be interrupted that could go on.
    pub preemptions: Option<usize>,
    /// How many executions.
    pub executions: Option<usize>,
    /// How long.
    pub time: Option<Duration>,
    /// shuttle and threads: what chance starts from.
    pub seed: u64,
    /// shuttle: who runs next.
    pub scheduler: Scheduler,
    /// Accesses that each actor makes from the cut on, and then stops.
    pub window: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            preemptions: None,
            executions: None,
            time: None,
            seed: 1,
            scheduler: Scheduler::Random,
            window: None,
        }
    }
}

/// A claim that was seen broken.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Which.
    pub claim: Claim,
    /// The shortest run seen that breaks it, from the cut on.
    pub steps: Vec<Step>,
    /// The first execution that broke it, counted from 1.
    pub first: usize,
    /// How many executions did.
    pub times: usize,
}

/// What a run of an engine found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Which engine.
    pub engine: Engine,
    /// How many executions there were.
    pub executions: usize,
    /// How long they took.
    pub elapsed: Duration,
    /// The limit that ended the run, if one did; of a search by chance, that it is one.
    pub bounded: Option<String>,
    /// It ended because every claim asked was broken.
    pub refuted_all: bool,
    /// Claims that were seen broken.
    pub broken: Vec<Broken>,
    /// How the runs ended.
    pub outcomes: Outcomes,
    /// The same of windows: what each actor was answered.
    pub(crate) answers: BTreeSet<Vec<Vec<Answer>>>,
}

impl Findings {
    /// What is known about a claim.
    pub fn verdict(&self, claim: Claim) -> EngineVerdict {
        if !self.engine.judges(claim) {
            return EngineVerdict::NotAsked;
        }
        let broken = self.broken.iter().find(|broken| broken.claim == claim);
        match (broken, &self.bounded) {
            (Some(broken), _) => EngineVerdict::Refuted(broken.steps.len()),
            (None, Some(limit)) => EngineVerdict::Bounded(limit.clone()),
            (None, None) => EngineVerdict::Held,
        }
    }
}

/// What an engine says about a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EngineVerdict {
    /// True in every execution, and there are no others.
    Held,
    /// Not true; so many steps show it.
    Refuted(usize),
    /// True in every execution up to a limit.
    Bounded(String),
    /// This engine can't tell.
    NotAsked,
}

impl fmt::Display for EngineVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineVerdict::Held => f.write_str("held"),
            EngineVerdict::Refuted(steps) => write!(f, "refuted ({steps} steps)"),
            EngineVerdict::Bounded(limit) => write!(f, "not refuted, bounded by {limit}"),
            EngineVerdict::NotAsked => f.write_str("for the explicit engine only"),
        }
    }
}

/// Run a scenario from its cut.
///
/// # Errors
/// A cut that no run reaches; a scenario that the engine can't run.
pub fn run(
    engine: Engine,
    scenario: &Scenario,
    claims: &[Claim],
    limits: &Limits,
) -> Result<Findings, Error> {
    if scenario.judge == Judge::Snapshot {
        return Err(Error::Engine(
            "`snapshot` reads two words at one instant, which no memory of words can do: use `--engine explicit`, or \
             another judge"
                .into(),
        ));
    }
    let cut = Arc::new(Cut::of(scenario)?);
    let asked: Vec<Claim> = claims.iter().copied().filter(|claim| engine.judges(*claim)).collect();
    match engine {
        Engine::Explicit | Engine::Cluster => {
            Err(Error::Name(format!("the {} engine explores, it does not run", engine.name())))
        }
        Engine::Loom => loom::run(&cut, &asked, limits),
        Engine::Shuttle => shuttle::run(&cut, &asked, limits),
        Engine::Threads => threads::run(&cut, limits),
    }
}
