//! What exploration reaches: most of a sealer's automaton answers what never comes.

use seal_model::machine::Cells;

use super::effect::{Choice, Outcome};
use crate::error::Error;
use crate::explore::store::Store;
use crate::explore::system::{State, System};
use crate::interrupt;

/// Explore within `max_memory` bytes, and leave every way on out that is open in no state. Nobody has to believe
/// this: what is left out stays as a condition under which the other tool must find an error.
pub(super) fn leave_out(
    system: &System,
    choices: &mut [Vec<Vec<Choice>>],
    max_memory: usize,
) -> Result<(), Error> {
    let seen = match system.layout.words {
        0 | 1 => walk::<1>(system, choices, max_memory),
        2 => walk::<2>(system, choices, max_memory),
        3 => walk::<3>(system, choices, max_memory),
        _ => walk::<4>(system, choices, max_memory),
    }?;
    for (actor, locations) in choices.iter_mut().enumerate() {
        for (location, ways) in locations.iter_mut().enumerate() {
            for (way, seen) in ways.iter_mut().zip(&seen[actor][location].ways) {
                if !seen && matches!(way.outcome, Outcome::Step { .. }) {
                    way.outcome = Outcome::LeftOut;
                }
            }
            if !seen[actor][location].visited {
                ways.clear();
            }
        }
    }
    Ok(())
}

/// What was seen of a location.
struct Seen {
    visited: bool,
    /// For each way on whether it was open.
    ways: Vec<bool>,
}

fn walk<const W: usize>(
    system: &System,
    choices: &[Vec<Vec<Choice>>],
    max_memory: usize,
) -> Result<Vec<Vec<Seen>>, Error> {
    let unseen = |ways: &Vec<Choice>| Seen { visited: false, ways: vec![false; ways.len()] };
    let mut seen: Vec<Vec<Seen>> =
        choices.iter().map(|locations| locations.iter().map(unseen).collect()).collect();
    let mut store = Store::<W>::for_states(&system.layout, max_memory)?;
    let start = system.initial::<W>()?;
    store.insert(&start, Store::hash(&start))?;
    let mut open = vec![start];
    let mut found = Vec::new();
    while let Some(state) = open.pop() {
        interrupt::check()?;
        look(system, &state, choices, &mut seen);
        system.successors(&state, |_, to| found.push(to))?;
        for to in found.drain(..) {
            if store.insert(&to, Store::hash(&to))? {
                open.push(to);
            }
        }
    }
    Ok(seen)
}

fn look<const W: usize>(
    system: &System,
    state: &State<W>,
    choices: &[Vec<Vec<Choice>>],
    seen: &mut [Vec<Seen>],
) {
    for (actor, locations) in choices.iter().enumerate() {
        let location = system.layout.location(state, actor);
        let seen = &mut seen[actor][location];
        seen.visited = true;
        let news = |(way, seen): (&Choice, &mut bool)| {
            *seen = *seen || system.view(state, |world| way.is_open(|cell| world.cells.get(cell)));
        };
        locations[location].iter().zip(&mut seen.ways).for_each(news);
    }
}
