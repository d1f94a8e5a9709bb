//! States that were met a moment ago: many runs lead to the same state, and most of them soon after one another.

use super::system::State;

/// As many as stay near the core.
const PLACES: usize = 1 << 14;

/// The last state met at each place of a small table.
pub(super) struct Recent<const W: usize> {
    last: Vec<State<W>>,
}

impl<const W: usize> Recent<W> {
    pub(super) fn new() -> Self {
        Recent { last: vec![[0; W]; PLACES] }
    }

    /// Whether a state was met before, or marked so. It may have been forgotten since.
    #[inline]
    pub(super) fn knows(&self, state: &State<W>, hash: u64) -> bool {
        self.last[hash as usize % PLACES] == *state && *state != [0; W]
    }

    /// The same, and from now on it was.
    #[inline]
    pub(super) fn met(&mut self, state: &State<W>, hash: u64) -> bool {
        let last = &mut self.last[hash as usize % PLACES];
        // a place where nobody was looks like the state of nothing but zeroes
        let met = last == state && *state != [0; W];
        *last = *state;
        met
    }
}
