//! The model's side: a call run alone, from its beginning to its end, on plain cells.
//!
//! Only a sealer is ever left in the middle of its call: while it sleeps, others are let in.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use seal_model::Result as Answered;
use seal_model::access::{Access, Answer, Index, Note, Question};
use seal_model::claim::{Claim, Status, World};
use seal_model::fault::{CallFault, Fault};
use seal_model::ghost::Ghost;
use seal_model::machine::{Cells, PlainCells, apply};
use seal_model::memory::Memory;
use seal_model::scenario::Scenario;
use seal_model::source::line_at;
use seal_model::syscall::{
    During, Inode, Operation, Said, Settings, Task, call, create, empty_file, memfd_add_seals, scenario,
};

use super::{Heard, Outcome, Seen, half_page};
use crate::error::Error;

/// A slip to be seeded into the model, of either kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slip {
    /// In the protocol that is explored.
    Protocol(Fault),
    /// In a system call.
    Call(CallFault),
}

/// Who makes an access.
const SEALER: usize = 0;
const PROGRAM: usize = 1;

/// Never: no sealer sleeps so often.
const NEVER: u8 = u8::MAX;

/// Memory with one actor at a time on it.
struct Alone {
    scenario: Scenario,
    cells: RefCell<PlainCells>,
    ghosts: RefCell<[Ghost; 2]>,
    /// Whose turn it is.
    turn: Cell<usize>,
    /// How often the sealer has slept in this call.
    sleeps: Cell<u8>,
    asleep: Cell<bool>,
    /// In the sleep before this rescan others are let in.
    stop_before: Cell<u8>,
    killed: Cell<bool>,
    steps: RefCell<Vec<String>>,
}

impl Memory for Alone {
    fn perform(&self, access: Access, site: &'static Location<'static>) -> Poll<Answer> {
        let answer = match access {
            Access::Choose(Question::FatalSignal) => match self.sleep() {
                Some(killed) => killed as Answer,
                None => return Poll::Pending,
            },
            _ => match apply(&mut *self.cells.borrow_mut(), &self.scenario, access) {
                Some(answer) => answer,
                None => return Poll::Pending,
            },
        };
        let turn = self.turn.get();
        self.ghosts.borrow_mut()[turn].account(&self.scenario, turn, access, answer);
        let line = line_at(site).map(|line| format!("{}:{}", line.file, line.number)).unwrap_or_default();
        self.steps.borrow_mut().push(format!("{}  {line}", access.describe(answer)));
        Poll::Ready(answer)
    }

    fn note(&self, note: Note) {
        self.ghosts.borrow_mut()[self.turn.get()].note(&self.scenario, note);
    }

    fn scenario(&self) -> &Scenario {
        &self.scenario
    }
}

impl Alone {
    /// `schedule_timeout_killable()`: whether a fatal signal ended it; none while others are let in.
    fn sleep(&self) -> Option<bool> {
        if !self.asleep.replace(true) {
            self.sleeps.set(self.sleeps.get() + 1);
        }
        if self.sleeps.get() == self.stop_before.get() {
            return None;
        }
        self.asleep.set(false);
        Some(self.killed.get())
    }

    /// Let somebody run until it is done or can't go on.
    fn run<T>(&self, turn: usize, future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        self.turn.set(turn);
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Let somebody run to the end.
    fn finish<T>(&self, turn: usize, future: Pin<&mut impl Future<Output = T>>) -> Result<T, Error> {
        self.stop_before.set(NEVER);
        match self.run(turn, future) {
            Poll::Ready(done) => Ok(done),
            Poll::Pending => {
                Err(Error::Conform("a call of the model waits for ever: a bug, please report it".into()))
            }
        }
    }

    /// Batches drain by themselves at any time; here between two calls, but for one that seals.
    fn drain_batches(&self) {
        for page in self.scenario.batched() {
            apply(&mut *self.cells.borrow_mut(), &self.scenario, Access::LruAddDrain(page));
        }
    }

    /// Whether the law of counts holds, and nobody holds a lock.
    fn lawful(&self) -> bool {
        let (cells, ghosts) = (self.cells.borrow(), self.ghosts.borrow());
        let mut sum = Ghost::default();
        ghosts.iter().for_each(|ghost| sum.add(ghost));
        let actors: Vec<Status<'_>> = ghosts.iter().map(|ghost| Status { ghost, returned: None }).collect();
        let world = World { scenario: &self.scenario, cells: &*cells, actors: &actors, sum: &sum };
        Claim::CountLaw.holds(&world) && sum.inode_locked == 0 && sum.locked.iter().all(|&locks| locks == 0)
    }
}

/// What the model says of one program, call by call.
pub struct Predictor {
    alone: Alone,
    task: Task,
}

/// What the model says of one call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Predicted {
    /// What it answers, and what can be seen then.
    pub outcome: Outcome,
    /// How often the sealer slept before it returned: the number of the rescan at which it did.
    pub rescan: u8,
    /// Whether the counts of the model are right after it.
    pub lawful: bool,
}

