//! The cells while one access is under way: each thing that the access does to a cell is one operation of its word.

use std::sync::atomic::Ordering;

use seal_model::access::{Access, Page};
use seal_model::machine::{Cell, Cells};

use super::memory::Mine;
use super::platform::{Platform, Word};

/// See above.
pub(super) struct Live<'m, 'b, P: Platform> {
    pub(super) mine: &'m Mine<'b, P>,
    pub(super) access: Access,
    /// Its place in the log, once it has taken place.
    pub(super) place: Option<usize>,
}

impl<P: Platform> Live<'_, '_, P> {
    fn word(&self, cell: Cell) -> Option<&P::Word> {
        self.mine.board.words[cell.id()].as_ref()
    }

    /// How a read-modify-write is ordered: a full barrier has fences on both sides.
    fn order(&self) -> Ordering {
        if self.access.is_full_barrier() { Ordering::AcqRel } else { Ordering::Relaxed }
    }

    /// The access takes place now, unless it has already.
    pub(super) fn takes_place(&mut self) -> usize {
        if !P::IN_TURN {
            return 0;
        }
        let Mine { board, actor, .. } = *self.mine;
        *self.place.get_or_insert_with(|| board.log().begin(actor, self.access))
    }

    /// The cell has a new value.
    fn changed(&mut self, cell: Cell, value: i16) {
        if P::IN_TURN {
            if self.word(cell).is_some() {
                self.takes_place();
            }
            self.mine.board.log().cells.set(cell, value);
        }
    }

    /// loom takes steps for independent that touch different words, and tries them in one order only. Claims look at
    /// all words at once; so every access that one may notice touches a word that is common to all of these, and
    /// takes place there.
    pub(super) fn touch(&mut self) {
        let Some((word, noticed)) = &self.mine.board.noticed else { return };
        if noticed[self.mine.actor].contains(&self.access) {
            word.fetch_add(0, Ordering::Relaxed);
            self.takes_place();
        }
    }
}

impl<P: Platform> Cells for Live<'_, '_, P> {
    fn get(&self, cell: Cell) -> i16 {
        let Some(word) = self.word(cell) else { return self.peek(cell) };
        // loom misses runs of a thread that loads a word which it stores to later (loom issue 392); under a lock
        // a load has the newest value anyway
        let under_lock = self.access.lock(&self.mine.board.cut.scenario).is_some();
        if under_lock && !self.access.is_lookup() {
            word.fetch_add(0, Ordering::Relaxed)
        } else {
            word.load()
        }
    }

    fn latest(&mut self, cell: Cell) -> i16 {
        self.word(cell).map_or_else(|| self.peek(cell), |word| word.fetch_add(0, Ordering::Relaxed))
    }

    fn peek(&self, cell: Cell) -> i16 {
        match self.word(cell) {
            Some(word) if !P::IN_TURN => word.load(),
            _ => self.mine.board.log().cells.get(cell),
        }
    }

    fn set(&mut self, cell: Cell, value: i16) {
        let order = self.order();
        self.word(cell).map(|word| word.swap(value, order));
        self.changed(cell, value);
    }

    fn add(&mut self, cell: Cell, by: i16) {
        let order = self.order();
        let old = self.word(cell).map_or_else(|| self.peek(cell), |word| word.fetch_add(by, order));
        self.changed(cell, old + by);
    }

    fn add_if(&mut self, cell: Cell, by: i16, allowed: impl Fn(i16) -> bool) -> bool {
        let mut old = self.latest(cell);
        while allowed(old) {
            let order = self.order();
            match self.word(cell).map_or(Ok(old), |word| word.compare_exchange(old, old + by, order)) {
                Ok(_) => {
                    self.changed(cell, old + by);
                    return true;
                }
                Err(newer) => old = newer,
            }
        }
        false
    }

    fn take(&mut self, count: Cell, references: i16) -> i16 {
        let order = self.order();
        let old =
            self.word(count).map_or_else(|| self.peek(count), |word| word.fetch_add(-references, order));
        self.changed(count, old - references);
        old - references
    }

    fn lock(&mut self, cell: Cell) -> bool {
        let locked = match self.word(cell) {
            Some(word) => word.compare_exchange(0, 1, Ordering::Acquire).is_ok(),
            None => self.peek(cell) == 0,
        };
        if locked {
            self.changed(cell, 1);
        }
        locked
    }

    fn unlock(&mut self, cell: Cell) {
        self.word(cell).map(|word| word.swap(0, Ordering::Release));
        self.changed(cell, 0);
        self.mine.board.wake(|waits_for| waits_for.is_none());
    }

    fn flip(&mut self, cell: Cell) {
        let order = self.order();
        let old = self.word(cell).map_or_else(|| self.peek(cell), |word| word.fetch_xor(1, order));
        self.changed(cell, 1 - old);
    }

    fn include(&mut self, cell: Cell, bits: i16) {
        let order = self.order();
        let old = self.word(cell).map_or_else(|| self.peek(cell), |word| word.fetch_or(bits, order));
        self.changed(cell, old | bits);
    }

    fn copy(&mut self, from: Cell, to: Cell) {
        let value = self.latest(from);
        self.takes_place();
        self.set(to, value);
    }

    fn allocate(&mut self, page: Page, references: i16) -> bool {
        let free = self.add_if(Cell::Count(page), references, |count| count == 0);
        if free && self.peek(Cell::Content(page)) != 0 {
            self.set(Cell::Content(page), 0);
        }
        free
    }

    // a frame may be taken again before this is done: its content is forgotten by whoever takes it
    fn forget(&mut self, page: Page) {
        self.set(Cell::Charge(page), 0);
        self.set(Cell::Orphan(page), 0);
    }
}
