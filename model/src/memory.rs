//! The memory that an actor runs on: one trait, implemented by every engine.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::task::Poll;

pub use seal_frames::frames;

use crate::access::{Access, Answer, Note, Question};
use crate::fault::{CallFault, Fault};
use crate::scenario::Scenario;

/// Shared memory as one actor sees it.
///
/// An actor is a pure function of the answers it got: it reads nothing else, so an engine can stop it, replay
/// it and turn it into a table. Nothing here says that a load has only one answer; that is the engine's matter.
pub trait Memory {
    /// Perform one indivisible access, or say that the actor has to wait.
    ///
    /// `site` is the line of the model that asked; traces cite it.
    fn perform(&self, access: Access, site: &'static Location<'static>) -> Poll<Answer>;

    /// A function of the actor stands before an access: see [`Frame`].
    ///
    /// An engine that only runs actors has no use for frames.
    fn enter(&self, site: &'static Location<'static>, locals: &[&dyn Local]) {
        let _ = (site, locals);
    }

    /// The function that entered last goes on, or has ended.
    fn leave(&self) {}

    /// Something that the last access brought about for the [ghosts](crate::ghost) alone. It is no access, no
    /// actor reads it, and an engine that keeps no ghosts may ignore it.
    fn note(&self, note: Note);

    /// The parameters of the run. They never change, so reading them is no access.
    fn scenario(&self) -> &Scenario;
}

/// Conveniences over [`Memory`] that every actor uses.
pub trait MemoryExt: Memory {
    /// One access, as a future: the only place where another actor can run.
    #[track_caller]
    fn access(&self, access: Access) -> impl Future<Output = Answer> {
        let site = Location::caller();
        poll_fn(move |_| self.perform(access, site))
    }

    /// A step that nothing in shared memory decides.
    #[track_caller]
    fn choose(&self, question: Question) -> impl Future<Output = bool> {
        let answer = self.access(Access::Choose(question));
        async move { answer.await == 1 }
    }

    /// Whether this run carries the seeded fault.
    fn has(&self, fault: Fault) -> bool {
        self.scenario().fault == Some(fault)
    }

    /// Whether its system calls carry this one.
    fn slips(&self, fault: CallFault) -> bool {
        self.scenario().call_fault == Some(fault)
    }
}

impl<M: Memory + ?Sized> MemoryExt for M {}

/// A value that a frame can list: written down it shows all of itself, and nothing but its owner changes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be listed in the frame of an actor's function",
    note = "a parameter, or a local that lives across an access, is a plain value that can be written down: no \
            `&mut`, cell, future, closure or opaque iterator. Await a future where it is made, hand back a new value \
            instead of changing one, collect an iterator"
)]
pub trait Local: fmt::Debug + UnwindSafe + RefUnwindSafe {}

impl<T: fmt::Debug + UnwindSafe + RefUnwindSafe + ?Sized> Local for T {}

/// The place at which a function of an actor stands, and its knowledge there.
///
/// `#[frames]` puts one into every function that makes accesses, and moves it before each of them. Two runs whose
/// functions stand at the same places and know the same behave alike from there on. The compiler of actors merges
/// them, and audits that this is true.
pub struct Frame<'m, M: Memory + ?Sized> {
    memory: &'m M,
    entered: Cell<bool>,
}

impl<'m, M: Memory + ?Sized> Frame<'m, M> {
    /// The frame of a function that begins, with parameters that can be listed.
    pub fn new(memory: &'m M, parameters: &[&dyn Local]) -> Self {
        let _ = parameters;
        Frame { memory, entered: Cell::new(false) }
    }

    /// The function stands where this is called, and knows no more than `locals` from here on.
    #[track_caller]
    pub fn at(&self, locals: &[&dyn Local]) {
        if self.entered.replace(true) {
            self.memory.leave();
        }
        self.memory.enter(Location::caller(), locals);
    }
}

impl<M: Memory + ?Sized> Drop for Frame<'_, M> {
    fn drop(&mut self) {
        if self.entered.get() {
            self.memory.leave();
        }
    }
}
