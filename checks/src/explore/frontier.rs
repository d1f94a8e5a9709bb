//! States that wait to be expanded, in the order of discovery.

use std::collections::VecDeque;

use super::piece::PIECE;
use super::system::State;

/// Some of them, and for each the actors that are asleep there.
#[derive(Default, PartialEq, Debug)]
pub(super) struct Waiting<const W: usize> {
    pub(super) states: Vec<State<W>>,
    pub(super) asleep: Vec<u8>,
}

impl<const W: usize> Waiting<W> {
    pub(super) fn clear(&mut self) {
        self.states.clear();
        self.asleep.clear();
    }

    pub(super) fn push(&mut self, state: State<W>, asleep: u8) {
        self.states.push(state);
        self.asleep.push(asleep);
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// Those from a place on.
    fn split_off(&mut self, at: usize) -> Self {
        Waiting { states: self.states.split_off(at), asleep: self.asleep.split_off(at) }
    }
}

/// A queue in chunks of one piece each, which are given back one by one.
pub(super) struct Frontier<const W: usize> {
    chunks: VecDeque<Waiting<W>>,
    length: usize,
}

impl<const W: usize> Frontier<W> {
    pub(super) fn new() -> Self {
        Frontier { chunks: VecDeque::new(), length: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn bytes(&self) -> usize {
        self.chunks.len() * PIECE * (size_of::<State<W>>() + size_of::<u8>())
    }

    pub(super) fn extend(&mut self, more: &Waiting<W>) {
        self.length += more.len();
        let mut taken = 0;
        while taken < more.len() {
            if self.chunks.back().is_none_or(|chunk| chunk.len() == PIECE) {
                let (states, asleep) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
                self.chunks.push_back(Waiting { states, asleep });
            }
            if let Some(chunk) = self.chunks.back_mut() {
                let fits = taken..more.len().min(taken + PIECE - chunk.len());
                taken = fits.end;
                chunk.states.extend_from_slice(&more.states[fits.clone()]);
                chunk.asleep.extend_from_slice(&more.asleep[fits]);
            }
        }
    }

    /// The states that have waited longest, as many as a piece takes, and at most so many.
    pub(super) fn next(&mut self, most: usize) -> Waiting<W> {
        let mut chunk = self.chunks.pop_front().unwrap_or_default();
        if chunk.len() > most {
            let rest = chunk.split_off(most);
            self.chunks.push_front(rest);
        }
        self.length -= chunk.len();
        chunk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk by itself at most, and what is left of it before the next one.
    #[test]
    fn states_come_in_the_order_in_which_they_were_found() {
        let states: Vec<State<2>> = (0..4 * PIECE as u64 + 5).map(|number| [number, 7]).collect();
        let waiting = |states: &[State<2>]| {
            let mut waiting = Waiting::default();
            states.iter().for_each(|state| waiting.push(*state, state[0] as u8));
            waiting
        };
        let mut frontier = Frontier::new();
        states.chunks(PIECE / 3).for_each(|some| frontier.extend(&waiting(some)));
        let mut rest = &states[..];
        for (most, chunks, taken) in [
            (1, 5, 1),
            (PIECE - 1, 4, PIECE - 1),
            (PIECE, 3, PIECE),
            (PIECE + 1, 2, PIECE),
            (PIECE - 1, 2, PIECE - 1),
            (PIECE, 1, 1),
            (usize::MAX, 0, 5),
            (1, 0, 0),
        ] {
            let (next, others) = rest.split_at(taken);
            assert_eq!(frontier.next(most), waiting(next));
            rest = others;
            assert_eq!(frontier.len(), rest.len());
            assert_eq!(frontier.bytes(), chunks * PIECE * 17);
        }
    }
}
