//! Actors on words that several threads touch. What an access does is said by [`apply`] alone: here each cell is
//! a word, and each thing that `apply` does to a cell one operation of that word.

use std::cell::{Cell as Local, RefCell};
use std::collections::HashSet;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use seal_model::access::{Access, Answer, Lock, MAX_ACTORS, Note, Question, SWAP, Vma};
use seal_model::actors;
use seal_model::ghost::Ghost;
use seal_model::machine::{Cell, Cells, PlainCells, apply};
use seal_model::memory::Memory;
use seal_model::scenario::Scenario;

use super::books::see;
use super::live::Live;
use super::log::Log;
use super::platform::{Platform, Word};
use super::tally::{End, Tally};
use crate::error::Error;
use crate::outcome::outcome;
use crate::pool::locked;
use crate::trace::start::Cut;

/// Answers the questions that the model leaves open: it gets the actor, the question, and how often that actor
/// was asked before in this run.
pub(super) type Chooser = dyn Fn(usize, Question, usize) -> Answer + Send + Sync;

/// Accesses, or waits, after which a thread that does not take turns looks at the time.
const LOOKS: usize = 64;
/// Waits after which it is taken that such a thread waits for ever: seconds.
const MOST_WAITS: usize = 1 << 23;

/// For each actor the accesses that a claim may notice.
pub(super) type Noticed = Vec<HashSet<Access>>;

/// Shared memory of one run.
pub(super) struct Board<P: Platform> {
    pub(super) cut: Arc<Cut>,
    chooser: Arc<Chooser>,
    pub(super) words: Vec<Option<P::Word>>,
    locks: Vec<Option<P::Word>>,
    /// A word that every access touches which a claim may notice.
    pub(super) noticed: Option<(P::Word, Arc<Noticed>)>,
    log: Mutex<Log>,
    waiting: Mutex<Vec<Waiting<P>>>,
    tally: Arc<Mutex<Tally>>,
    /// Judges the log when the run is over, on a stack of its own: one of loom's is small.
    judge: Option<SyncSender<Log>>,
    /// Accesses after which each actor stops.
    window: Option<usize>,
    /// Accesses of all actors together, where threads take turns; of each, where they do not.
    steps: usize,
    /// The run is cut short, where threads do not take turns.
    pub(super) cut_short: AtomicBool,
}

/// An actor that waits: for this lock to be given back inside an access of another, or for memory to change.
struct Waiting<P: Platform> {
    actor: usize,
    lock: Option<Lock>,
    thread: P::Thread,
}

impl<P: Platform> Board<P> {
    /// Memory as it is at a cut.
    pub(super) fn new(
        cut: &Arc<Cut>,
        chooser: Arc<Chooser>,
        noticed: Option<&Arc<Noticed>>,
        judge: Option<SyncSender<Log>>,
        tally: &Arc<Mutex<Tally>>,
    ) -> Self {
        let limits = locked(tally).limits;
        let mut words: Vec<Option<P::Word>> = (0..Cell::COUNT).map(|_| None).collect();
        for spec in Cell::of(&cut.scenario) {
            if !P::IN_TURN || is_word(spec.cell) {
                words[spec.cell.id()] = Some(P::Word::new(cut.cells.get(spec.cell)));
            }
        }
        let mut locks: Vec<Option<P::Word>> =
            (0..=number_of(Lock::PageTable(Vma(MAX_ACTORS as u8)))).map(|_| None).collect();
        cut.contended.iter().for_each(|&lock| locks[number_of(lock)] = Some(P::Word::new(0)));
        Board {
            words,
            locks,
            noticed: noticed.map(|noticed| (P::Word::new(0), Arc::clone(noticed))),
            log: Mutex::new(Log::new(cut)),
            waiting: Mutex::new(Vec::new()),
            cut: Arc::clone(cut),
            chooser,
            tally: Arc::clone(tally),
            judge,
            window: limits.window,
            steps: limits.steps,
            cut_short: AtomicBool::new(false),
        }
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        locked(&self.log)
    }

    /// Run an actor to its end, or until the run is given up.
    pub(super) fn run(&self, actor: usize) {
        let memory = Mine::new(self, actor);
        let poll = actors::run(&memory, actor as u8).as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(result) = poll {
            self.log().leaves(actor, memory.ghost.take(), result);
        }
        self.wake(|_| true);
    }

