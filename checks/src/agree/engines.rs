//! The ways to decide, gone.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use seal_model::claim::Claim;
use seal_model::scenario::{Scenario, Strategy};

use super::course::{Course, Way};
use crate::cluster::{self, Hosts};
use crate::engine::{Engine, Limits, run};
use crate::error::Error;
use crate::explore::checkpoint::Checkpoint;
use crate::explore::reduce::Reduce;
use crate::explore::system::System;
use crate::explore::{Exploration, Job, Means, Progress, explore_system_with};
use crate::verdict::{Report, Verdict, report};

/// Bytes for the states of one search: far more than a scenario takes that is compared.
const MEMORY: usize = 1 << 26;

/// What one way says.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Of each claim that was asked.
    pub verdicts: Vec<(Claim, Verdict)>,
    /// States, transitions and depth, where they are counted.
    pub figures: Option<Progress>,
    /// How runs ended, where they are run to their ends.
    pub ends: Option<Ends>,
}

/// How runs ended.
#[derive(Clone, Debug)]
pub struct Ends {
    /// Each once.
    pub seen: BTreeSet<String>,
    /// There are no other runs.
    pub all: bool,
}

impl Answer {
    /// The verdict on a claim, if it was asked.
    pub fn verdict(&self, claim: Claim) -> Option<&Verdict> {
        self.verdicts.iter().find(|(asked, _)| *asked == claim).map(|(_, verdict)| verdict)
    }
}

/// Whatever decides a scenario when it is asked in some way.
pub trait Ask: Sync {
    /// What it says of these claims.
    ///
    /// # Errors
    /// Why it can't say anything.
    fn ask(&self, system: &System, course: &Course, claims: &[Claim]) -> Result<Answer, Error>;
}

/// The engines of this crate.
#[derive(Clone, Copy, Debug)]
pub struct Engines;

impl Ask for Engines {
    fn ask(&self, system: &System, course: &Course, claims: &[Claim]) -> Result<Answer, Error> {
        // an engine that panics is a difference like any other, and shrunk
        let answered = catch_unwind(AssertUnwindSafe(|| answer(system, course, claims)));
        answered.unwrap_or_else(|panic| Err(Error::Engine(format!("it panicked: {}", message(&*panic)))))
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word").to_owned()
}

fn answer(system: &System, course: &Course, claims: &[Claim]) -> Result<Answer, Error> {
    let job = Job { claims, max_memory: MEMORY, coverage: false, progress: None };
    match course.way {
        Way::Explicit { reduce, threads } => {
            explored(system, &job, &Means { threads, reduce, checkpoint: None })
        }
        Way::Resumed => resumed(system, &job),
        Way::Cluster { workers } => {
            let claims: Vec<Claim> =
                claims.iter().copied().filter(|claim| cluster::decides(*claim)).collect();
            let job = Job { claims: &claims, ..job };
            let exploration = cluster::explore(&system.scenario, &job, &Hosts::local(workers), None)?;
            Ok(reported(system, &job, exploration))
        }
        Way::Run { engine, executions, preemptions, scheduler, seed } => {
            settle();
            let claims: Vec<Claim> = claims.iter().copied().filter(|claim| engine.judges(*claim)).collect();
            let executions = Some(executions);
            let limits = Limits { executions, preemptions, scheduler, seed, ..Limits::default() };
            let findings = run(engine, &system.scenario, &claims, &limits)?;
            let ends =
                Ends { seen: findings.outcomes.keys().cloned().collect(), all: findings.is_complete() };
            let verdicts = claims.iter().map(|claim| (*claim, findings.verdict(*claim))).collect();
            Ok(Answer { verdicts, figures: None, ends: Some(ends) })
        }
    }
}

/// shuttle's panic hook would report each coroutine that loom ends early, unless it is in place before the coroutines'
/// own: so shuttle runs first.
fn settle() {
    static SETTLED: Once = Once::new();
    SETTLED.call_once(|| {
        let limits = Limits { executions: Some(1), ..Limits::default() };
        // the hook is there whatever becomes of the run
        let _ = run(Engine::Shuttle, &Scenario::new(Strategy::Wait), &[], &limits);
    });
}

fn explored(system: &System, job: &Job<'_>, means: &Means) -> Result<Answer, Error> {
    Ok(reported(system, job, explore_system_with(system, job, means)?))
}

fn reported(system: &System, job: &Job<'_>, exploration: Exploration) -> Answer {
    let Report { verdicts, figures, .. } = report(&system.scenario, job, exploration);
    Answer { verdicts, figures: Some(figures), ends: None }
}

/// Search with a checkpoint after each round, and once more from the last of them.
fn resumed(system: &System, job: &Job<'_>) -> Result<Answer, Error> {
    let kept = Kept::new();
    let checkpoint = Checkpoint { directory: kept.0.clone(), every: Duration::ZERO };
    let means = Means { threads: 1, reduce: Reduce::Nothing, checkpoint: Some(checkpoint) };
    explored(system, job, &means)?;
    explored(system, job, &means)
}

/// A directory that is gone when nobody needs it any more.
struct Kept(PathBuf);

impl Kept {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Kept(std::env::temp_dir().join(format!("sealcheck-agree-{}-{number}", std::process::id())))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // it may never have been made
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
