//! Run an actor over a log of answers, until it asks for an access that the log does not answer.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::panic::Location;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use seal_model::access::{Access, Answer, Note};
use seal_model::actors;
use seal_model::ghost::Ghost;
use seal_model::memory::Memory;
use seal_model::scenario::Scenario;

use super::slip::{How, Slip};

/// An actor of a scenario, as its source has it or with a slip.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The actor's number in the cast.
    pub actor: usize,
    /// What is wrong with one line that it may run.
    pub slip: Option<Slip>,
}

/// The checkpoints that an actor is in, from the outermost in, each with its locals.
pub type Key = Vec<(&'static str, Rc<str>)>;

/// What an actor does after a log.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The access it asks for; none when it is done.
    pub access: Option<Access>,
    /// The line that asked.
    pub site: Option<&'static Location<'static>>,
    /// What it holds.
    pub ghost: Ghost,
    /// What it returned.
    pub returned: Option<seal_model::Result>,
    /// The checkpoints that it is in.
    pub checkpoints: Key,
    /// Those that it was in when it last entered one, if that was after its last access: where runs may meet.
    pub key: Option<Key>,
}

/// Memory that answers from a log.
struct LogMemory<'a> {
    source: Source<'a>,
    log: &'a [Answer],
    answered: Cell<usize>,
    asked: Cell<Option<(Access, &'static Location<'static>)>>,
    ghost: RefCell<Ghost>,
    before: &'a Key,
    checkpoints: RefCell<Key>,
    key: RefCell<Option<Key>>,
}

impl Memory for LogMemory<'_> {
    fn perform(&self, access: Access, site: &'static Location<'static>) -> Poll<Answer> {
        let slip = self.source.slip.filter(|slip| slip.site == site).map(|slip| slip.how);
        if let Some(How::LeftOut(taken)) = slip {
            return Poll::Ready(taken);
        }
        let Some(&answer) = self.log.get(self.answered.get()) else {
            self.asked.set(Some((access, site)));
            return Poll::Pending;
        };
        self.answered.set(self.answered.get() + 1);
        self.ghost.borrow_mut().account(self.source.scenario, self.source.actor, access, answer);
        Poll::Ready(slip.map_or(answer, |how| how.read(answer)))
    }

    fn enter(&self, name: &'static str, locals: &dyn Debug) {
        let mut checkpoints = self.checkpoints.borrow_mut();
        let new = self.answered.get() == self.log.len();
        // writing locals down is what takes the time here: what was entered earlier, and is still open at the end,
        // was open one answer ago as well
        let known = self.before.get(checkpoints.len()).filter(|_| !new);
        let locals = known.map_or_else(
            || Rc::from(if new { format!("{locals:?}") } else { String::new() }),
            |(_, locals)| Rc::clone(locals),
        );
        checkpoints.push((name, locals));
        if new {
            *self.key.borrow_mut() = Some(checkpoints.clone());
        }
    }

    fn leave(&self) {
        self.checkpoints.borrow_mut().pop();
    }

    fn note(&self, note: Note) {
        self.ghost.borrow_mut().note(self.source.scenario, note);
    }

    fn scenario(&self) -> &Scenario {
        self.source.scenario
    }
}

/// What actor number `actor` does after it got the answers in `log`.
pub fn probe(scenario: &Scenario, actor: usize, log: &[Answer]) -> Probe {
    let source = Source { scenario, actor, slip: None };
    (0..=log.len())
        .fold(None, |before: Option<Probe>, length| {
            let before = before.map(|probe| probe.checkpoints).unwrap_or_default();
            Some(probe_after(source, &log[..length], &before))
        })
        .unwrap_or_else(|| probe_after(source, log, &Key::new()))
}

/// The same, given the checkpoints that the actor was in one answer ago.
pub fn probe_after(source: Source<'_>, log: &[Answer], before: &Key) -> Probe {
    let memory = LogMemory {
        source,
        log,
        answered: Cell::new(0),
        asked: Cell::new(None),
        ghost: RefCell::default(),
        before,
        checkpoints: RefCell::default(),
        key: RefCell::default(),
    };
    let mut future = actors::run(&memory, source.actor as u8);
    let returned = match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    };
    // dropping the future leaves its checkpoints
    let checkpoints = memory.checkpoints.borrow().clone();
    drop(future);
    let asked = memory.asked.get();
    Probe {
        access: asked.map(|(access, _)| access),
        site: asked.map(|(_, site)| site),
        ghost: memory.ghost.take(),
        returned,
        checkpoints,
        key: memory.key.take().filter(|_| returned.is_none()),
    }
}