    /// Wake those who wait for something.
    pub(super) fn wake(&self, wanted: impl Fn(Option<Lock>) -> bool) {
        let woken: Vec<Waiting<P>> =
            locked(&self.waiting).extract_if(.., |waiting| wanted(waiting.lock)).collect();
        woken.iter().for_each(|waiting| P::wake(&waiting.thread));
    }

    /// Nobody moves any more, because of a limit.
    fn gives_up(&self) {
        if P::IN_TURN {
            self.log().cut_short();
            self.wake(|_| true);
        } else {
            self.cut_short.store(true, Ordering::Relaxed);
        }
    }

    /// True if no actor moves any more.
    fn is_over(&self) -> bool {
        if P::IN_TURN { self.log().is_over() } else { self.cut_short.load(Ordering::Relaxed) }
    }

    /// All threads are gone: the tally is told how it ended.
    fn ends(&self) {
        let log = std::mem::replace(&mut *self.log(), Log::new(&self.cut));
        if self.window.is_some() {
            return locked(&self.tally).add(&[], &[], End::Answers(log.answers()));
        }
        if let Some(judge) = &self.judge {
            // it is there until there is no board left
            return drop(judge.send(log));
        }
        let ended = (!self.is_over()).then(|| {
            let cells = self.cells();
            see(&self.cut.scenario, &cells, &log.ghosts, &log.returned, outcome)
        });
        locked(&self.tally).add(&[], &[], ended.map_or(End::CutShort, End::Outcome));
    }

    /// Memory of threads that do not take turns, when they are gone.
    fn cells(&self) -> PlainCells {
        let mut cells = PlainCells::new(&self.cut.scenario);
        for spec in Cell::of(&self.cut.scenario) {
            self.words[spec.cell.id()].iter().for_each(|word| cells.set(spec.cell, word.load()));
        }
        cells
    }
}

impl<P: Platform> Drop for Board<P> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.ends();
        }
    }
}

/// True if more than one lock's holder touches a cell, so that it has to be a word of its own. The others are
/// ghosts, or belong to the step of one lock.
fn is_word(cell: Cell) -> bool {
    !matches!(
        cell,
        Cell::Expected(_)
            | Cell::Orphan(_)
            | Cell::Charge(_)
            | Cell::Batch(_)
            | Cell::SwapDevice(_)
            | Cell::Tlb(..)
            | Cell::ReadOnly(_)
            | Cell::PageTableLock(_)
    )
}

fn number_of(lock: Lock) -> usize {
    match lock {
        Lock::Tree => 0,
        Lock::PerCpu => 1,
        Lock::PageTable(vma) => 2 + vma.0 as usize,
    }
}

/// Memory as one actor has it.
pub(super) struct Mine<'b, P: Platform> {
    pub(super) board: &'b Board<P>,
    pub(super) actor: usize,
    /// Answers of the run to the cut that were given again.
    answered: Local<usize>,
    asked: Local<usize>,
    /// How often it waited.
    waited: Local<usize>,
    ghost: RefCell<Ghost>,
}

impl<'b, P: Platform> Mine<'b, P> {
    fn new(board: &'b Board<P>, actor: usize) -> Self {
        let ghost = RefCell::new(board.cut.ghosts[actor]);
        let (answered, asked, waited) = (Local::new(0), Local::new(0), Local::new(0));
        Mine { board, actor, answered, asked, waited, ghost }
    }

    /// True while the actor goes the way to the cut.
    fn is_on_its_way(&self) -> bool {
        self.answered.get() <= self.board.cut.logs[self.actor].len()
    }

    /// One access, waiting for as long as it blocks; none if the run is given up meanwhile.
    fn apply(&self, access: Access) -> Option<Answer> {
        let scenario = &self.board.cut.scenario;
        let lock = access.lock(scenario);
        let lock = lock.and_then(|lock| Some((lock, self.board.locks[number_of(lock)].as_ref()?)));
        loop {
            if let Some((lock, word)) = lock
                && word.compare_exchange(0, 1, Ordering::Acquire).is_err()
            {
                self.registers(Some(lock));
            } else {
                let mut live = Live { mine: self, access, place: None };
                live.touch();
                let answer = apply(&mut live, scenario, access);
                // memory was looked at here, and not after the lock is given back
                let place = answer.map(|_| live.takes_place());
                if answer.is_none() {
                    self.registers(None);
                }
                if let Some((lock, word)) = lock {
                    word.swap(0, Ordering::Release);
                    self.board.wake(|waits_for| waits_for == Some(lock));
                }
                if let (Some(answer), Some(place)) = (answer, place) {
                    self.completes(access, place, answer);
                    return Some(answer);
                }
            }
            if !self.waits() {
                return None;
            }
        }
    }

