//! The actors of a scenario as futures, moved one access at a time. Nothing is compiled first, so a scenario costs
//! nothing but its steps.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use seal_model::access::{Access, Answer, Note};
use seal_model::actors;
use seal_model::ghost::Ghost;
use seal_model::memory::Memory;
use seal_model::scenario::Scenario;

/// The line of the model that asks for an access.
pub type Site = &'static Location<'static>;

/// Where one actor leaves what it asks for, and finds the answer.
#[derive(Debug)]
pub struct Mailbox<'s> {
    scenario: &'s Scenario,
    me: usize,
    asked: Cell<Option<(Access, Site)>>,
    answer: Cell<Option<Answer>>,
    ghost: RefCell<Ghost>,
}

impl<'s> Mailbox<'s> {
    /// One for each member of the cast.
    pub fn of_cast(scenario: &'s Scenario) -> Vec<Self> {
        (0..scenario.cast().len()).map(|me| Mailbox::new(scenario, me)).collect()
    }

    /// That of one member.
    pub fn new(scenario: &'s Scenario, me: usize) -> Self {
        let (asked, answer, ghost) = Default::default();
        Mailbox { scenario, me, asked, answer, ghost }
    }
}

impl Memory for Mailbox<'_> {
    #[inline]
    fn perform(&self, access: Access, site: Site) -> Poll<Answer> {
        let Some(answer) = self.answer.take() else {
            self.asked.set(Some((access, site)));
            return Poll::Pending;
        };
        self.ghost.borrow_mut().account(self.scenario, self.me, access, answer);
        Poll::Ready(answer)
    }

    fn note(&self, note: Note) {
        self.ghost.borrow_mut().note(self.scenario, note);
    }

    fn scenario(&self) -> &Scenario {
        self.scenario
    }
}

/// An actor between two accesses.
pub(super) struct Actor<'m> {
    mailbox: &'m Mailbox<'m>,
    future: Pin<Box<dyn Future<Output = seal_model::Result> + 'm>>,
    /// What it returned, once it is done.
    pub(super) returned: Option<seal_model::Result>,
}

impl<'m> Actor<'m> {
    /// An actor that asks for its first access.
    pub(super) fn new(mailbox: &'m Mailbox<'m>) -> Self {
        let future = actors::run(mailbox, mailbox.me as u8);
        let mut actor = Actor { mailbox, future, returned: None };
        actor.go_on();
        actor
    }

    /// What it asks for; none when it is done.
    #[inline]
    pub(super) fn asks(&self) -> Option<(Access, Site)> {
        self.mailbox.asked.get()
    }

    /// Tell it the answer: it goes on to its next access.
    #[inline]
    pub(super) fn hears(&mut self, answer: Answer) {
        self.mailbox.answer.set(Some(answer));
        self.mailbox.asked.set(None);
        self.go_on();
    }

    /// What it holds.
    #[inline]
    pub(super) fn ghost(&self) -> Ghost {
        *self.mailbox.ghost.borrow()
    }

    fn go_on(&mut self) {
        if let Poll::Ready(result) = self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.returned = Some(result);
        }
    }
}
