//! Sleep sets: of two steps that commute one order suffices, because both come to the same state.
//!
//! Say that from a state `q` actors `a` and `b` can both move, that their steps commute, and that `b` comes before `a` in
//! the cast. In the state that the search finds by `a`'s step, `b` is asleep: its step is not taken. It leads to a state
//! `t` that `a`'s step leads to from where `b`'s step leads from `q`.
//!
//! Every state is found all the same, and at its depth. Take a state `t` of depth `k`, and of all steps that lead to it
//! from a state of depth `k - 1` one whose actor comes last in the cast, `b`'s from `s`. Were `b` asleep in `s`, then `s`
//! would have been found by the step of a later actor `a` from some `q` of depth `k - 2`, and `a`'s step from where `b`
//! leads from `q` would lead to `t` as well, from a state of depth `k - 1`: it can't be less, or `t` were less deep. So `b`
//! would not be the last one. It takes no more than that each level is expanded before the next one.
//!
//! Sleep sets are Godefroid's (1990), who carries them along whole runs. A search that keeps states must then expand some
//! of them again; carried for one step they need no such thing.

use seal_model::access::MAX_ACTORS;

use super::independent::Independence;
use super::kinds::Kinds;
use crate::explore::layout::Field;
use crate::explore::system::{State, System};
use crate::table::variables::Variables;

/// Whose steps commute, in any state.
#[derive(Clone, Debug)]
pub struct Sleep {
    /// For each actor its location, and by location what it does next.
    actors: Vec<(Field, Vec<Next>)>,
}

/// An access.
#[derive(Clone, Copy, Default, Debug)]
struct Next {
    /// The bit of its kind; none if there is no access.
    kind: u64,
    /// A bit for each kind of access that it does not commute with.
    conflicts: u64,
}

impl Sleep {
    /// What the automata allow.
    pub fn of(system: &System) -> Self {
        let independence = Independence::of(system, &Variables::new(system));
        let accesses = independence.accesses();
        let conflicts: Vec<Vec<u64>> =
            (0..accesses).map(|access| independence.conflicts(&[access as u16].into())).collect();
        let kinds = Kinds::new(accesses, conflicts.iter());
        let next = |access| {
            let access = independence.number(access);
            let conflicts = kinds.of_accesses(&conflicts[access as usize]);
            Next { kind: kinds.kind(access), conflicts }
        };
        let actors = system.automata.iter().enumerate().map(|(actor, automaton)| {
            let by_location = automaton.locations.iter().map(|at| at.access.map_or_else(Next::default, next));
            (system.layout.field_of_actor(actor), by_location.collect())
        });
        Sleep { actors: actors.collect() }
    }

    /// For each actor that may move, who is asleep where its step leads. It may be said of actors that can't move.
    #[inline]
    pub(in crate::explore) fn after<const W: usize>(&self, state: &State<W>) -> [u8; MAX_ACTORS] {
        let mut next = [Next::default(); MAX_ACTORS];
        for (next, (location, by_location)) in next.iter_mut().zip(&self.actors) {
            *next = by_location[location.get(state) as usize];
        }
        let commutes = |one: &Next, other: &Next| one.conflicts & other.kind == 0;
        let before = |actor: usize| next[..actor].iter().enumerate();
        std::array::from_fn(|actor| {
            let asleep = before(actor).filter(|(_, other)| commutes(&next[actor], other));
            asleep.fold(0, |all, (other, _)| all | 1 << other)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const W: usize = 4;

    /// Every state with its depth, and how many steps were not taken.
    fn depths(
        system: &System,
        after: impl Fn(&State<W>) -> [u8; MAX_ACTORS],
    ) -> (HashMap<State<W>, usize>, usize) {
        let start = system.initial().expect("a start");
        let mut depths = HashMap::from([(start, 0)]);
        let (mut level, mut left_out) = (vec![(start, 0)], 0);
        for depth in 1.. {
            let mut next_level = Vec::new();
            for (state, asleep) in level {
                let after = after(&state);
                let step = |taken: crate::explore::system::Step, next| {
                    if asleep >> taken.actor & 1 == 1 {
                        left_out += 1;
                    } else if !depths.contains_key(&next) {
                        depths.insert(next, depth);
                        next_level.push((next, after[taken.actor as usize]));
                    }
                };
                system.successors(&state, step).expect("in range");
            }
            if next_level.is_empty() {
                break;
            }
            level = next_level;
        }
        (depths, left_out)
    }

    #[test]
    fn every_state_is_found_at_its_depth() {
        for line in [
            "wait;last-scan=0;with=pinner;with=mapper",
            "wait-2014;last-scan=0;no-signals;pages=2;with=pinner;with=pinner@1",
            "isolate;with=reader;with=mapper",
            "wait;last-scan=0;with=sealer;with=reader",
        ] {
            let system = System::new(&line.parse().expect("possible")).expect("compiles");
            let sleep = Sleep::of(&system);
            let (all, none) = depths(&system, |_| [0; MAX_ACTORS]);
            let (some, left_out) = depths(&system, |state| sleep.after(state));
            assert_eq!(none, 0);
            assert!(some == all, "{line}: {} of {}", some.len(), all.len());
            assert!(left_out > all.len() / 4, "{line}: {left_out} of {}", all.len());
        }
    }
}
