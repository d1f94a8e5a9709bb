//! Run an actor over a log of answers, until it asks for an access that the log does not answer.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use seal_model::access::{Access, Answer, Note};
use seal_model::actors;
use seal_model::ghost::Ghost;
use seal_model::memory::{Local, Memory};
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

/// The frames of an actor's functions, from the outermost in: where each stands, and its locals.
pub type Key = Vec<(&'static Location<'static>, Rc<str>)>;

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
    /// The frames of the functions that it is in.
    pub frames: Key,
    /// The frames when a function last came to stand somewhere, if that was after the last access: runs may meet there.
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
    frames: RefCell<Key>,
    /// The locals of a frame that is gone before the end: nothing asks for them.
    gone: Rc<str>,
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

    fn enter(&self, site: &'static Location<'static>, locals: &[&dyn Local]) {
        let mut frames = self.frames.borrow_mut();
        let new = self.answered.get() == self.log.len();
        // writing locals down is what takes the time here: a frame that is older than the last answer, and is still
        // there at the end, was there one answer ago as well
        let known = self.before.get(frames.len()).filter(|_| !new);
        let locals = match known {
            Some((_, locals)) => Rc::clone(locals),
            None if new => Rc::from(format!("{locals:?}")),
            None => Rc::clone(&self.gone),
        };
        frames.push((site, locals));
        if new {
            *self.key.borrow_mut() = Some(frames.clone());
        }
    }

    fn leave(&self) {
        self.frames.borrow_mut().pop();
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
            let before = before.map(|probe| probe.frames).unwrap_or_default();
            Some(probe_after(source, &log[..length], &before))
        })
        .unwrap_or_else(|| probe_after(source, log, &Key::new()))
}

/// The same, given the frames of one answer ago.
pub fn probe_after(source: Source<'_>, log: &[Answer], before: &Key) -> Probe {
    let memory = LogMemory {
        source,
        log,
        answered: Cell::new(0),
        asked: Cell::new(None),
        ghost: RefCell::default(),
        before,
        frames: RefCell::default(),
        gone: Rc::from(""),
        key: RefCell::default(),
    };
    let mut future = actors::run(&memory, source.actor as u8);
    let returned = match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    };
    // dropping the future leaves its frames
    let frames = memory.frames.borrow().clone();
    drop(future);
    let asked = memory.asked.get();
    Probe {
        access: asked.map(|(access, _)| access),
        site: asked.map(|(_, site)| site),
        ghost: memory.ghost.take(),
        returned,
        frames,
        key: memory.key.take().filter(|_| returned.is_none()),
    }
}
