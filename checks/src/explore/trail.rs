//! How every state was discovered, in about a byte a state: enough to find the shortest run to any of them, and to
//! see them all again in the order of discovery.
//!
//! For each state that was expanded, in order, the trail says which of its successors were new: seven a byte, and the
//! highest bit says that more follow. So the n-th bit that is set discovered state number n, and no state need store
//! its predecessor or stay in memory.

use std::collections::VecDeque;

use seal_model::access::{MAX_ACTORS, MAX_INDICES};

use super::array::Array;
use super::reduce::{Reduction, Stepper};
use super::system::{State, Step, System};
use crate::error::Error;

/// Successors that a byte speaks of.
const A_BYTE: usize = 7;
/// More bytes follow for this state.
const MORE: u8 = 1 << A_BYTE;

/// What was discovered, and by what.
pub(super) struct Trail {
    bytes: Array<u8>,
    length: usize,
    /// The number of the first state of each level, the one that is being discovered included.
    levels: Vec<usize>,
    /// Where the bytes of each level start.
    offsets: Vec<usize>,
}

impl Trail {
    /// The initial state, and nothing of what it leads to.
    pub(super) fn new(most_bytes: usize) -> Result<Self, Error> {
        let bytes = Array::zeroed(most_bytes).ok_or(Error::NoAddressSpace(most_bytes >> 20))?;
        Ok(Trail { bytes, length: 0, levels: vec![0], offsets: Vec::new() })
    }

    /// The bytes of all levels.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The next level is about to be expanded; the one after it starts with state number `next`.
    pub(super) fn begin_level(&mut self, next: usize) {
        self.levels.push(next);
        self.offsets.push(self.length);
    }

    /// Add the bytes of states that were expanded.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Which successor to take in each state, from the initial one on, to come to state number `state`.
    fn path(&self, state: usize) -> Vec<usize> {
        let (mut state, mut path) = (state, Vec::new());
        for level in (1..self.levels.partition_point(|&first| first <= state)).rev() {
            let (parent, successor) = self.discoverer(level - 1, state - self.levels[level]);
            path.push(successor);
            state = self.levels[level - 1] + parent;
        }
        path.reverse();
        path
    }

    /// The state of a level, by its place in it, and its successor that was the `child`-th to be discovered from
    /// there.
    fn discoverer(&self, level: usize, child: usize) -> (usize, usize) {
        let (mut before, mut parent, mut successors) = (0, 0, 0);
        for &byte in &self.bytes()[self.offsets[level]..] {
            let new = byte & !MORE;
            let here = new.count_ones() as usize;
            if child < before + here {
                let skipped = (before..child).fold(new, |new, _| new & (new - 1));
                return (parent, successors + skipped.trailing_zeros() as usize);
            }
            before += here;
            let more = byte & MORE != 0;
            successors = if more { successors + A_BYTE } else { 0 };
            parent += usize::from(!more);
        }
        unreachable!("every state but the first was discovered by one before it")
    }

    /// The run that discovered a state, and where it ends: without a reduction by partial order a shortest one.
    ///
    /// # Errors
    /// As [`System::successors`].
    pub(super) fn run<const W: usize>(
        &self,
        system: &System,
        reduction: &Reduction,
        state: usize,
    ) -> Result<(Vec<Step>, State<W>), Error> {
        // what the search saw, and what really happens: the same, but for who is who among actors that are alike
        let (mut seen, mut real) = (reduction.canonical(&system.initial()?), system.initial()?);
        let mut stepper = Stepper::new(system);
        let mut steps = Vec::new();
        for successor in self.path(state) {
            for next_seen in reduction.way(&mut stepper, system, &seen, successor)? {
                let mut taken = None;
                system.successors(&real, |step, next| {
                    if taken.is_none() && reduction.canonical(&next) == next_seen {
                        taken = Some((step, next));
                    }
                })?;
                let (step, next) = taken.ok_or(Error::StateLost)?;
                steps.push(step);
                (seen, real) = (next_seen, next);
            }
        }
        Ok((steps, real))
    }

    /// See every state again that was expanded, in the order of discovery.
    ///
    /// # Errors
    /// As [`System::successors`], and the first of `visit`.
    pub(super) fn again<const W: usize>(
        &self,
        system: &System,
        reduction: &Reduction,
        visit: &mut dyn FnMut(&State<W>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut known = VecDeque::from([reduction.canonical(&system.initial()?)]);
        let mut stepper = Stepper::new(system);
        let mut bytes = self.bytes().iter();
        while let Some(state) = known.pop_front() {
            visit(&state)?;
            let flags = Flags::read(&mut bytes);
            if flags.any() {
                let mut successor = 0;
                reduction.successors(&mut stepper, system, &state, |next| {
                    if flags.get(successor) {
                        known.push_back(next);
                    }
                    successor += 1;
                })?;
            }
        }
        Ok(())
    }
}

/// Which successors of one state were new.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Flags(u64);

impl Flags {
    /// Bytes for so many successors, at most.
    pub(super) fn most_bytes(successors: usize) -> usize {
        successors / A_BYTE + 1
    }

