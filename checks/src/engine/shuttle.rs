//! Under shuttle: sequentially consistent, with schedules by chance or one after the other.

use std::sync::{Arc, Mutex};

use seal_model::access::{Access, Question};
use seal_model::claim::Claim;
use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, RoundRobinScheduler, Schedule, Scheduler as Chooses, Task,
    TaskId,
};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use super::ledger::Ledger;
use super::memory::{Board, Chooser};
use super::platform::Shuttle;
use super::tally::Tally;
use super::{Engine, Findings, Limits, Scheduler};
use crate::cut::Cut;
use crate::error::Error;
use crate::pool::locked;

/// Executions, where nothing else ends the run.
const USUAL: usize = 100_000;

pub(super) fn run(cut: &Arc<Cut>, claims: &[Claim], limits: &Limits) -> Result<Findings, Error> {
    let most = limits.executions.unwrap_or(if limits.time.is_some() { usize::MAX } else { USUAL });
    let limits = Limits { executions: Some(most), ..*limits };
    let tally = Arc::new(Mutex::new(Tally::new(claims, &limits)));
    match limits.scheduler {
        Scheduler::Random => {
            search(RandomScheduler::new_from_seed(limits.seed, most), cut, claims, &limits, &tally)
        }
        Scheduler::Pct(depth) => {
            search(PctScheduler::new_from_seed(limits.seed, depth, most), cut, claims, &limits, &tally);
        }
        Scheduler::DepthFirst => search(DfsScheduler::new(Some(most), false), cut, claims, &limits, &tally),
        Scheduler::RoundRobin => search(RoundRobinScheduler::new(most), cut, claims, &limits, &tally),
    }
    let mut findings = locked(&tally).findings(Engine::Shuttle);
    if findings.bounded.is_none() && !findings.refuted_all {
        // what is chosen where the model leaves it open is chosen by chance, whoever runs when
        findings.bounded = Some(format!("{} executions", findings.executions));
    }
    Ok(findings)
}

fn search<S: Chooses + 'static>(
    scheduler: S,
    cut: &Arc<Cut>,
    claims: &[Claim],
    limits: &Limits,
    tally: &Arc<Mutex<Tally>>,
) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let scheduler = UntilDone { scheduler: Some(scheduler), tally: Arc::clone(tally) };
    let (cut, claims, tally, seed) = (Arc::clone(cut), claims.to_vec(), Arc::clone(tally), limits.seed);
    Runner::new(scheduler, config).run(move || {
        let number = {
            let mut tally = locked(&tally);
            tally.executions += 1;
            tally.executions
        };
        let tally = Arc::clone(&tally);
        let finish = Arc::new(move |ledger: &Ledger, cells: &_| locked(&tally).add(ledger, cells));
        let chooser = by_chance(&cut, seed, number);
        let board = Arc::new(Board::<Shuttle>::new(&cut, chooser, Ledger::new(&cut, &claims), finish, None));
        let moving = (0..cut.ghosts.len()).filter(|&actor| cut.returned[actor].is_none());
        let threads: Vec<_> = moving
            .map(|actor| {
                let board = Arc::clone(&board);
                shuttle::thread::spawn(move || board.run(actor))
            })
            .collect();
        threads.into_iter().for_each(|thread| drop(thread.join()));
    });
}

/// Answers to open questions that follow from the seed, the execution, the actor and the question's number.
pub(super) fn by_chance(cut: &Arc<Cut>, seed: u64, execution: usize) -> Arc<Chooser> {
    let cut = Arc::clone(cut);
    Arc::new(move |actor, question: Question, number| {
        let possible = Access::Choose(question).answers(&cut.scenario);
        let mixed = [execution as u64, actor as u64, number as u64]
            .iter()
            .fold(seed, |mixed, part| mix(mixed ^ part));
        possible[mixed as usize % possible.len()]
    })
}

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// A scheduler that stops when a limit is hit, or nothing is left to refute.
struct UntilDone<S> {
    /// None: done.
    scheduler: Option<S>,
    tally: Arc<Mutex<Tally>>,
}

impl<S: Chooses> Chooses for UntilDone<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        if !locked(&self.tally).goes_on() {
            // dropped before its last execution, shuttle's scheduler by chance reports a failure that is none
            std::mem::forget(self.scheduler.take());
        }
        self.scheduler.as_mut()?.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        self.scheduler.as_mut()?.next_task(runnable, current, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.scheduler.as_mut().map_or(0, Chooses::next_u64)
    }
}
