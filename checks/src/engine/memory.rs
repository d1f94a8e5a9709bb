//! Actors on words that several threads touch. What an access does is said by [`apply`] alone: here each cell is
//! a word, and each thing that `apply` does to a cell one operation of that word.

use std::cell::{Cell as Local, RefCell};
use std::fmt::Debug;
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use seal_model::access::{Access, Answer, Lock, MAX_ACTORS, Note, Question, Vma};
use seal_model::actors;
use seal_model::ghost::Ghost;
use seal_model::machine::{Cell, Cells, PlainCells, apply};
use seal_model::memory::Memory;
use seal_model::scenario::Scenario;

use super::ledger::Ledger;
use super::platform::{Platform, Word};
use super::tally::{End, Tally};
use crate::cut::Cut;
use crate::explore::system::Step;
use crate::outcome::outcome;
use crate::pool::locked;

/// Who answers the questions that the model leaves open: told the actor, the question, and how often that actor
/// was asked before in this run.
pub(super) type Chooser = dyn Fn(usize, Question, usize) -> Answer + Send + Sync;

/// Shared memory of one run.
pub(super) struct Board<P: Platform> {
    cut: Arc<Cut>,
    chooser: Arc<Chooser>,
    words: Vec<Option<P::Word>>,
    locks: Vec<Option<P::Word>>,
    ledger: Mutex<Ledger>,
    waiting: Mutex<Waiting<P>>,
    tally: Arc<Mutex<Tally>>,
    /// Accesses after which each actor stops.
    window: Option<usize>,
}

/// Actors that wait, each with its thread.
type Waiting<P> = Vec<(usize, <P as Platform>::Thread)>;

impl<P: Platform> Board<P> {
    /// Memory as it is at a cut. When the run is over, the tally is told.
    pub(super) fn new(cut: &Arc<Cut>, chooser: Arc<Chooser>, tally: &Arc<Mutex<Tally>>) -> Self {
        let (ledger, window) = {
            let tally = locked(tally);
            (Ledger::new(cut, &tally.claims), tally.limits.window)
        };
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
            ledger: Mutex::new(ledger),
            waiting: Mutex::new(Vec::new()),
            cut: Arc::clone(cut),
            chooser,
            tally: Arc::clone(tally),
            window,
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        locked(&self.ledger)
    }

    /// Run an actor to its end, or until the run is given up.
    pub(super) fn run(&self, actor: usize) {
        let memory = Mine::new(self, actor);
        let poll = actors::run(&memory, actor as u8).as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(result) = poll {
            self.ledger().done(actor, memory.ghost.take(), result);
            if P::IN_TURN {
                self.ledger().look(actor);
            }
        }
        self.wake(self.waiting());
    }

    /// Those who wait now; from here on they are the caller's to wake.
    fn waiting(&self) -> Waiting<P> {
        std::mem::take(&mut *locked(&self.waiting))
    }

    fn wake(&self, waiting: Waiting<P>) {
        for (actor, thread) in waiting {
            self.ledger().wakes(actor);
            P::wake(&thread);
        }
    }

    /// Memory at the end, when all threads are gone.
    fn cells(&self) -> PlainCells {
        let mut cells = self.ledger().cells.clone();
        if !P::IN_TURN {
            for spec in Cell::of(&self.cut.scenario) {
                self.words[spec.cell.id()].iter().for_each(|word| cells.set(spec.cell, word.load()));
            }
        }
        cells
    }
}

impl<P: Platform> Drop for Board<P> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let (cells, ledger) = (self.cells(), self.ledger());
            let end = match self.window {
                Some(_) => End::Answers(ledger.answers()),
                None => End::Outcome(ledger.view(&cells, outcome)),
            };
            locked(&self.tally).add(&ledger.broken, &[], end);
        }
    }
}

/// Whether more than one lock's holder touches a cell, so that it has to be a word of its own. The others are
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
struct Mine<'b, P: Platform> {
    board: &'b Board<P>,
    actor: usize,
    /// Answers of the run to the cut that were given again.
    answered: Local<usize>,
    asked: Local<usize>,
    ghost: RefCell<Ghost>,
}

