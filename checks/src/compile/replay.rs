//! Run an actor over a log of answers, until it asks for an access that the log does not answer.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::panic::Location;
use std::task::{Context, Poll, Waker};

use seal_model::access::{Access, Answer};
use seal_model::actors;
use seal_model::ghost::Ghost;
use seal_model::memory::Memory;
use seal_model::scenario::Scenario;

/// The checkpoints that an actor is in, from the outermost in, each with its locals.
pub type Key = Vec<(&'static str, String)>;

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
    /// Its checkpoints, if it entered one since its last access.
    pub key: Option<Key>,
}

/// Memory that answers from a log.
struct LogMemory<'a> {
    scenario: &'a Scenario,
    log: &'a [Answer],
    answered: Cell<usize>,
    asked: Cell<Option<(Access, &'static Location<'static>)>>,
    ghost: RefCell<Ghost>,
    checkpoints: RefCell<Key>,
    key: RefCell<Option<Key>>,
}

impl Memory for LogMemory<'_> {
    fn perform(&self, access: Access, site: &'static Location<'static>) -> Poll<Answer> {
        let Some(&answer) = self.log.get(self.answered.get()) else {
            self.asked.set(Some((access, site)));
            return Poll::Pending;
        };
        self.answered.set(self.answered.get() + 1);
        self.ghost.borrow_mut().account(access, answer);
        Poll::Ready(answer)
    }

    fn enter(&self, name: &'static str, locals: &dyn Debug) {
        let mut checkpoints = self.checkpoints.borrow_mut();
        checkpoints.push((name, format!("{locals:?}")));
        if self.answered.get() == self.log.len() {
            *self.key.borrow_mut() = Some(checkpoints.clone());
        }
    }

    fn leave(&self) {
        self.checkpoints.borrow_mut().pop();
    }

    fn scenario(&self) -> &Scenario {
        self.scenario
    }
}

/// What actor number `actor` does after it got the answers in `log`.
pub fn probe(scenario: &Scenario, actor: usize, log: &[Answer]) -> Probe {
    let memory = LogMemory {
        scenario,
        log,
        answered: Cell::new(0),
        asked: Cell::new(None),
        ghost: RefCell::default(),
        checkpoints: RefCell::default(),
        key: RefCell::default(),
    };
    let mut future = actors::run(&memory, actor as u8);
    let returned = match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    };
    drop(future);
    let asked = memory.asked.get();
    let ghost = *memory.ghost.borrow();
    let key = if returned.is_some() { None } else { memory.key.take() };
    Probe { access: asked.map(|(access, _)| access), site: asked.map(|(_, site)| site), ghost, returned, key }
}
