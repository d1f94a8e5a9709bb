//! The memory that an actor runs on: one trait, implemented by every engine.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::task::Poll;

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

    /// The actor enters a checkpoint: see [`MemoryExt::checkpoint`].
    fn enter(&self, name: &'static str, locals: &dyn fmt::Debug);

    /// The actor leaves the checkpoint that it entered last.
    fn leave(&self);

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

    /// Everything this function knows at this point, until the guard is dropped. Two runs that meet here with
    /// equal `locals`, and with equal locals in the checkpoints of their callers, behave alike from here on.
    /// The compiler merges them, and audits that this is true.
    fn checkpoint(&self, name: &'static str, locals: &dyn fmt::Debug) -> Checkpoint<'_, Self> {
        self.enter(name, locals);
        Checkpoint { memory: self }
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

/// A checkpoint, entered; dropping it leaves.
#[must_use = "a checkpoint lasts until its guard is dropped"]
pub struct Checkpoint<'m, M: Memory + ?Sized> {
    memory: &'m M,
}

impl<M: Memory + ?Sized> Drop for Checkpoint<'_, M> {
    fn drop(&mut self) {
        self.memory.leave();
    }
}
