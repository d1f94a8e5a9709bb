//! What an access does, remembered: `apply` is asked once for each value of the cells that an access looks at, and
//! the same bits are changed in the same way ever after.

use std::cell::Cell as Shared;

use seal_model::access::Access;
use seal_model::machine::{Cell, Cells};

use super::layout::{Layout, Packed};
use super::system::{State, System};
use crate::error::Error;

/// More effects than this are not remembered at one location.
const MOST: usize = 1 << 12;

/// The effects of every location of every actor, as far as they were met. Each thread has its own.
pub(super) struct Effects<const W: usize> {
    /// Where the rows of each actor start.
    starts: Vec<usize>,
    rows: Vec<Row<W>>,
}

struct Row<const W: usize> {
    kind: Kind,
    /// The bits of all cells that the access looked at or changed so far.
    looked_at: State<W>,
    /// By the hash of those bits; as many as a power of two.
    known: Vec<Effect<W>>,
}

#[derive(Clone, Copy)]
enum Kind {
    /// The actor is done.
    Done,
    /// Nothing is looked at: every answer is possible.
    Choice,
    /// An access to cells.
    Access,
}

#[derive(Clone, Copy)]
struct Effect<const W: usize> {
    /// What the bits that were looked at must be.
    bits: State<W>,
    /// The bits that change, those of the actor's location included.
    change: State<W>,
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Unknown,
    Blocked,
    Moves,
}

impl<const W: usize> Effect<W> {
    const UNKNOWN: Self = Effect { bits: [0; W], change: [0; W], then: Then::Unknown };
}

impl<const W: usize> Effects<W> {
    /// Nothing remembered.
    pub(super) fn new(system: &System) -> Self {
        let (mut starts, mut rows) = (Vec::new(), Vec::new());
        for automaton in &system.automata {
            starts.push(rows.len());
            rows.extend(automaton.locations.iter().map(|location| Row {
                kind: match location.access {
                    None => Kind::Done,
                    Some(Access::Choose(_)) => Kind::Choice,
                    Some(_) => Kind::Access,
                },
                looked_at: [0; W],
                known: vec![Effect::UNKNOWN; 2],
            }));
        }
        Effects { starts, rows }
    }

    /// Every state that a step leads to, with whose step it is, in the order of [`System::successors`].
    ///
    /// # Errors
    /// As [`System::successors`].
    #[inline]
    pub(super) fn successors(
        &mut self,
        system: &System,
        state: &State<W>,
        mut found: impl FnMut(usize, State<W>),
    ) -> Result<(), Error> {
        (0..self.starts.len())
            .try_for_each(|actor| self.successors_of(system, state, actor, |next| found(actor, next)))
    }

    /// Those that the steps of one actor lead to.
    ///
    /// # Errors
    /// As [`System::successors`].
    #[inline]
    pub(super) fn successors_of(
        &mut self,
        system: &System,
        state: &State<W>,
        actor: usize,
        mut found: impl FnMut(State<W>),
    ) -> Result<(), Error> {
        let row = &mut self.rows[self.starts[actor] + system.layout.location(state, actor)];
        match row.kind {
            Kind::Done => {}
            Kind::Choice => system.successors_of(state, actor, &mut |_, next| found(next))?,
            Kind::Access => {
                let bits = and(state, &row.looked_at);
                let effect = row.known[place(&bits, row.known.len())];
                let effect = if effect.then != Then::Unknown && effect.bits == bits {
                    effect
                } else {
                    row.learn(system, state, actor)?
                };
                if effect.then == Then::Moves {
                    found(xor(state, &effect.change));
                }
            }
        }
        Ok(())
    }
}

impl<const W: usize> Row<W> {
    /// Ask what the access does in a state, and remember it.
    #[cold]
    fn learn(&mut self, system: &System, state: &State<W>, actor: usize) -> Result<Effect<W>, Error> {
        let (next, looked_at) = system.watched(state, actor)?;
        let all = or(&looked_at, &self.looked_at);
        if all != self.looked_at {
            // what was remembered says too little about what was not looked at
            self.looked_at = all;
            self.known = vec![Effect::UNKNOWN; 2];
        }
        let (then, change) = match next {
            Some(next) => (Then::Moves, xor(state, &next)),
            None => (Then::Blocked, [0; W]),
        };
        let effect = Effect { bits: and(state, &all), change, then };
        self.remember(effect);
        Ok(effect)
    }

