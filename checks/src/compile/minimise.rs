//! Merge locations that no future can tell apart (Moore's partition refinement).

use std::collections::HashMap;
use std::hash::Hash;

use super::{Automaton, Location, NOWHERE};

/// The least automaton that behaves like this one.
pub(super) fn minimise(automaton: &Automaton) -> Automaton {
    let locations = &automaton.locations;
    let mut class = classes(locations.iter().map(|at| (at.access, at.ghost, at.returned)));
    loop {
        let after = |next: &u32| if *next == NOWHERE { NOWHERE } else { class.of[*next as usize] };
        let refined = classes(
            locations
                .iter()
                .zip(&class.of)
                .map(|(at, own)| (*own, at.next.iter().map(after).collect::<Vec<_>>())),
        );
        if refined.count == class.count {
            break;
        }
        class = refined;
    }
    let mut merged: Vec<Option<Location>> = vec![None; class.count];
    for (location, &own) in locations.iter().zip(&class.of) {
        let after = |next: &u32| if *next == NOWHERE { NOWHERE } else { class.of[*next as usize] };
        merged[own as usize].get_or_insert_with(|| Location {
            next: location.next.iter().map(after).collect(),
            ..location.clone()
        });
    }
    Automaton { locations: merged.into_iter().flatten().collect() }
}

struct Classes {
    of: Vec<u32>,
    count: usize,
}

/// Number the distinct signatures in the order of their first appearance, so that the first location stays
/// the first.
fn classes<S: Hash + Eq>(signatures: impl Iterator<Item = S>) -> Classes {
    let mut numbers: HashMap<S, u32> = HashMap::new();
    let of = signatures
        .map(|signature| {
            let next = numbers.len() as u32;
            *numbers.entry(signature).or_insert(next)
        })
        .collect();
    Classes { of, count: numbers.len() }
}