impl Predictor {
    /// Before the first call.
    pub fn new(settings: Settings, slip: Option<Slip>) -> Self {
        let mut scenario = scenario();
        match slip {
            Some(Slip::Protocol(fault)) => scenario.fault = Some(fault),
            Some(Slip::Call(fault)) => scenario.call_fault = Some(fault),
            None => {}
        }
        let alone = Alone {
            cells: RefCell::new(empty_file(&scenario)),
            ghosts: RefCell::default(),
            turn: Cell::new(PROGRAM),
            sleeps: Cell::new(0),
            asleep: Cell::new(false),
            stop_before: Cell::new(NEVER),
            killed: Cell::new(false),
            steps: RefCell::default(),
            scenario,
        };
        Predictor { alone, task: Task { settings, ..Task::default() } }
    }

    /// Make the next call.
    ///
    /// # Errors
    /// A call that waits for ever: a bug of the model.
    pub fn step(&mut self, operation: &Operation) -> Result<Predicted, Error> {
        self.alone.steps.borrow_mut().clear();
        self.alone.sleeps.set(0);
        self.alone.killed.set(false);
        let (said, during) = self.make(operation)?;
        let seen = self.task.inode.map(|inode| self.seen(inode));
        let outcome = Outcome { said: Heard::of(said), during, seen };
        Ok(Predicted { outcome, rescan: self.alone.sleeps.get(), lawful: self.alone.lawful() })
    }

    /// The accesses of the last call, each with its line.
    pub fn steps(&self) -> Vec<String> {
        self.alone.steps.borrow().clone()
    }

    fn make(&mut self, operation: &Operation) -> Result<(Option<Answered<Said>>, Vec<Heard>), Error> {
        let Predictor { alone, task } = self;
        let said = match operation {
            Operation::Create(flags) if task.inode.is_none() => {
                Some(alone.finish(PROGRAM, pin!(create(alone, task, *flags)))?)
            }
            Operation::Seal { seals, by, during } => {
                let Some(inode) = task.inode.filter(|_| task.has(*by)) else { return Ok((None, Vec::new())) };
                let sealing = pin!(memfd_add_seals(alone, *by, inode, *seals));
                return seal(alone, task, sealing, during);
            }
            _ => {
                alone.drain_batches();
                alone.finish(PROGRAM, pin!(call(alone, task, operation)))?
            }
        };
        Ok((said, Vec::new()))
    }

    fn seen(&self, inode: Inode) -> Seen {
        let cells = self.alone.cells.borrow();
        let byte = |page: usize| {
            let index = Index(page as u8);
            if 2 * index.0 < inode.i_size { cells.file_content(index) as u8 } else { 0 }
        };
        let bytes = std::array::from_fn(byte);
        Seen {
            size: inode.i_size as u64 * half_page(),
            seals: cells.get(seal_model::machine::Cell::Seals),
            bytes,
        }
    }
}

/// Seal, and let others in while the sealer sleeps. One that has to wait for the sealer keeps those after it waiting.
fn seal(
    alone: &Alone,
    task: &mut Task,
    mut sealing: Pin<&mut impl Future<Output = Answered<Said>>>,
    during: &[During],
) -> Result<(Option<Answered<Said>>, Vec<Heard>), Error> {
    let (mut sealed, mut heard) = (None, Vec::new());
    for During { rescan, operation } in during {
        if sealed.is_none() && !(alone.asleep.get() && alone.sleeps.get() == *rescan) {
            alone.stop_before.set(*rescan);
            sealed = ready(alone.run(SEALER, sealing.as_mut()));
        }
        if *operation == Operation::Kill {
            alone.killed.set(sealed.is_none());
            heard.push(Heard::Said(Said::Done));
            continue;
        }
        let mut making = pin!(call(alone, task, operation));
        let said = match alone.run(PROGRAM, making.as_mut()) {
            Poll::Ready(said) => said,
            Poll::Pending => {
                sealed = Some(alone.finish(SEALER, sealing.as_mut())?);
                alone.finish(PROGRAM, making)?
            }
        };
        heard.push(Heard::of(said));
    }
    let returned = match sealed {
        Some(returned) => returned,
        None => alone.finish(SEALER, sealing)?,
    };
    let said = if alone.killed.get() { Ok(Said::Killed) } else { returned };
    Ok((Some(said), heard))
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
