//! The complete state graph of an exploration, for questions about runs without end.

use seal_model::access::Answer;

use super::store::Store;
use super::system::{State, Step, System};
use crate::error::Error;

/// A step from a state, and where it leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The number of the state that it leads to.
    pub to: u32,
    /// Who takes it.
    pub actor: u8,
    /// What it was answered.
    pub answer: Answer,
}

/// States by number, 0 the initial one, and the steps between them.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Where each state's edges start; one more at the end.
    first: Vec<u32>,
    edges: Vec<Edge>,
    /// Per state: a bit for each actor that can move.
    enabled: Vec<u8>,
    /// Per state: whether the goal is reached. Its edges are of no interest.
    goal: Vec<bool>,
}

impl Graph {
    /// A graph without states.
    pub fn new() -> Self {
        Graph { first: vec![0], ..Graph::default() }
    }

    /// Add the next state with its edges.
    pub fn push(&mut self, goal: bool, edges: &[Edge]) {
        self.edges.extend_from_slice(edges);
        self.first.push(self.edges.len() as u32);
        self.enabled.push(edges.iter().fold(0, |mask, edge| mask | 1 << edge.actor));
        self.goal.push(goal);
    }

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.goal.len()
    }

    /// The edges of a state.
    pub fn edges(&self, state: u32) -> &[Edge] {
        &self.edges[self.first[state as usize] as usize..self.first[state as usize + 1] as usize]
    }

    /// A bit for each actor that can move.
    pub fn enabled(&self, state: u32) -> u8 {
        self.enabled[state as usize]
    }

    /// Whether the goal is reached.
    pub fn is_goal(&self, state: u32) -> bool {
        self.goal[state as usize]
    }

    /// The graph of an exploration that came to its end. `again` shows every state, in the order of their numbers.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if graph and states together would pass `most_bytes`; [`Error::StateLost`] if a state
    /// before the goal leads to one that is not stored.
    pub fn of<const W: usize>(
        system: &System,
        store: &Store<W>,
        transitions: usize,
        most_bytes: usize,
        again: &Again<'_, W>,
        goal: impl Fn(&State<W>) -> bool,
    ) -> Result<Self, Error> {
        let states = store.known();
        let needed = store.bytes()
            + store.places() * size_of::<u32>()
            + transitions * size_of::<Edge>()
            + states * STATE_BYTES;
        let numbered = u32::try_from(states).and(u32::try_from(transitions)).is_ok();
        if needed > most_bytes || !numbered {
            return Err(Error::OutOfMemory { used: needed >> 20, limit: most_bytes >> 20, states });
        }
        let place = |state: &State<W>| store.find(state, Store::hash(state)).ok_or(Error::StateLost);
        let mut numbers = vec![0; store.places()];
        let mut next = 0;
        again(&mut |state| {
            numbers[place(state)?] = next;
            next += 1;
            Ok(())
        })?;
        let mut graph = Graph::new();
        graph.edges.reserve_exact(transitions);
        let mut edges = Vec::new();
        again(&mut |state| {
            edges.clear();
            let reached = goal(state);
            let mut lost = false;
            if !reached {
                system.successors(state, |Step { actor, answer }, next| {
                    let to = place(&next);
                    lost |= to.is_err();
                    edges.extend(to.map(|to| Edge { to: numbers[to], actor, answer }));
                })?;
            }
            graph.push(reached, &edges);
            if lost { Err(Error::StateLost) } else { Ok(()) }
        })?;
        Ok(graph)
    }
}

/// Shows every state of an exploration again to a visitor, in the order of discovery.
pub type Again<'a, const W: usize> =
    dyn Fn(&mut dyn FnMut(&State<W>) -> Result<(), Error>) -> Result<(), Error> + 'a;

/// What a state takes beside its edges and its number, at most: 6 bytes in the graph, 34 while components are
/// sought, and the same again for maps over the one in which a cycle is sought.
const STATE_BYTES: usize = 80;
