//! A column of the table: an engine within bounds, and its answer about one claim of one scenario.

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::engine::{Engine, Limits, Scheduler, UNEXPLAINED, run};
use crate::error::Error;
use crate::explore::Job;
use crate::outcome::allowed;
use crate::verdict::{Verdict, decide};

/// The name of the first column.
pub(super) const EXPLICIT: &str = "explicit";
/// The part that is kept of threads that came to allowed ends only.
pub(super) const ALLOWED: &str = "allowed";

/// Executions of loom, after which a behaviour counts as too large for it.
const LOOM: usize = 150_000;
/// Preemptions of one execution from the very beginning: with one loom misses both strategies as posted.
const PREEMPTIONS: usize = 2;
/// Executions of shuttle, and rounds of threads.
const CHANCE: usize = 20_000;

/// A column of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) engine: Engine,
    preemptions: Option<usize>,
    executions: usize,
    scheduler: Scheduler,
}

/// The columns of the behaviours, after the explicit engine's.
pub(super) const COLUMNS: [Column; 6] = [
    Column {
        name: "loom",
        engine: Engine::Loom,
        preemptions: None,
        executions: LOOM,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "loom<=0",
        engine: Engine::Loom,
        preemptions: Some(0),
        executions: LOOM,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "loom<=1",
        engine: Engine::Loom,
        preemptions: Some(1),
        executions: LOOM,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "random",
        engine: Engine::Shuttle,
        preemptions: None,
        executions: CHANCE,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "pct",
        engine: Engine::Shuttle,
        preemptions: None,
        executions: CHANCE,
        scheduler: Scheduler::Pct(3),
    },
    Column {
        name: "threads",
        engine: Engine::Threads,
        preemptions: None,
        executions: CHANCE,
        scheduler: Scheduler::Random,
    },
];

/// Loom from the very beginning, in the rows of [`end_to_end`](super::end_to_end).
pub(super) const FROM_THE_BEGINNING: Column = Column {
    name: "loom<=2",
    engine: Engine::Loom,
    preemptions: Some(PREEMPTIONS),
    executions: LOOM,
    scheduler: Scheduler::Random,
};

/// The same with one preemption more, as far as it comes.
pub(super) const ONE_FURTHER: Column =
    Column { name: "loom<=3", preemptions: Some(PREEMPTIONS + 1), executions: CHANCE, ..FROM_THE_BEGINNING };

/// The verdict of the explicit engine: `refuted STEPS`, or as it is printed.
pub(super) fn explicit(scenario: &Scenario, claim: Claim, max_memory: usize) -> Result<String, Error> {
    let report = decide(scenario, &Job { claims: &[claim], max_memory, coverage: false, progress: None })?;
    Ok(match report.verdict(claim) {
        Some(Verdict::Refuted(run)) => format!("refuted {}", run.steps.len()),
        Some(other) => other.to_string(),
        None => "not asked".into(),
    })
}

/// The verdict with which the answer of an engine begins.
pub(super) fn verdict(said: &str) -> &str {
    said.split([' ', ',']).next().unwrap_or_default()
}

impl Column {
    /// `refuted STEPS, run NUMBER`; `held, NUMBER runs`; `no, NUMBER runs`, where there may be others; `no, all NUMBER
    /// runs` within the bound, with anything else that leaves them undecided.
    pub(super) fn ask(&self, scenario: &Scenario, claim: Claim) -> Result<String, Error> {
        let limits = Limits {
            preemptions: self.preemptions,
            executions: Some(self.executions),
            scheduler: self.scheduler,
            ..Limits::default()
        };
        let judged: Vec<Claim> = [claim].into_iter().filter(|claim| self.engine.judges(*claim)).collect();
        let found = run(self.engine, scenario, &judged, &limits)?;
        if self.engine == Engine::Threads {
            let allowed = allowed(scenario)?;
            let forbidden = found.outcomes.keys().filter(|outcome| !allowed.contains(*outcome)).count();
            let seen = found.outcomes.len() - forbidden;
            return Ok(match forbidden {
                0 => format!("{ALLOWED}, {seen} of {} ends", allowed.len()),
                _ => format!("FORBIDDEN, {forbidden} ends"),
            });
        }
        let first = found.broken.first().map_or(0, |broken| broken.first);
        Ok(match found.verdict(claim) {
            Verdict::Refuted(run) => format!("refuted {}, run {first}", run.steps.len()),
            Verdict::Undecided(_) if found.executions >= self.executions => {
                format!("no, {} runs", found.executions)
            }
            Verdict::Undecided(by) => format!("no, all {} runs{}", found.executions, self.beside_bound(&by)),
            Verdict::Vacuous(_) => format!("vacuous, {} runs", found.executions),
            held @ (Verdict::Held | Verdict::Proved(_)) => format!("{held}, {} runs", found.executions),
        })
    }

    /// A limit that was hit, other than the bound of this column.
    fn beside_bound(&self, by: &str) -> String {
        let bound = self.preemptions.map(|most| format!("{most} preemptions"));
        let is_bound = self.engine != Engine::Loom || bound.as_deref() == Some(by);
        if is_bound { String::new() } else { format!(", {by}") }
    }

    /// The reason for another answer than the explicit engine's, if it is another.
    pub(super) fn limit(&self, explicit: &str, said: &str) -> Option<&'static str> {
        match (verdict(explicit), verdict(said), self.engine) {
            (_, "no", Engine::Loom) if said.ends_with(UNEXPLAINED) => {
                Some("m: in some runs others saw the middle of an access, and these are not judged")
            }
            ("refuted", "no", Engine::Loom) if self.preemptions.is_some() => {
                Some("p: it takes more preemptions, or more runs")
            }
            ("refuted" | "proved", "no", Engine::Loom) if self.preemptions.is_none() => {
                Some("l: too large for loom")
            }
            ("refuted", "no", _) => Some("c: chance has not found it"),
            ("proved", "refuted", Engine::Loom) => {
                Some("w: loads are reordered, which the explicit engine's memory does not do")
            }
            ("proved", "refuted", _) | ("refuted", "held", _) | (_, "FORBIDDEN", _) => {
                Some("!: NOT EXPLAINED")
            }
            _ => None,
        }
    }
}