impl<'b, P: Platform> Mine<'b, P> {
    fn new(board: &'b Board<P>, actor: usize) -> Self {
        let ghost = RefCell::new(board.cut.ghosts[actor]);
        Mine { board, actor, answered: Local::new(0), asked: Local::new(0), ghost }
    }

    /// Whether the actor still goes the way to the cut.
    fn is_on_its_way(&self) -> bool {
        self.answered.get() <= self.board.cut.logs[self.actor].len()
    }

    /// One access, waiting for as long as it blocks; none if the run is given up meanwhile.
    fn apply(&self, access: Access) -> Option<Answer> {
        let lock =
            access.lock(&self.board.cut.scenario).and_then(|lock| self.board.locks[number_of(lock)].as_ref());
        loop {
            let held = lock.filter(|word| word.compare_exchange(0, 1, Ordering::Acquire).is_ok());
            let mut live = Live { mine: self, access, logged: None };
            let answer = if lock.is_none() || held.is_some() {
                live.touch_seals();
                apply(&mut live, &self.board.cut.scenario, access)
            } else {
                None
            };
            let logged = live.logged;
            let goes_on = answer.is_some() || self.waits();
            if let Some(word) = held {
                word.swap(0, Ordering::Release);
                self.wake_others();
            }
            if let Some(answer) = answer {
                self.record(access, answer, logged);
                return Some(answer);
            }
            if goes_on {
                P::wait();
            }
            if P::IN_TURN && self.board.ledger().is_over() {
                return None;
            }
        }
    }

    /// Account for an access that is complete.
    fn record(&self, access: Access, answer: Answer, logged: Option<usize>) {
        let mut ghost = self.ghost.borrow_mut();
        ghost.account(&self.board.cut.scenario, self.actor, access, answer);
        if P::IN_TURN {
            let step = Step { actor: self.actor as u8, answer };
            self.board.ledger().record(step, access, logged, *ghost);
        }
    }

    /// Wake all who wait but this actor, which may be about to.
    fn wake_others(&self) {
        let (mine, others) = self.board.waiting().into_iter().partition(|(actor, _)| *actor == self.actor);
        locked(&self.board.waiting).append(&mut { mine });
        self.board.wake(others);
    }

    /// Wait until somebody gives a lock back. False: nobody ever will.
    fn waits(&self) -> bool {
        if P::IN_TURN {
            if !self.board.ledger().waits(self.actor) {
                self.board.wake(self.board.waiting());
                return false;
            }
            let mut waiting = locked(&self.board.waiting);
            waiting.push((self.actor, P::current()));
        }
        true
    }
}

