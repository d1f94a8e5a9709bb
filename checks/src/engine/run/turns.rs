//! Turns of the actors under shuttle. A decision is made between actors that stand before accesses which do not block, and
//! between the answers that the model leaves open; nothing else is one.

use std::sync::{Arc, Mutex, MutexGuard};

use shuttle::scheduler::{
    PctScheduler, RandomScheduler, RoundRobinScheduler, Schedule, Scheduler as Chooses, Task, TaskId,
    UrwRandomScheduler,
};

use super::stage::Stage;
use super::tally::Tally;
use super::{Limits, Scheduler};
use crate::chance::mix;
use crate::pool::locked;

/// A scheduler of shuttle's, or every decision one after the other, kept within limits.
pub(super) struct Turns {
    by: By,
    limits: Limits,
    stage: Arc<Mutex<Stage>>,
    tally: Arc<Mutex<Tally>>,
    /// The actor of each task but the first.
    moving: Vec<usize>,
    /// Tasks of this execution that the scheduler knows.
    introduced: usize,
    /// The task that moved last.
    last: Option<TaskId>,
    /// True if some execution had two actors to decide between.
    decided: bool,
    executions: usize,
}

enum By {
    Luck(Box<dyn Chooses + Send>),
    Everything(DepthFirst),
}

impl Turns {
    pub(super) fn new(
        limits: &Limits,
        moving: Vec<usize>,
        stage: &Arc<Mutex<Stage>>,
        tally: &Arc<Mutex<Tally>>,
    ) -> Self {
        Turns {
            by: By::new(limits),
            limits: *limits,
            stage: Arc::clone(stage),
            tally: Arc::clone(tally),
            moving,
            introduced: 0,
            last: None,
            decided: false,
            executions: 0,
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        locked(&self.stage)
    }

    fn actor(&self, task: &Task) -> Option<usize> {
        usize::from(task.id()).checked_sub(1).map(|number| self.moving[number])
    }

    /// A task that stands before no access: it goes on until it does, or ends.
    fn on_its_way(&self, runnable: &[&Task]) -> Option<TaskId> {
        let stage = self.stage();
        let waits = |task: &Task| self.actor(task).is_some_and(|actor| stage.waits(actor));
        runnable.iter().find(|task| !waits(task)).map(|task| task.id())
    }

    /// Schedulers count tasks from the first on, in the order in which they appear.
    fn introduce(&mut self, runnable: &[&Task]) {
        let By::Luck(scheduler) = &mut self.by else { return };
        for task in runnable {
            if usize::from(task.id()) == self.introduced {
                self.introduced += 1;
                scheduler.next_task(&[task], None, false);
            }
        }
    }

    /// One of those who can move.
    fn decide(&mut self, able: &[&Task]) -> Option<TaskId> {
        self.decided |= able.len() > 1;
        match &mut self.by {
            By::Luck(scheduler) => scheduler.next_task(able, self.last, false),
            By::Everything(search) => Some(able[search.decide(able.len())].id()),
        }
    }
}

impl By {
    fn new(limits: &Limits) -> Self {
        // ours are the limits
        let (seed, most) = (limits.seed, usize::MAX);
        By::Luck(match limits.scheduler {
            Scheduler::Random => Box::new(RandomScheduler::new_from_seed(seed, most)),
            Scheduler::Pct(depth) => Box::new(PctScheduler::new_from_seed(seed, depth, most)),
            Scheduler::Uniform => Box::new(UrwRandomScheduler::new_from_seed(seed, most)),
            Scheduler::RoundRobin => Box::new(RoundRobinScheduler::new(most)),
            Scheduler::DepthFirst => return By::Everything(DepthFirst::default()),
        })
    }

    fn new_execution(&mut self) -> Option<Schedule> {
        match self {
            By::Luck(scheduler) => scheduler.new_execution(),
            By::Everything(search) => search.goes_on().then(|| Schedule::new(0)),
        }
    }
}

impl Chooses for Turns {
    fn new_execution(&mut self) -> Option<Schedule> {
        if !locked(&self.tally).goes_on() {
            return None;
        }
        // PCT takes it for an error that there was nothing to decide
        if self.executions == 1 && !self.decided && matches!(self.limits.scheduler, Scheduler::Pct(_)) {
            self.by = By::new(&Limits { scheduler: Scheduler::Random, ..self.limits });
        }
        let schedule = self.by.new_execution();
        if schedule.is_none() {
            locked(&self.tally).exhausted();
            return None;
        }
        self.executions += 1;
        (self.introduced, self.last) = (0, None);
        schedule
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        self.introduce(runnable);
        if let Some(task) = self.on_its_way(runnable) {
            return Some(task);
        }
        let limit = locked(&self.tally).ends(self.stage().books.steps.len());
        let able: Vec<&Task> = {
            let stage = self.stage();
            let able = |task: &&&Task| self.actor(task).is_some_and(|actor| stage.can_move(actor));
            runnable.iter().filter(able).copied().collect()
        };
        if limit || able.is_empty() {
            self.stage().ends(able.is_empty());
            return runnable.first().map(|task| task.id());
        }
        self.last = self.decide(&able);
        self.last
    }

    /// An open answer: which of so many, where the number is the stage's to know.
    fn next_u64(&mut self) -> u64 {
        match &mut self.by {
            // round robin always begins with the same number
            By::Luck(scheduler) => mix(scheduler.next_u64() ^ mix(self.limits.seed)),
            By::Everything(search) => {
                let options = locked(&self.stage).options;
                search.decide(options) as u64
            }
        }
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        // dropped before its last execution, shuttle's scheduler by chance reports a failure that is none
        if let By::Luck(scheduler) = std::mem::replace(&mut self.by, By::Everything(DepthFirst::default())) {
            std::mem::forget(scheduler);
        }
    }
}

/// Every sequence of decisions, the last decision varied first.
#[derive(Default)]
struct DepthFirst {
    /// Which of how many was taken, of decisions with more than one.
    path: Vec<(usize, usize)>,
    /// How many were made in this execution.
    made: usize,
    begun: bool,
}

impl DepthFirst {
    /// True if there is another sequence.
    fn goes_on(&mut self) -> bool {
        self.made = 0;
        if !std::mem::replace(&mut self.begun, true) {
            return true;
        }
        while let Some((taken, options)) = self.path.pop() {
            if taken + 1 < options {
                self.path.push((taken + 1, options));
                return true;
            }
        }
        false
    }

    fn decide(&mut self, options: usize) -> usize {
        if options < 2 {
            return 0;
        }
        self.made += 1;
        match self.path.get(self.made - 1) {
            Some((taken, _)) => *taken,
            None => {
                self.path.push((0, options));
                0
            }
        }
    }
}