    /// The next state's; none are new beyond the end of what is known.
    pub(super) fn read<'b>(bytes: &mut impl Iterator<Item = &'b u8>) -> Self {
        let (mut flags, mut shift) = (0, 0);
        for &byte in bytes {
            flags |= u64::from(byte & !MORE).checked_shl(shift).unwrap_or(0);
            shift += A_BYTE as u32;
            if byte & MORE == 0 {
                break;
            }
        }
        Flags(flags)
    }

    /// Write them down.
    #[inline]
    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        let mut rest = self.0;
        while rest >> A_BYTE != 0 {
            bytes.push(rest as u8 | MORE);
            rest >>= A_BYTE;
        }
        bytes.push(rest as u8);
    }

    #[inline]
    pub(super) fn set(&mut self, successor: usize) {
        self.0 |= 1 << successor;
    }

    #[inline]
    pub(super) fn get(self, successor: usize) -> bool {
        self.0 >> successor & 1 == 1
    }

    /// How many are new.
    pub(super) fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether any is.
    pub(super) fn any(self) -> bool {
        self.0 != 0
    }
}

const _: () = assert!(MAX_ACTORS * MAX_INDICES <= u64::BITS as usize, "a successor is a bit of a u64");

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(successors: &[usize]) -> Flags {
        let mut flags = Flags::default();
        successors.iter().for_each(|&successor| flags.set(successor));
        flags
    }

    fn written(all: &[Flags]) -> Vec<u8> {
        let mut bytes = Vec::new();
        all.iter().for_each(|flags| flags.write(&mut bytes));
        bytes
    }

    #[test]
    fn what_was_written_is_read() {
        let all = [&[][..], &[0], &[6], &[7], &[0, 7, 13, 14], &[63], &[20, 40, 60]].map(flags);
        let bytes = written(&all);
        assert_eq!(bytes.len(), 1 + 1 + 1 + 2 + 3 + 10 + 9);
        let mut rest = bytes.iter();
        for flags in all {
            assert_eq!(Flags::read(&mut rest).0, flags.0);
        }
        assert_eq!(rest.len(), 0);
        assert_eq!(Flags::read(&mut rest).0, 0);
    }

    /// With it a search says beforehand how much memory a round may take.
    #[test]
    fn a_state_takes_no_more_bytes_than_are_said() {
        for successors in 1..=64 {
            let bytes = written(&[flags(&[successors - 1])]).len();
            let most = Flags::most_bytes(successors);
            assert!((bytes..=bytes + 1).contains(&most), "{successors}: {bytes} of {most}");
        }
    }

    #[test]
    fn more_address_space_than_there_is_is_refused() {
        let refused = Trail::new(1 << 60);
        assert!(matches!(refused, Err(Error::NoAddressSpace(megabytes)) if megabytes == 1 << 40));
    }

    /// What no trail holds is read as well, and ends.
    #[test]
    fn any_bytes_are_read() {
        for byte in 0..=u8::MAX {
            let bytes = [byte; 40];
            let mut rest = bytes.iter();
            let _ = Flags::read(&mut rest);
            assert!(rest.len() < 40);
        }
    }

    /// 0 leads to 1 and 2, 2 to 3 and 4 and 5, 1 and 3 to nothing, 4 to 6.
    #[test]
    fn a_state_is_found_by_who_discovered_it() {
        let mut trail = Trail::new(1 << 12).expect("a page");
        for (next, expanded) in [
            (1, vec![flags(&[1, 9])]),
            (3, vec![flags(&[]), flags(&[0, 8, 20])]),
            (6, vec![flags(&[]), flags(&[2])]),
        ] {
            trail.begin_level(next);
            trail.extend(&written(&expanded));
        }
        let paths: Vec<Vec<usize>> = (0..7).map(|state| trail.path(state)).collect();
        let [none, one, two, three, four, five, six] = &paths[..] else { panic!("{paths:?}") };
        assert!(none.is_empty());
        assert_eq!((one, two), (&vec![1], &vec![9]));
        assert_eq!((three, four, five), (&vec![9, 0], &vec![9, 8], &vec![9, 20]));
        assert_eq!(six, &[9, 8, 2]);
    }
}