impl<P: Platform> Memory for Mine<'_, P> {
    fn perform(&self, access: Access, _: &'static Location<'static>) -> Poll<Answer> {
        let log = &self.board.cut.logs[self.actor];
        let answered = self.answered.replace(self.answered.get() + 1);
        if let Some(&answer) = log.get(answered) {
            return Poll::Ready(answer);
        }
        if P::IN_TURN && !self.board.ledger().settled(self.actor, *self.ghost.borrow()) {
            return Poll::Pending;
        }
        if self.board.window.is_some_and(|most| answered - log.len() >= most) {
            self.board.ledger().stops(self.actor);
            return Poll::Pending;
        }
        if let Access::Choose(question) = access {
            let answer = (self.board.chooser)(self.actor, question, self.asked.replace(self.asked.get() + 1));
            self.record(access, answer, None);
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
        answer.map_or(Poll::Pending, Poll::Ready)
    }

    // nothing is compiled here
    fn enter(&self, _: &'static str, _: &dyn Debug) {}
    fn leave(&self) {}

    fn note(&self, note: Note) {
        if !self.is_on_its_way() {
            self.ghost.borrow_mut().note(&self.board.cut.scenario, note);
        }
    }

    fn scenario(&self) -> &Scenario {
        &self.board.cut.scenario
    }
}

/// The cells while one access is under way.
struct Live<'m, 'b, P: Platform> {
    mine: &'m Mine<'b, P>,
    access: Access,
    /// Where the run's log has a place for this access, once it has changed something.
    logged: Option<usize>,
}

impl<P: Platform> Live<'_, '_, P> {
    fn word(&self, cell: Cell) -> Option<&P::Word> {
        self.mine.board.words[cell.id()].as_ref()
    }

    /// How a read-modify-write is ordered: a full barrier has fences on both sides.
    fn order(&self) -> Ordering {
        if self.access.is_full_barrier() { Ordering::AcqRel } else { Ordering::Relaxed }
    }

    /// The cell has a new value.
    fn changed(&mut self, cell: Cell, value: i16) {
        if P::IN_TURN {
            let mut ledger = self.mine.board.ledger();
            if self.logged.is_none() {
                self.logged = Some(ledger.begin(self.mine.actor, self.access));
            }
            ledger.cells.set(cell, value);
        }
    }

    /// loom takes steps for independent that touch different words, and tries them in one order only. Claims
    /// look at all words at once; so a step that ends what a seal forbids touches the word of the seals.
    fn touch_seals(&self) {
        if P::IN_TURN && self.access.ends_writing(&self.mine.board.cut.scenario) {
            self.word(Cell::Seals).map(|seals| seals.fetch_add(0, Ordering::Relaxed));
        }
    }
}

impl<P: Platform> Cells for Live<'_, '_, P> {
    fn get(&self, cell: Cell) -> i16 {
        let Some(word) = self.word(cell) else { return self.peek(cell) };
        // loom misses runs of a thread that loads a word which it stores to later (loom issue 392); under a lock
        // a load has the newest value anyway
        let under_lock = self.access.lock(&self.mine.board.cut.scenario).is_some();
        if under_lock && !self.access.is_lookup() {
            word.fetch_add(0, Ordering::Relaxed)
        } else {
            word.load()
        }
    }

    fn latest(&mut self, cell: Cell) -> i16 {
        self.word(cell).map_or_else(|| self.peek(cell), |word| word.fetch_add(0, Ordering::Relaxed))
    }

    fn peek(&self, cell: Cell) -> i16 {
        match self.word(cell) {
            Some(word) if !P::IN_TURN => word.load(),
            _ => self.mine.board.ledger().cells.get(cell),
        }
    }

    fn set(&mut self, cell: Cell, value: i16) {
        let order = self.order();
        self.word(cell).map(|word| word.swap(value, order));
        self.changed(cell, value);
    }

    fn add(&mut self, cell: Cell, by: i16) {
        let order = self.order();
        let old = self.word(cell).map_or_else(|| self.peek(cell), |word| word.fetch_add(by, order));
        self.changed(cell, old + by);
    }

    fn add_if(&mut self, cell: Cell, by: i16, allowed: impl Fn(i16) -> bool) -> bool {
        let mut old = self.latest(cell);
        while allowed(old) {
            let order = self.order();
            match self.word(cell).map_or(Ok(old), |word| word.compare_exchange(old, old + by, order)) {
                Ok(_) => {
                    self.changed(cell, old + by);
                    return true;
                }
                Err(newer) => old = newer,
            }
        }
        false
    }

    fn take(&mut self, count: Cell, references: i16) -> i16 {
        let order = self.order();
        let old =
            self.word(count).map_or_else(|| self.peek(count), |word| word.fetch_add(-references, order));
        self.changed(count, old - references);
        old - references
    }

    fn lock(&mut self, cell: Cell) -> bool {
        let locked = match self.word(cell) {
            Some(word) => word.compare_exchange(0, 1, Ordering::Acquire).is_ok(),
            None => self.peek(cell) == 0,
        };
        if locked {
            self.changed(cell, 1);
        }
        locked
    }

    fn unlock(&mut self, cell: Cell) {
        self.word(cell).map(|word| word.swap(0, Ordering::Release));
        self.changed(cell, 0);
        self.mine.board.wake(self.mine.board.waiting());
    }
}
