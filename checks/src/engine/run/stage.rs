//! A run of which every step is one access: what memory is, what each actor is about to do, and who can do it.

use std::sync::Arc;

use seal_model::access::{Access, Answer};
use seal_model::claim::Claim;
use seal_model::ghost::Ghost;

use super::books::Books;
use crate::trace::start::Cut;

/// See above.
pub(super) struct Stage {
    pub(super) books: Books,
    /// The access that each actor stands before.
    asks: Vec<Option<Access>>,
    /// Nobody moves any more.
    over: bool,
    /// How many answers there are to the question that is open.
    pub(super) options: usize,
}

impl Stage {
    /// A run from a cut.
    pub(super) fn new(cut: &Arc<Cut>, asked: &[Claim]) -> Self {
        Stage { books: Books::new(cut, asked), asks: vec![None; cut.ghosts.len()], over: false, options: 1 }
    }

    /// An actor is done with its last step, notes included, and stands before the next.
    pub(super) fn arrives(&mut self, actor: usize, ghost: Ghost, access: Access) {
        self.books.settle(ghost, None);
        self.asks[actor] = Some(access);
    }

    /// An actor is at its end.
    pub(super) fn leaves(&mut self, ghost: Ghost, result: seal_model::Result) {
        self.books.settle(ghost, Some(result));
    }

    /// True if an actor waits to be chosen.
    pub(super) fn waits(&self, actor: usize) -> bool {
        !self.over && self.asks[actor].is_some()
    }

    /// True if the next access of an actor does not block.
    pub(super) fn can_move(&self, actor: usize) -> bool {
        self.asks[actor].is_some_and(|access| self.books.answer(access).is_some())
    }

    /// It was chosen: what it is answered, where memory says that. None: the run is over.
    pub(super) fn take(&mut self, actor: usize) -> Option<Answer> {
        let access = self.asks[actor].take()?;
        if self.over {
            return None;
        }
        let answer = self.books.take(actor, access);
        self.over = answer.is_none();
        answer
    }

    /// The same of an open question, whose answer was chosen.
    pub(super) fn take_choice(&mut self, actor: usize, access: Access, answer: Answer) -> Answer {
        self.asks[actor] = None;
        self.books.take_answered(actor, access, answer)
    }

    /// A question with so many answers is to be answered. False: the run is over.
    pub(super) fn opens(&mut self, options: usize) -> bool {
        self.options = options;
        !self.over
    }

    /// Nobody is to move any more, because of a limit, or because nobody can.
    pub(super) fn ends(&mut self, deadlock: bool) {
        self.over = true;
        if deadlock {
            self.books.deadlocks();
        }
    }
}