    fn remember(&mut self, effect: Effect<W>) {
        let at = place(&effect.bits, self.known.len());
        let there = &mut self.known[at];
        if there.then == Then::Unknown || self.known.len() >= MOST {
            self.known[at] = effect;
            return;
        }
        let larger = vec![Effect::UNKNOWN; 2 * self.known.len()];
        let smaller = std::mem::replace(&mut self.known, larger);
        smaller
            .into_iter()
            .filter(|known| known.then != Then::Unknown)
            .for_each(|known| self.remember(known));
        self.remember(effect);
    }
}

/// Where an effect is remembered, of so many places.
#[inline]
fn place<const W: usize>(bits: &State<W>, places: usize) -> usize {
    let mixed = bits.iter().fold(0u64, |mixed, word| (mixed ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (mixed >> 32) as usize & (places - 1)
}

#[inline]
pub(super) fn and<const W: usize>(one: &State<W>, other: &State<W>) -> State<W> {
    std::array::from_fn(|word| one[word] & other[word])
}

#[inline]
fn or<const W: usize>(one: &State<W>, other: &State<W>) -> State<W> {
    std::array::from_fn(|word| one[word] | other[word])
}

#[inline]
fn xor<const W: usize>(one: &State<W>, other: &State<W>) -> State<W> {
    std::array::from_fn(|word| one[word] ^ other[word])
}

/// Cells that note which of them somebody looks at or changes.
pub(super) struct Watched<'l, const W: usize> {
    pub(super) cells: Packed<'l, W>,
    seen: Shared<State<W>>,
}

impl<'l, const W: usize> Watched<'l, W> {
    pub(super) fn new(words: State<W>, layout: &'l Layout) -> Self {
        Watched { cells: Packed { words, layout, out_of_range: None }, seen: Shared::new([0; W]) }
    }

    /// The bits of those cells.
    pub(super) fn seen(&self) -> State<W> {
        self.seen.get()
    }

    fn note(&self, cell: Cell) {
        let (word, bits) = self.cells.layout.bits_of(cell);
        let mut seen = self.seen.get();
        seen[word] |= bits;
        self.seen.set(seen);
    }
}

impl<const W: usize> Cells for Watched<'_, W> {
    fn get(&self, cell: Cell) -> i16 {
        self.note(cell);
        self.cells.get(cell)
    }

    fn set(&mut self, cell: Cell, value: i16) {
        self.note(cell);
        self.cells.set(cell, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: usize = 1;

    /// Each finds its place, and so do those from before.
    #[test]
    fn effects_make_room_for_each_other() {
        let known = vec![Effect::UNKNOWN; 2];
        let mut row = Row::<W> { kind: Kind::Access, looked_at: [u64::MAX], known };
        for count in 0..20 {
            row.remember(Effect { bits: [count], change: [1], then: Then::Blocked });
            for bits in (0..=count).map(|bits| [bits]) {
                let effect = row.known[place(&bits, row.known.len())];
                assert!(effect.then == Then::Blocked && effect.bits == bits, "{bits:?} of {count}");
            }
        }
        assert!(row.known.len() < MOST);
    }

    /// What is forgotten is asked again, which is as right and takes longer.
    #[test]
    fn what_was_asked_is_remembered() {
        let scenario = "wait-2014;with=pinner;with=mapper".parse().expect("a possible scenario");
        let system = System::new(&scenario).expect("compiles");
        let (states, mut effects) = (system.reached::<W>(), Effects::new(&system));
        // once it is known what each access looks at, nothing more is forgotten
        for state in states.iter().chain(&states) {
            effects.successors(&system, state, |_, _| ()).expect("in range");
        }
        let mut remembered = 0;
        for (state, actor) in states.iter().flat_map(|state| [0, 1, 2].map(|actor| (state, actor))) {
            let row = &effects.rows[effects.starts[actor] + system.layout.location(state, actor)];
            if let Kind::Access = row.kind {
                let bits = and(state, &row.looked_at);
                let effect = row.known[place(&bits, row.known.len())];
                assert!(effect.then != Then::Unknown && effect.bits == bits);
                remembered += 1;
            }
        }
        assert!(remembered > states.len());
        // few effects find their places among few
        assert!(effects.rows.iter().all(|row| row.known.len() < MOST));
    }
}
