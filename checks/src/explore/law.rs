//! `count-law` in every state that is found, asked for or not: where counts are wrong no verdict means anything, so it is
//! the precondition of all of them.
//!
//! The law depends on the cells that it looks at and on what actors hold. States agree in both far more often than they
//! differ, so a thread remembers what was lawful and judges only what it has not met.

use std::collections::HashMap;

use seal_model::claim::Claim;

use super::effects::and;
use super::layout::Field;
use super::recent::Recent;
use super::store::Store;
use super::system::{State, System};

/// What one thread knows of the law.
pub(super) struct Law<const W: usize> {
    /// The bits of all cells that the law looked at so far.
    looked_at: State<W>,
    /// Of each actor its location, and by location the first one at which it holds the same.
    alike: Vec<(Field, Vec<u32>)>,
    lawful: Recent<W>,
}

impl<const W: usize> Law<W> {
    /// Nothing is known.
    pub(super) fn new(system: &System) -> Self {
        let of_actor = |actor: usize| {
            let mut first = HashMap::new();
            let locations = system.automata[actor].locations.iter().enumerate();
            let alike = locations
                .map(|(at, here)| *first.entry((here.ghost, here.returned)).or_insert(at as u32))
                .collect();
            (system.layout.field_of_actor(actor), alike)
        };
        let alike = (0..system.automata.len()).map(of_actor).collect();
        Law { looked_at: [0; W], alike, lawful: Recent::new() }
    }

    /// Whether the counts of a state are wrong.
    #[inline]
    pub(super) fn is_broken(&mut self, system: &System, state: &State<W>) -> bool {
        let part = self.part(state);
        !self.lawful.knows(&part, Store::hash(&part)) && self.judge(system, state)
    }

    /// All of a state that the law depends on, as far as is known.
    #[inline]
    fn part(&self, state: &State<W>) -> State<W> {
        let mut part = and(state, &self.looked_at);
        for (location, alike) in &self.alike {
            location.set(&mut part, u64::from(alike[location.get(state) as usize]));
        }
        part
    }

    #[cold]
    fn judge(&mut self, system: &System, state: &State<W>) -> bool {
        let (holds, looked_at) = system.watched_claim(Claim::CountLaw, state);
        if and(&looked_at, &self.looked_at) != looked_at {
            // what is remembered says too little about what was not looked at
            self.looked_at = std::array::from_fn(|word| self.looked_at[word] | looked_at[word]);
            self.lawful = Recent::new();
        }
        if holds {
            let part = self.part(state);
            self.lawful.met(&part, Store::hash(&part));
        }
        !holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In every state, whatever was judged before it, and in any order.
    #[test]
    fn the_law_is_broken_where_the_claim_does_not_hold() {
        let mut broken = 0;
        for line in [
            "wait;with=pinner;with=mapper",
            "isolate-2014;no-signals;with=mapper;with=reclaim",
            "isolate-two-phase;judge=snapshot;last-scan=0;no-signals;fault=put-twice;with=pinner;with=mapper",
            "isolate;last-scan=0;no-signals;fault=put-twice;with=reader;with=mapper",
        ] {
            let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
            let states: Vec<State<2>> = system.reached().into_iter().collect();
            let mut law = Law::new(&system);
            for state in states.iter().chain(states.iter().rev()) {
                let expected = !system.holds(Claim::CountLaw, state);
                assert_eq!(law.is_broken(&system, state), expected, "{line}");
                broken += usize::from(expected);
            }
        }
        assert!(broken > 100, "{broken}");
    }

    /// It is worth its while only if most states are alike to it.
    #[test]
    fn few_states_are_judged_by_the_claim_itself() {
        let line = "wait-2014;with=pinner;with=mapper;with=mapper";
        let system = System::new(&line.parse().expect("a possible scenario")).expect("compiles");
        let states: Vec<State<1>> = system.reached().into_iter().collect();
        let mut law = Law::new(&system);
        let mut judged = 0;
        for state in &states {
            let part = law.part(state);
            judged += usize::from(!law.lawful.knows(&part, Store::hash(&part)));
            assert!(!law.is_broken(&system, state));
        }
        assert!(judged * 10 < states.len(), "{judged} of {}", states.len());
    }
}
