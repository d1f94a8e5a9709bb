//! The engines by name, with what each judges, is given and finds. Runs under those beside the explicit one take the
//! feature `full`.

#[cfg(feature = "full")]
mod run;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use seal_model::claim::{Claim, Kind, Witness};
#[cfg(not(feature = "full"))]
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::system::Step;
#[cfg(feature = "full")]
pub(crate) use run::UNEXPLAINED;
#[cfg(feature = "full")]
pub use run::{run, windows};

/// How runs ended, each with how often.
pub type Outcomes = BTreeMap<String, usize>;

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

    /// True if it can judge a claim. Claims about a sealer alone, and about its return, are questions about the
    /// graph of all states.
    pub fn judges(self, claim: Claim) -> bool {
        match self {
            Engine::Explicit => true,
            Engine::Cluster => claim.kind() != Kind::Progress,
            Engine::Loom | Engine::Shuttle => matches!(claim.kind(), Kind::State | Kind::Step),
            Engine::Threads => false,
        }
    }

    /// Refuse claims that are not this engine's to judge.
    ///
    /// # Errors
    /// The first such claim, and the engines that judge it.
    pub fn refuse_others(self, claims: &[Claim]) -> Result<(), Error> {
        let Some(claim) = claims.iter().find(|claim| !self.judges(**claim)) else { return Ok(()) };
        let able: Vec<_> = Engine::ALL.into_iter().filter(|engine| engine.judges(*claim)).collect();
        let able: Vec<_> = able.into_iter().map(Engine::name).collect();
        let why = match self {
            Engine::Threads => "threads see no state between two steps, and only ends are compared",
            _ => "it speaks of how runs could go on, for which this engine keeps too little",
        };
        Err(Error::Engine(format!(
            "{} is not for --engine {}: {why}; use --engine {}",
            claim.name(),
            self.name(),
            able.join(" or ")
        )))
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
    /// By chance, every order of accesses as likely as any other (URW: Zhao et al. 2025).
    Uniform,
    /// One after the other, all of them.
    DepthFirst,
    /// Everybody in turn.
    RoundRobin,
}

impl Scheduler {
    /// As it is written on the command line.
    pub fn name(self) -> String {
        match self {
            Scheduler::Random => "random".into(),
            Scheduler::Pct(depth) => format!("pct={depth}"),
            Scheduler::Uniform => "urw".into(),
            Scheduler::DepthFirst => "dfs".into(),
            Scheduler::RoundRobin => "round-robin".into(),
        }
    }
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
    /// How many steps in one execution, all actors together.
    pub steps: usize,
    /// shuttle and threads: what chance starts from.
    pub seed: u64,
    /// shuttle: who runs next.
    pub scheduler: Scheduler,
    /// Accesses that each actor makes from the cut on, and then stops.
    pub window: Option<usize>,
}

/// Steps of one execution, where nothing else ends it. No scenario without a loop comes near it.
const MOST_STEPS: usize = 5_000;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            preemptions: None,
            executions: None,
            time: None,
            steps: MOST_STEPS,
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

/// The findings of a run of an engine.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Which engine.
    pub engine: Engine,
    /// How long it was to look, and by what means.
    pub limits: Limits,
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
    /// Witnesses of the asked claims that were seen.
    pub witnessed: Vec<Witness>,
    /// How the runs ended.
    pub outcomes: Outcomes,
    /// The same of windows: what each actor was answered.
    #[cfg(feature = "full")]
    pub(crate) answers: run::Answers,
}

impl Findings {
    /// True if every execution that the engine has was run.
    pub fn is_complete(&self) -> bool {
        self.bounded.is_none() && !self.refuted_all
    }
}

/// A build without other engines runs nothing.
///
/// # Errors
/// [`Error::LeftOut`].
#[cfg(not(feature = "full"))]
pub fn run(_: Engine, _: &Scenario, _: &[Claim], _: &Limits) -> Result<Findings, Error> {
    Err(Error::LeftOut("`--engine` loom, shuttle or threads"))
}
