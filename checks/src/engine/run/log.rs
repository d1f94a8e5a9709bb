//! The log of threads that take turns: every access with its beginning and its end, the actors that wait, and the
//! newest values. Claims are looked at when the run is over, in an order of whole accesses. No actor reads any of it.

use seal_model::Result;
use seal_model::access::{Access, Answer};
use seal_model::ghost::Ghost;
use seal_model::machine::PlainCells;

use crate::trace::start::Cut;

/// One access of a run. Its place among the others is where it began.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) actor: usize,
    pub(super) access: Access,
    /// None: it blocked, and was none.
    pub(super) answer: Option<Answer>,
    /// The holdings of its actor after it, notes included.
    pub(super) after: Ghost,
    /// The result of its actor, if it was its last.
    pub(super) returned: Option<Result>,
    /// How many had begun when it ended.
    pub(super) end: usize,
}

/// See above.
pub(super) struct Log {
    /// Memory, as the newest values have it. Cells that are no words live here.
    pub(super) cells: PlainCells,
    pub(super) entries: Vec<Entry>,
    /// The holdings of each actor at its end, or at the cut.
    pub(super) ghosts: Vec<Ghost>,
    /// Its result.
    pub(super) returned: Vec<Option<Result>>,
    /// The last access of each actor.
    last: Vec<Option<usize>>,
    /// The next access of each actor.
    asks: Vec<Option<Access>>,
    stopped: Vec<bool>,
    /// Nobody moves any more.
    over: bool,
}

impl Log {
    pub(super) fn new(cut: &Cut) -> Self {
        let actors = cut.ghosts.len();
        Log {
            cells: cut.cells.clone(),
            entries: Vec::new(),
            ghosts: cut.ghosts.clone(),
            returned: cut.returned.clone(),
            last: vec![None; actors],
            asks: vec![None; actors],
            stopped: cut.returned.iter().map(Option::is_some).collect(),
            over: false,
        }
    }

    /// An access takes place: where it stands in the log.
    pub(super) fn begin(&mut self, actor: usize, access: Access) -> usize {
        let (after, end) = (Ghost::default(), usize::MAX);
        self.entries.push(Entry { actor, access, answer: None, after, returned: None, end });
        self.entries.len() - 1
    }

    /// It is complete, and was answered.
    pub(super) fn complete(&mut self, place: usize, answer: Answer) {
        let end = self.entries.len();
        let entry = &mut self.entries[place];
        (entry.answer, entry.end) = (Some(answer), end);
        self.last[entry.actor] = Some(place);
    }

    /// An actor has made the notes of its last access, and stands before the next. False: nobody moves any more.
    pub(super) fn arrives(&mut self, actor: usize, ghost: Ghost, access: Access) -> bool {
        self.settle(actor, ghost, None);
        self.asks[actor] = Some(access);
        !self.over
    }

    /// An actor is at its end.
    pub(super) fn leaves(&mut self, actor: usize, ghost: Ghost, result: Result) {
        self.settle(actor, ghost, Some(result));
        (self.ghosts[actor], self.returned[actor]) = (ghost, Some(result));
        self.asks[actor] = None;
        self.stopped[actor] = true;
    }

    fn settle(&mut self, actor: usize, ghost: Ghost, returned: Option<Result>) {
        if let Some(last) = self.last[actor].take() {
            let entry = &mut self.entries[last];
            (entry.after, entry.returned) = (ghost, returned);
        }
    }

    /// An actor makes no more accesses, though it has not come to its end.
    pub(super) fn stops(&mut self, actor: usize) {
        self.stopped[actor] = true;
    }

    /// True if all actors but those that wait have ended or stopped. Then no actor moves any more.
    pub(super) fn is_stuck(&mut self, waits: impl Fn(usize) -> bool) -> bool {
        self.over |= (0..self.stopped.len()).all(|actor| self.stopped[actor] || waits(actor));
        self.over
    }

    /// The run is cut short.
    pub(super) fn cut_short(&mut self) {
        self.over = true;
    }

    /// True if no actor moves any more.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The next accesses of the actors that are not at their end.
    pub(super) fn left(&self) -> impl Iterator<Item = Access> {
        self.asks.iter().flatten().copied()
    }

    /// The accesses that were made, in the order in which they began.
    pub(super) fn made(&self) -> Vec<Entry> {
        let mut made = 0;
        let count = self.entries.iter().map(|entry| {
            made += usize::from(entry.answer.is_some());
            made
        });
        // how many of those that were made had begun before each
        let before: Vec<usize> = std::iter::once(0).chain(count).collect();
        let made = self.entries.iter().filter(|entry| entry.answer.is_some());
        made.map(|entry| Entry { end: before[entry.end], ..entry.clone() }).collect()
    }

    /// The answers of each actor, in its own order.
    pub(super) fn answers(&self) -> Vec<Vec<Answer>> {
        let mut answers = vec![Vec::new(); self.stopped.len()];
        self.entries.iter().for_each(|entry| answers[entry.actor].extend(entry.answer));
        answers
    }
}
