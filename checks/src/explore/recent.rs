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

    /// Whether a state was met before. It may have been forgotten since.
    #[inline]
    pub(super) fn knows(&self, state: &State<W>, hash: u64) -> bool {
        // a place where nobody was looks like the state of nothing but zeroes
        self.last[hash as usize % PLACES] == *state && *state != [0; W]
    }

    /// The same, and from now on it was.
    #[inline]
    pub(super) fn met(&mut self, state: &State<W>, hash: u64) -> bool {
        let met = self.knows(state, hash);
        self.last[hash as usize % PLACES] = *state;
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_met_is_known_until_something_else_is_met_there() {
        let mut recent = Recent::new();
        let [one, other] = [[1, 0], [0, 1]];
        // at three places, the last of them the first one again
        for hash in [5, 6, PLACES as u64 + 5] {
            assert_eq!(recent.knows(&one, hash), hash > PLACES as u64);
            assert!(!recent.met(&one, hash) || hash > PLACES as u64);
            assert!(recent.knows(&one, hash) && !recent.knows(&other, hash));
            assert!(recent.met(&one, hash));
        }
        assert!(recent.met(&one, 5));
        assert!(!recent.met(&other, 5));
        assert!(recent.met(&other, 5));
        assert!(!recent.met(&one, 5));
        assert!(recent.met(&one, 6));
    }

    /// Where nobody was there is nothing but zeroes.
    #[test]
    fn the_state_of_zeroes_is_never_said_to_be_met() {
        let mut recent = Recent::new();
        for state in [[0, 0], [0, 0], [1, 0], [0, 0], [0, 0]] {
            assert!(!recent.knows(&[0, 0], 5), "{state:?}");
            assert!(!recent.met(&state, 5), "{state:?}");
        }
    }
}
