//! Kinds of accesses: those that commute with the same futures are one, and of kinds there are few.

use std::collections::BTreeMap;

use super::independent::has;

/// As many as a word has bits.
const MOST: usize = u64::BITS as usize;

/// The kind of each access, by the number of the access. Beyond [`MOST`] all are one kind, which is taken not to commute
/// with whatever one of them does not commute with.
pub(super) struct Kinds(Vec<usize>);

impl Kinds {
    /// Of so many accesses, by what each future does not commute with.
    pub(super) fn new<'a>(accesses: usize, conflicts: impl Iterator<Item = &'a Vec<u64>> + Clone) -> Self {
        let mut kinds = BTreeMap::new();
        let futures_of = |access| conflicts.clone().map(|future| has(future, access)).collect::<Vec<bool>>();
        let kind = |access| {
            let next = kinds.len().min(MOST - 1);
            *kinds.entry(futures_of(access)).or_insert(next)
        };
        Kinds((0..accesses).map(kind).collect())
    }

    /// The bit of an access's kind.
    pub(super) fn kind(&self, access: u16) -> u64 {
        1 << self.0[access as usize]
    }

    /// A bit for the kind of each of some accesses, which are bits too.
    pub(super) fn of_accesses(&self, accesses: &[u64]) -> u64 {
        (0..self.0.len())
            .filter(|access| has(accesses, *access))
            .fold(0, |all, access| all | 1 << self.0[access])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_are_of_one_kind_if_no_future_tells_them_apart() {
        let conflicts = [vec![0b10110], vec![0b00110]];
        let kinds = Kinds::new(5, conflicts.iter());
        assert_eq!(kinds.0, [0, 1, 1, 0, 2]);
        assert_eq!(conflicts.map(|accesses| kinds.of_accesses(&accesses)), [0b110, 0b010]);
    }

    /// Each access has a future of its own: 70 kinds, of which the last seven share a bit.
    #[test]
    fn kinds_beyond_a_word_are_one() {
        let conflicts: Vec<Vec<u64>> = (0..70u32)
            .map(|at| vec![1u64.checked_shl(at).unwrap_or(0), if at < 64 { 0 } else { 1 << (at - 64) }])
            .collect();
        let kinds = Kinds::new(70, conflicts.iter());
        assert_eq!(kinds.kind(62), 1 << 62);
        for access in 63..70 {
            assert_eq!(kinds.kind(access), 1 << 63);
            assert_eq!(kinds.of_accesses(&conflicts[access as usize]), 1 << 63);
        }
    }
}
