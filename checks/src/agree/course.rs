//! The ways to decide a scenario, and which of them are gone for the scenario of a number.

use std::fmt;

use seal_model::claim::Claim;
use seal_model::scenario::{Actor, Program, ReclaimProgram, Scenario};
use seal_model::sealer::judge::Judge;

use crate::engine::{Engine, Scheduler};
use crate::explore::reduce::Reduce;

/// A way to decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The explicit explorer.
    Explicit {
        /// What it leaves out.
        reduce: Reduce,
        /// On how many threads.
        threads: usize,
    },
    /// The explicit explorer, and once more from the last checkpoint that it wrote.
    Resumed,
    /// The cluster, as one process of so many workers.
    Cluster {
        /// How many.
        workers: usize,
    },
    /// An engine that runs the actors, from the same seed as the scenario.
    Run {
        /// Which.
        engine: Engine,
        /// Most executions.
        executions: usize,
        /// loom: most preemptions.
        preemptions: Option<usize>,
        /// shuttle: who runs next.
        scheduler: Scheduler,
        /// What chance starts from.
        seed: u64,
    },
}

/// What is asked of a scenario, and in which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Course {
    /// In which way.
    pub way: Way,
    /// The claim that is asked; none: all together.
    pub alone: Option<Claim>,
}

impl Course {
    /// All that concern the scenario, asked together in the explicit explorer on one thread.
    pub const REFERENCE: Course =
        Course { way: Way::Explicit { reduce: Reduce::Nothing, threads: 1 }, alone: None };

    /// The claims among these that it asks.
    pub fn claims(&self, claims: &[Claim]) -> Vec<Claim> {
        let asked = |claim: &&Claim| self.alone.is_none_or(|alone| alone == **claim);
        claims.iter().filter(asked).copied().collect()
    }

    /// The command that goes this way.
    pub fn command(&self, scenario: &Scenario, claim: Option<Claim>) -> String {
        let claim = self.alone.or(claim);
        let claim = claim.map_or(String::new(), |claim| format!(" --claim {}", claim.name()));
        format!("sealcheck check '{scenario}'{claim}{}", self.options())
    }

    fn options(&self) -> String {
        match self.way {
            Way::Explicit { reduce, threads } => {
                let reduced =
                    if reduce == Reduce::Nothing { String::new() } else { format!(" --reduce {reduce}") };
                // with more memory partial order is not begun where all is explored sooner
                let memory = if reduce.by_partial_order() { " --max-memory 8M" } else { "" };
                format!("{reduced} --threads {threads}{memory}")
            }
            // the second run is the one that goes on
            Way::Resumed => " --checkpoint DIR --checkpoint-every 0".to_owned(),
            Way::Cluster { workers } => format!(" --engine cluster --workers {workers}"),
            Way::Run { engine, executions, preemptions, scheduler, seed } => {
                let how = match engine {
                    Engine::Shuttle => format!(" --scheduler {} --seed {seed}", scheduler.name()),
                    Engine::Loom => {
                        preemptions.map_or(String::new(), |most| format!(" --preemptions {most}"))
                    }
                    _ => format!(" --seed {seed}"),
                };
                format!(" --engine {}{how} --executions {executions}", engine.name())
            }
        }
    }
}

/// By which its verdicts are counted.
impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.way {
            Way::Explicit { reduce: Reduce::Nothing, threads: 1 } => f.write_str("explicit")?,
            Way::Explicit { reduce: Reduce::Nothing, .. } => f.write_str("explicit, threads")?,
            Way::Explicit { reduce, .. } => write!(f, "explicit, {reduce}")?,
            Way::Resumed => f.write_str("explicit, resumed")?,
            Way::Cluster { .. } => f.write_str("cluster")?,
            Way::Run { engine: Engine::Shuttle, scheduler, .. } => {
                let name = scheduler.name();
                write!(f, "shuttle, {}", name.split('=').next().unwrap_or(&name))?;
            }
            Way::Run { engine: Engine::Loom, preemptions: Some(_), .. } => {
                f.write_str("loom, preemptions")?
            }
            Way::Run { engine, .. } => f.write_str(engine.name())?,
        }
        if self.alone.is_some() { f.write_str(", alone") } else { Ok(()) }
    }
}

