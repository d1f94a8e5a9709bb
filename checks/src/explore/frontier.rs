//! States that wait to be expanded, in the order of discovery.

use std::collections::VecDeque;

use super::piece::PIECE;
use super::system::State;

/// A queue in chunks of one piece each, which are given back one by one.
pub(super) struct Frontier<const W: usize> {
    chunks: VecDeque<Vec<State<W>>>,
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
        self.chunks.len() * PIECE * size_of::<State<W>>()
    }

    pub(super) fn extend(&mut self, mut states: &[State<W>]) {
        self.length += states.len();
        while !states.is_empty() {
            if self.chunks.back().is_none_or(|chunk| chunk.len() == PIECE) {
                self.chunks.push_back(Vec::with_capacity(PIECE));
            }
            if let Some(chunk) = self.chunks.back_mut() {
                let (fits, rest) = states.split_at(states.len().min(PIECE - chunk.len()));
                chunk.extend_from_slice(fits);
                states = rest;
            }
        }
    }

    /// The states that have waited longest, as many as a piece takes, and at most so many.
    pub(super) fn next(&mut self, most: usize) -> Vec<State<W>> {
        let mut chunk = self.chunks.pop_front().unwrap_or_default();
        if chunk.len() > most {
            let rest = chunk.split_off(most);
            self.chunks.push_front(rest);
        }
        self.length -= chunk.len();
        chunk
    }
}
