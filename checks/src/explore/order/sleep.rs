//! Sleep sets: of two steps that commute one order suffices, because both come to the same state.
//!
//! Say that the search finds a state `s` by `a`'s step from `q`, that `b`'s step from `q` leads to a state `u` that was
//! found before `s`, and that the two steps commute. Then `b` is asleep in `s`: its step is not taken, for it leads to the
//! state that `a`'s step from `u` leads to. That `u` was found before is known of every `b` that comes before `a` in the
//! cast, and of every `b` that is asleep in `q`.
//!
//! So a step that is not taken leads to a state that was found already, and nothing changes but the time: neither the
//! states nor the order in which they are found, and so no trace. For `u` is expanded before `s`, as it was found before;
//! and `a`'s step from `u` was taken then, or `a` was asleep there, and what its step leads to was found even earlier.
//! It takes no more than that states are expanded in the order in which they are found.
//!
//! Sleep sets are Godefroid's (1990). In a search that goes deep first, a state that is come to again may have to be
//! expanded again, for somebody slept there who sleeps no longer.

use seal_model::access::MAX_ACTORS;

use super::independent::Independence;
use super::kinds::Kinds;
use super::those;
use crate::explore::layout::Field;
use crate::explore::system::{State, System};
use crate::explore::variables::Variables;

/// Whose steps commute, in any state.
#[derive(Clone, Debug)]
pub struct Sleep {
    /// For each actor its location, and by location what it does next.
    actors: Vec<(Field, Vec<Next>)>,
    /// Pairs of accesses that are taken not to commute, because it would take too long to find out.
    pub(in crate::explore) given_up: usize,
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
        Sleep { actors: actors.collect(), given_up: independence.given_up }
    }

    /// For each actor that may move from a state in which some are `asleep`, who is asleep where its step leads, if that
    /// finds a state. It may be said of actors that can't move.
    #[inline]
    pub(in crate::explore) fn after<const W: usize>(&self, state: &State<W>, asleep: u8) -> [u8; MAX_ACTORS] {
        let (mut kinds, mut after) = ([0; MAX_ACTORS], [0; MAX_ACTORS]);
        let mut conflicts = [0; MAX_ACTORS];
        for (actor, (location, by_location)) in self.actors.iter().enumerate() {
            let next = &by_location[location.get(state) as usize];
            (kinds[actor], conflicts[actor]) = (next.kind, next.conflicts);
        }
        for actor in 0..self.actors.len() {
            let commute = those(&kinds, |kind| conflicts[actor] & kind == 0);
            let before = (1 << actor) - 1;
            after[actor] = commute & (asleep | before);
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::explore::system::Step;

    const W: usize = 4;

    /// Every state in the order in which it is found, and how many steps were not taken.
    fn found(system: &System, after: impl Fn(&State<W>, u8) -> [u8; MAX_ACTORS]) -> (Vec<State<W>>, usize) {
        let start = system.initial().expect("a start");
        let mut known = HashSet::from([start]);
        let (mut queue, mut expanded, mut left_out) = (vec![(start, 0)], 0, 0);
        while let Some(&(state, asleep)) = queue.get(expanded) {
            expanded += 1;
            let after = after(&state, asleep);
            let step = |taken: Step, next| {
                if asleep >> taken.actor & 1 == 1 {
                    left_out += 1;
                } else if known.insert(next) {
                    queue.push((next, after[taken.actor as usize]));
                }
            };
            system.successors(&state, step).expect("in range");
        }
        (queue.into_iter().map(|(state, _)| state).collect(), left_out)
    }

    #[test]
    fn every_state_is_found_in_the_same_order() {
        let left_out = [
            "wait;last-scan=0;with=pinner;with=mapper",
            "wait-2014;last-scan=0;no-signals;pages=2;with=pinner;with=pinner@1",
            "isolate;with=reader;with=mapper",
            "wait;last-scan=0;with=sealer;with=reader",
        ]
        .map(|line| {
            let system = System::new(&line.parse().expect("possible")).expect("compiles");
            let sleep = Sleep::of(&system);
            let (all, none) = found(&system, |_, _| [0; MAX_ACTORS]);
            let (some, left_out) = found(&system, |state, asleep| sleep.after(state, asleep));
            assert_eq!(none, 0);
            assert!(some == all, "{line}: {} of {}", some.len(), all.len());
            left_out
        });
        // as many as were counted: fewer are as right and take longer
        assert_eq!(left_out, [11419, 21243, 4515, 488]);
    }
}
