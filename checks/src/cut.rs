//! Cuts: where a run starts, if not at the beginning. The explicit engine finds the shortest run to a cut, so
//! that nothing starts from a state that can't be reached.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use seal_model::access::{Answer, Lock, MAX_ACTORS};
use seal_model::ghost::Ghost;
use seal_model::machine::PlainCells;
use seal_model::scenario::{Place, Scenario};

use crate::compile::{Automaton, compile_cast};
use crate::error::Error;
use crate::explore::system::{MOST_WORDS, State, Step, System};
use crate::trace::simulation::Simulation;

/// The state that a scenario starts in: memory, and how everybody came there.
#[derive(Clone, Debug)]
pub struct Cut {
    /// What starts there.
    pub scenario: Scenario,
    /// Memory.
    pub cells: PlainCells,
    /// For each actor the answers that it got.
    pub logs: Vec<Vec<Answer>>,
    /// What each holds.
    pub ghosts: Vec<Ghost>,
    /// What each returned, if it has.
    pub returned: Vec<Option<seal_model::Result>>,
    /// The locks that make a difference: more than one actor takes them, and not only to look something up.
    pub(crate) contended: Vec<Lock>,
}

impl Cut {
    /// Where a scenario starts.
    ///
    /// # Errors
    /// As [`run_to`].
    pub fn of(scenario: &Scenario) -> Result<Self, Error> {
        Cut::after(scenario, &[])
    }

    /// Where so many more steps lead.
    ///
    /// # Errors
    /// As [`run_to`]; steps that are none of the scenario.
    pub fn after(scenario: &Scenario, steps: &[Step]) -> Result<Self, Error> {
        let (mut simulation, _) = Simulation::new(scenario)?;
        for step in steps {
            let taken = simulation.as_move(*step, false);
            simulation.step(taken)?;
        }
        let contended = contended(scenario, &compile_cast(scenario)?);
        Ok(Cut { contended, ..simulation.cut() })
    }

    /// The actors that have not come to their end.
    pub(crate) fn moving(&self) -> impl Iterator<Item = usize> {
        (0..self.returned.len()).filter(|&actor| self.returned[actor].is_none())
    }
}

fn contended(scenario: &Scenario, automata: &[Arc<Automaton>]) -> Vec<Lock> {
    let mut takers: Vec<(Lock, usize, bool)> = Vec::new();
    for (actor, automaton) in automata.iter().enumerate() {
        let accesses = automaton.locations.iter().filter_map(|location| location.access);
        takers
            .extend(accesses.filter_map(|access| Some((access.lock(scenario)?, actor, access.is_lookup()))));
    }
    let contended = |lock: Lock| {
        let of_this = || takers.iter().filter(move |(other, ..)| *other == lock);
        let one = of_this().next().map(|(_, actor, _)| *actor);
        of_this().any(|(_, actor, _)| Some(*actor) != one) && of_this().any(|(.., lookup)| !lookup)
    };
    let mut locks: Vec<Lock> = Vec::new();
    for (lock, ..) in &takers {
        if !locks.contains(lock) && contended(*lock) {
            locks.push(*lock);
        }
    }
    locks
}

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

/// For each location of an actor the kind of its next access; empty where it is done.
pub fn kinds(system: &System, actor: usize) -> Vec<String> {
    let locations = &system.automata[actor].locations;
    locations.iter().map(|location| location.access.map_or(String::new(), |access| access.kind())).collect()
}
