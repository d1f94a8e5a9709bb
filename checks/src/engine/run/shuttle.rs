//! Under shuttle: sequentially consistent, one access one step, with schedules by chance or one after the other.

use std::cell::{Cell as Local, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use seal_model::access::{Access, Answer, Note};
use seal_model::actors;
use seal_model::claim::Claim;
use seal_model::ghost::Ghost;
use seal_model::memory::Memory;
use seal_model::scenario::Scenario;
use shuttle::rand::RngCore;
use shuttle::sync::atomic::AtomicBool;
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use super::chance::bounded;
use super::gave_up;
use super::stage::Stage;
use super::tally::{End, Tally};
use super::turns::Turns;
use super::{Engine, Findings, Limits, Scheduler, variables};
use crate::error::Error;
use crate::outcome::outcome;
use crate::pool::locked;
use crate::trace::start::Cut;

/// Bytes of an actor's stack: a debug build judges claims on it.
const STACK: usize = 1 << 17;

pub(super) fn run(cut: &Arc<Cut>, claims: &[Claim], limits: &Limits) -> Result<Findings, Error> {
    variables::refuse(Engine::Shuttle)?;
    let limits = match limits.scheduler {
        Scheduler::DepthFirst => *limits,
        _ => bounded(limits),
    };
    let tally = Arc::new(Mutex::new(Tally::new(claims, &limits)));
    let stage = Arc::new(Mutex::new(Stage::new(cut, claims)));
    let turns = Turns::new(&limits, cut.moving().collect(), &stage, &tally);
    let mut config = Config::new();
    config.stack_size = STACK;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let runner = Runner::new(turns, config);
    let (cut, told) = (Arc::clone(cut), Arc::clone(&tally));
    let execution = move || execute(&cut, &stage, &told);
    catch_unwind(AssertUnwindSafe(|| runner.run(execution)))
        .map_err(|payload| gave_up("shuttle", &*payload))?;
    locked(&tally).findings(Engine::Shuttle)
}

/// One execution, from the cut to its end.
fn execute(cut: &Arc<Cut>, stage: &Arc<Mutex<Stage>>, tally: &Mutex<Tally>) {
    {
        let mut tally = locked(tally);
        tally.begin();
        *locked(stage) = Stage::new(cut, &tally.claims);
    }
    let point = Arc::new(AtomicBool::new(false));
    let actors = cut.moving().map(|actor| {
        let (cut, stage, point) = (Arc::clone(cut), Arc::clone(stage), Arc::clone(&point));
        shuttle::thread::spawn(move || Mine::new(&cut, &stage, &point, actor).run())
    });
    let threads: Vec<_> = actors.collect();
    threads.into_iter().for_each(|thread| drop(thread.join()));
    let books = &mut locked(stage).books;
    let ended = End::Outcome(books.view(outcome));
    let mut tally = locked(tally);
    books.error.take().into_iter().for_each(|error| tally.fails(error));
    tally.add(&books.broken, &books.seen, ended);
}

/// Memory as one actor has it.
struct Mine<'s> {
    cut: &'s Cut,
    stage: &'s Mutex<Stage>,
    /// A point at which shuttle lets another actor run: all that it knows of memory.
    point: &'s AtomicBool,
    actor: usize,
    /// Answers of the run to the cut that were given again.
    answered: Local<usize>,
    ghost: RefCell<Ghost>,
}

impl<'s> Mine<'s> {
    fn new(cut: &'s Cut, stage: &'s Mutex<Stage>, point: &'s AtomicBool, actor: usize) -> Self {
        Mine { cut, stage, point, actor, answered: Local::new(0), ghost: RefCell::new(cut.ghosts[actor]) }
    }

    /// To its end, or until the run is over.
    fn run(self) {
        let poll =
            actors::run(&self, self.actor as u8).as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(result) = poll {
            self.stage().leaves(*self.ghost.borrow(), result);
        }
    }

    fn stage(&self) -> MutexGuard<'s, Stage> {
        locked(self.stage)
    }

    /// True while the actor goes the way to the cut.
    fn is_on_its_way(&self) -> bool {
        self.answered.get() <= self.cut.logs[self.actor].len()
    }

    /// One of the answers to an open question, which the scheduler chooses.
    fn choose(&self, access: Access) -> Option<Answer> {
        let answers = access.answers(&self.cut.scenario);
        if !self.stage().opens(answers.len()) {
            return None;
        }
        let chosen = shuttle::rand::thread_rng().next_u64() % answers.len() as u64;
        Some(self.stage().take_choice(self.actor, access, answers[chosen as usize]))
    }
}

impl Memory for Mine<'_> {
    fn perform(&self, access: Access, _: &'static Location<'static>) -> Poll<Answer> {
        let answered = self.answered.replace(self.answered.get() + 1);
        if let Some(&answer) = self.cut.logs[self.actor].get(answered) {
            return Poll::Ready(answer);
        }
        self.stage().arrives(self.actor, *self.ghost.borrow(), access);
        self.point.load(Ordering::Relaxed);
        let answer = match access {
            Access::Choose(_) => self.choose(access),
            _ => self.stage().take(self.actor),
        };
        let Some(answer) = answer else { return Poll::Pending };
        self.ghost.borrow_mut().account(&self.cut.scenario, self.actor, access, answer);
        Poll::Ready(answer)
    }

    fn note(&self, note: Note) {
        if !self.is_on_its_way() {
            self.ghost.borrow_mut().note(&self.cut.scenario, note);
        }
    }

    fn scenario(&self) -> &Scenario {
        &self.cut.scenario
    }
}
