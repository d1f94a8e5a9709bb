//! Cuts: where a run starts, if not at the beginning. The explicit engine finds the shortest run to a cut, so
//! that nothing starts from a state that can't be reached.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use seal_model::access::MAX_ACTORS;
use seal_model::scenario::Place;

use crate::error::Error;
use crate::explore::coverage::kinds;
use crate::explore::system::{MOST_WORDS, State, Step, System};

/// More states than this on the way to a cut, and the cut is too far away.
const MOST_STATES: usize = 2_000_000;

/// A state on the way to a cut: how often each of the named came to an access of its kind.
type Node = (State<MOST_WORDS>, [u8; MAX_ACTORS]);

/// Where each node was first reached from; the start from nowhere.
pub(crate) type Seen<N> = HashMap<N, Option<(N, Step)>>;

/// The shortest run that brings everybody named to their places. Nobody else moves.
///
/// # Errors
/// A place that its actor never comes to, or a cut that no run reaches.
pub fn run_to(system: &System) -> Result<Vec<Step>, Error> {
    let places = &system.scenario.from;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = places.iter().map(|place| wanted(system, place)).collect::<Result<Vec<_>, _>>()?;
    let is_at = |state: &State<MOST_WORDS>, number: usize| {
        wanted[number][system.layout.location(state, places[number].actor as usize)]
    };
    let mut first: Node = (system.beginning(), [0; MAX_ACTORS]);
    (0..places.len()).for_each(|number| first.1[number] = is_at(&first.0, number).into());
    let mut seen = Seen::from([(first, None)]);
    let mut queue = VecDeque::from([first]);
    while let Some(node) = queue.pop_front() {
        let (state, times) = node;
        let there = |(number, place): (usize, &Place)| is_at(&state, number) && times[number] == place.nth;
        if places.iter().enumerate().all(there) {
            return Ok(back_to_start(&seen, node));
        }
        if seen.len() > MOST_STATES {
            let cut = system.scenario.cut();
            return Err(Error::Cut(format!(
                "`{cut}` is further away than {MOST_STATES} states: name an earlier place"
            )));
        }
        for (number, place) in places.iter().enumerate() {
            system.successors_of(&state, place.actor as usize, &mut |step, next| {
                let mut times = times;
                times[number] += u8::from(is_at(&next, number));
                // once past its place, an actor never comes back to it
                if times[number] > place.nth {
                    return;
                }
                seen.entry((next, times)).or_insert_with(|| {
                    queue.push_back((next, times));
                    Some((node, step))
                });
            })?;
        }
    }
    let cut = system.scenario.cut();
    Err(Error::Cut(format!("no run comes to `{cut}` while the others have not begun")))
}

/// The steps that lead to a node, where each was first reached from another by a step.
pub(crate) fn back_to_start<N: Copy + Eq + Hash>(seen: &Seen<N>, mut node: N) -> Vec<Step> {
    let mut steps = Vec::new();
    while let Some(Some((before, step))) = seen.get(&node) {
        steps.push(*step);
        node = *before;
    }
    steps.reverse();
    steps
}

/// For each location of an actor whether its next access is of the kind that a place names.
fn wanted(system: &System, place: &Place) -> Result<Vec<bool>, Error> {
    let mut kinds = kinds(system, place.actor as usize);
    let wanted: Vec<bool> = kinds.iter().map(|kind| *kind == place.before).collect();
    if wanted.contains(&true) {
        return Ok(wanted);
    }
    kinds.retain(|kind| !kind.is_empty());
    kinds.sort_unstable();
    kinds.dedup();
    let (name, before) = (system.scenario.actor_name(place.actor as usize), &place.before);
    Err(Error::Cut(format!("{name} never comes to `{before}`; it comes to {}", kinds.join(", "))))
}
