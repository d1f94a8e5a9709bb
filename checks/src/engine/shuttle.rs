//! Under shuttle: sequentially consistent, with schedules by chance or one after the other.

use std::sync::{Arc, Mutex};

use seal_model::claim::Claim;
use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, RoundRobinScheduler, Schedule, Scheduler as Chooses, Task,
    TaskId,
};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use super::chance::{bounded, by_chance};
use super::memory::Board;
use super::platform::Shuttle;
use super::tally::Tally;
use super::{Engine, Findings, Limits, Scheduler};
use crate::cut::Cut;
use crate::error::Error;
use crate::pool::locked;

pub(super) fn run(cut: &Arc<Cut>, claims: &[Claim], limits: &Limits) -> Result<Findings, Error> {
    let (limits, most) = bounded(limits);
    let tally = Arc::new(Mutex::new(Tally::new(claims, &limits)));
    match limits.scheduler {
        Scheduler::Random => {
            search(RandomScheduler::new_from_seed(limits.seed, most), cut, limits.seed, &tally)
        }
        Scheduler::Pct(depth) => {
            search(PctScheduler::new_from_seed(limits.seed, depth, most), cut, limits.seed, &tally);
        }
        Scheduler::DepthFirst => search(DfsScheduler::new(Some(most), false), cut, limits.seed, &tally),
        Scheduler::RoundRobin => search(RoundRobinScheduler::new(most), cut, limits.seed, &tally),
    }
    let mut findings = locked(&tally).findings(Engine::Shuttle);
    if findings.bounded.is_none() && !findings.refuted_all {
        // what is chosen where the model leaves it open is chosen by chance, whoever runs when
        findings.bounded = Some(format!("{} executions", findings.executions));
    }
    Ok(findings)
}

fn search<S: Chooses + 'static>(scheduler: S, cut: &Arc<Cut>, seed: u64, tally: &Arc<Mutex<Tally>>) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let scheduler = UntilDone { scheduler: Some(scheduler), tally: Arc::clone(tally) };
    let (cut, tally) = (Arc::clone(cut), Arc::clone(tally));
    Runner::new(scheduler, config).run(move || {
        let number = locked(&tally).begin();
        let board = Arc::new(Board::<Shuttle>::new(&cut, by_chance(&cut, seed, number), &tally));
        let threads: Vec<_> = cut
            .moving()
            .map(|actor| {
                let board = Arc::clone(&board);
                shuttle::thread::spawn(move || board.run(actor))
            })
            .collect();
        threads.into_iter().for_each(|thread| drop(thread.join()));
    });
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