    /// Account for an access that is complete.
    fn completes(&self, access: Access, place: usize, answer: Answer) {
        self.ghost.borrow_mut().account(&self.board.cut.scenario, self.actor, access, answer);
        if P::IN_TURN {
            self.board.log().complete(place, answer);
        }
    }

    /// It is about to wait. If all do, nobody moves any more.
    fn registers(&self, lock: Option<Lock>) {
        if !P::IN_TURN {
            return;
        }
        let mut waiting = locked(&self.board.waiting);
        waiting.push(Waiting { actor: self.actor, lock, thread: P::current() });
        // who waits for a lock goes on when the access of another is complete
        let waits = |actor: usize| waiting.iter().any(|entry| entry.actor == actor && entry.lock.is_none());
        let stuck = self.board.log().is_stuck(waits);
        drop(waiting);
        if stuck {
            self.board.wake(|_| true);
        }
    }

    /// True if a limit is hit at the next access; then the run is over.
    fn is_late(&self, steps: usize) -> bool {
        let too_long = steps >= self.board.steps;
        // loom makes the beginning of an execution again, and it has to end where it ended: it has steps, and no time.
        // Threads that do not take turns look at the time now and then: looking is no part of what they do
        let looks = too_long || (!P::IN_TURN && steps.is_multiple_of(LOOKS));
        let late = looks && !self.board.is_over() && locked(&self.board.tally).ends(steps);
        if late {
            self.board.gives_up();
        }
        late
    }

    /// Wait, unless the run is over, or it waits for ever.
    fn waits(&self) -> bool {
        let waited = self.waited.replace(self.waited.get() + 1);
        if !P::IN_TURN && waited.is_multiple_of(LOOKS) {
            self.is_late(if waited < MOST_WAITS { 0 } else { usize::MAX });
        }
        if !self.board.is_over() {
            P::wait();
        }
        !self.board.is_over()
    }
}

impl<P: Platform> Memory for Mine<'_, P> {
    fn perform(&self, access: Access, _: &'static Location<'static>) -> Poll<Answer> {
        let log = &self.board.cut.logs[self.actor];
        let answered = self.answered.replace(self.answered.get() + 1);
        if let Some(&answer) = log.get(answered) {
            return Poll::Ready(answer);
        }
        if P::IN_TURN && !self.board.log().arrives(self.actor, *self.ghost.borrow(), access) {
            return Poll::Pending;
        }
        if self.board.window.is_some_and(|most| answered - log.len() >= most) {
            self.board.log().stops(self.actor);
            return Poll::Pending;
        }
        let steps = if P::IN_TURN { self.board.log().entries.len() } else { answered - log.len() };
        if self.is_late(steps) || self.board.is_over() {
            return Poll::Pending;
        }
        if let Access::Choose(question) = access {
            let answer = (self.board.chooser)(self.actor, question, self.asked.replace(self.asked.get() + 1));
            let place = if P::IN_TURN { self.board.log().begin(self.actor, access) } else { 0 };
            self.completes(access, place, answer);
            return Poll::Ready(answer);
        }
        let full = access.is_full_barrier();
        if full {
            P::fence();
        }
        let answer = self.apply(access);
        if full {
            P::fence();
        }
        match answer {
            // the least answer that any access has
            Some(answer) if answer < SWAP => {
                locked(&self.board.tally).fails(Error::AnswerOutOfRange { access, answer });
                self.board.gives_up();
                Poll::Pending
            }
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    }

    fn note(&self, note: Note) {
        if !self.is_on_its_way() {
            self.ghost.borrow_mut().note(&self.board.cut.scenario, note);
        }
    }

    fn scenario(&self) -> &Scenario {
        &self.board.cut.scenario
    }
}