/// Claims of a scenario that are asked alone as well, each in another way.
const ALONE: usize = 3;
/// One scenario in as many is searched with sleep sets, and by partial order: what commutes with what takes longer to
/// tell than all else.
const ASLEEP: usize = 4;
const BY_ORDER: usize = 50;
/// One scenario in as many is decided by the cluster.
const CLUSTER: usize = 16;
/// One scenario in as many is decided once more from a checkpoint, which is written to the disk.
const RESUMED: usize = 256;
/// One scenario in as many is run by shuttle, by loom, on threads.
const SHUTTLE: usize = 4;
const LOOM: usize = 32;
const THREADS: usize = 32;
/// One scenario in as many may have [more states](super::MOST_STATES_WIDE), so that threads have something to share.
pub const WIDE: usize = 2048;

/// Whether the scenario of a number may be wide.
pub(super) fn is_wide(number: usize) -> bool {
    number % WIDE == WIDE - 1
}

/// What is asked of the scenario of a number beside the reference. `claims` are those that concern it.
pub fn courses(number: usize, scenario: &Scenario, claims: &[Claim]) -> Vec<Course> {
    let one_in = |many: usize, shift: usize| number % many == shift % many;
    let together = |way| Course { way, alone: None };
    let explicit = |reduce, threads| Way::Explicit { reduce, threads };
    let threads = |shift: usize| 1 + (number / BY_ORDER + shift) % 4;
    if is_wide(number) {
        let ways = [Reduce::Nothing, Reduce::SleepSets].map(|reduce| explicit(reduce, 2 + number / WIDE % 3));
        let cluster = Way::Cluster { workers: 2 + number / WIDE % 2 };
        return ways.into_iter().chain([cluster]).map(together).collect();
    }
    let mut courses = vec![
        together(explicit(Reduce::Nothing, 2 + number % 3)),
        together(explicit(Reduce::Symmetry, threads(0))),
    ];
    let mut ways = vec![Reduce::Nothing, Reduce::Symmetry];
    if one_in(ASLEEP, 1) {
        courses.push(together(explicit(Reduce::SleepSets, threads(1))));
    }
    if one_in(BY_ORDER, 0) {
        courses.push(together(explicit(Reduce::PartialOrder, threads(2))));
        courses.push(together(explicit(Reduce::All, threads(3))));
        ways = vec![Reduce::PartialOrder, Reduce::All, Reduce::SleepSets];
    }
    let alone = ALONE.min(claims.len());
    for shift in 0..alone {
        // each claim in each way in its turn
        let claim = claims[(number / BY_ORDER / ways.len() + shift * claims.len() / alone) % claims.len()];
        let reduce = ways[(number / BY_ORDER + shift) % ways.len()];
        courses.push(Course { way: explicit(reduce, 1), alone: Some(claim) });
    }
    if one_in(CLUSTER, 1) {
        courses.push(together(Way::Cluster { workers: 1 + number / CLUSTER % 3 }));
    }
    if one_in(RESUMED, 2) {
        courses.push(together(Way::Resumed));
    }
    if one_in(SHUTTLE, 1) {
        courses.push(together(shuttle(number)));
    }
    courses.extend(of_words(number, scenario).map(together));
    courses
}

/// One scheduler after the other.
fn shuttle(number: usize) -> Way {
    let turn = number / SHUTTLE;
    let (scheduler, executions) = match turn % 5 {
        0 => (Scheduler::Random, 20),
        1 => (Scheduler::Pct(1 + turn / 5 % 3), 20),
        2 => (Scheduler::Uniform, 20),
        3 => (Scheduler::RoundRobin, 3),
        _ => (Scheduler::DepthFirst, 100),
    };
    Way::Run { engine: Engine::Shuttle, executions, preemptions: None, scheduler, seed: number as u64 }
}

/// The engines whose memory is made of words, which `snapshot` can't be run on; nor is a program without end.
fn of_words(number: usize, scenario: &Scenario) -> impl Iterator<Item = Way> {
    let engine = match () {
        () if scenario.judge == Judge::Snapshot || is_endless(scenario) => None,
        () if number % LOOM == 3 => Some((Engine::Loom, 200)),
        () if number % THREADS == 5 => Some((Engine::Threads, 20)),
        () => None,
    };
    let preemptions = [None, Some(2), Some(3)][number / LOOM % 3];
    engine.into_iter().map(move |(engine, executions)| Way::Run {
        engine,
        executions,
        preemptions,
        scheduler: Scheduler::Random,
        seed: number as u64,
    })
}

/// Whether some actor has a program without end.
pub(super) fn is_endless(scenario: &Scenario) -> bool {
    scenario.cast().iter().any(|actor| {
        matches!(
            actor,
            Actor::Mapper { program: Program::ForEver, .. }
                | Actor::Reclaim { program: ReclaimProgram::ForEver, .. }
        )
    })
}
