//! An order of whole accesses that explains a run in which they were made of several operations: each gets its answer
//! from memory as those before it left it, or, if it is a load, as memory was once. So what is said of a claim is said
//! of states of the model, and what refutes one can be run again.

use std::sync::Arc;

use seal_model::access::{Access, Answer};
use seal_model::claim::Claim;
use seal_model::machine::apply;

use super::books::Books;
use super::log::Entry;
use crate::ranged::Ranged;
use crate::trace::start::Cut;

/// Accesses that are tried in another place, before a run is given up.
const MOST_TRIED: usize = 20_000;

/// The books of a run whose accesses began in this order. None: no order explains it.
pub(super) fn explain(cut: &Arc<Cut>, claims: &[Claim], entries: &[Entry]) -> Option<Books> {
    let as_they_began: Vec<(usize, bool)> = (0..entries.len()).map(|place| (place, false)).collect();
    follow(cut, claims, entries, &as_they_began).or_else(|| {
        let order = Search::new(cut, entries).order()?;
        follow(cut, claims, entries, &order)
    })
}

/// Take the accesses in an order, each with whether it got an older value. None: one of them is answered otherwise.
fn follow(cut: &Arc<Cut>, claims: &[Claim], entries: &[Entry], order: &[(usize, bool)]) -> Option<Books> {
    let mut books = Books::new(cut, claims);
    for &(place, older) in order {
        let Entry { actor, access, answer, after, returned, .. } = entries[place];
        let answer = answer?;
        let given = match access {
            Access::Choose(_) => Some(books.take_answered(actor, access, answer)),
            _ if older => Some(books.take_answered(actor, access, answer)),
            _ => books.take(actor, access),
        };
        if books.error.is_some() {
            return Some(books);
        }
        if given != Some(answer) {
            return None;
        }
        books.settle(after, returned);
    }
    Some(books)
}

/// A search through the orders that there may be: who ended before another began comes before it.
struct Search<'a> {
    cut: &'a Cut,
    entries: &'a [Entry],
    /// Memory at the start, and after each access.
    past: Vec<Ranged>,
    order: Vec<(usize, bool)>,
    placed: Vec<bool>,
    tried: usize,
}

impl<'a> Search<'a> {
    fn new(cut: &'a Cut, entries: &'a [Entry]) -> Self {
        let past = vec![Ranged::at(&cut.scenario, &cut.cells)];
        Search { cut, entries, past, order: Vec::new(), placed: vec![false; entries.len()], tried: 0 }
    }

    /// No recursion: a stack of loom's is small.
    fn order(mut self) -> Option<Vec<(usize, bool)>> {
        let mut left = vec![self.options()];
        while self.order.len() < self.entries.len() {
            match left.last_mut()?.pop() {
                Some((place, older)) if self.put(place, older) => left.push(self.options()),
                Some(_) => {}
                None => {
                    left.pop();
                    self.take_back();
                }
            }
            self.tried += 1;
            if self.tried > MOST_TRIED {
                return None;
            }
        }
        Some(self.order)
    }

    /// Accesses that may come next, each with an older value or without, the last to be tried first.
    fn options(&self) -> Vec<(usize, bool)> {
        let next = self.next();
        let (newest, older) =
            (next.iter().map(|&place| (place, false)), next.iter().map(|&place| (place, true)));
        older.rev().chain(newest.rev()).collect()
    }

    /// Accesses that may come next, in the order in which they began.
    fn next(&self) -> Vec<usize> {
        let (mut next, mut first_end) = (Vec::new(), usize::MAX);
        for place in (0..self.entries.len()).filter(|place| !self.placed[*place]) {
            if place >= first_end {
                break;
            }
            next.push(place);
            first_end = first_end.min(self.entries[place].end);
        }
        next
    }

    /// Put an access here, if memory as it is answers it so; of a load, memory as it was once.
    fn put(&mut self, place: usize, older: bool) -> bool {
        let Entry { access, answer, .. } = self.entries[place];
        let mut now = Box::new(self.past[self.past.len() - 1].clone());
        let answered = match access {
            Access::Choose(_) => !older,
            _ if older => {
                access.is_load() && self.past.iter().any(|then| self.answer(then, access) == answer)
            }
            _ => apply(&mut *now, &self.cut.scenario, access) == answer,
        };
        if answered {
            self.past.push(*now);
            self.order.push((place, older));
            self.placed[place] = true;
        }
        answered
    }

    fn take_back(&mut self) {
        if let Some((place, _)) = self.order.pop() {
            self.past.pop();
            self.placed[place] = false;
        }
    }

    fn answer(&self, then: &Ranged, access: Access) -> Option<Answer> {
        apply(&mut then.clone(), &self.cut.scenario, access)
    }
}
