//! Does every fair run reach the goal? Decided on the strongly connected components of the state graph.
//!
//! A run that never reaches the goal comes into one component of the other states and stays there. It is fair or
//! not by which actors move in it and which are blocked; so the question is whether a component has a fair run
//! inside. A run may also stay where it is for ever: every state counts as having a step that nobody takes.

use std::collections::{HashMap, VecDeque};

use seal_model::access::MAX_ACTORS;
use serde::Serialize;

use super::components::components;
use super::graph::{Edge, Graph};
use super::system::Step;

/// What the actors are obliged to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Fairness {
    /// Only the sealer is obliged: it moves if it can move all the time. Anybody else may stop anywhere.
    Sealer,
    /// Every actor moves if it can move all the time.
    Weak,
    /// Every actor moves if it can move again and again: what a lock that serves its waiters in order gives.
    Strong,
}

impl Fairness {
    /// From the weakest to the strongest.
    pub const ALL: [Fairness; 3] = [Fairness::Sealer, Fairness::Weak, Fairness::Strong];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Fairness::Sealer => "(alone)",
            Fairness::Weak => "(weak)",
            Fairness::Strong => "(strong)",
        }
    }

    /// What it asks, in words.
    pub fn statement(self) -> &'static str {
        match self {
            Fairness::Sealer => "whoever else stops anywhere, as long as the sealer moves when it can",
            Fairness::Weak => "if everybody moves who can move all the time",
            Fairness::Strong => "if everybody moves who can move again and again",
        }
    }

    /// How little it asks: the greater, the less.
    pub fn mildness(self) -> usize {
        Fairness::Strong as usize - self as usize
    }

    /// A bit for each actor that is wronged by a run that stays in some states: it is obliged to move and never does,
    /// though it can move in all of them; or, if that is strong, in one. A bit for each actor that moves, that can move
    /// in one of the states, and that can move in all of them.
    pub(crate) fn wronged(self, moves: u8, ever: u8, always: u8) -> u8 {
        self.obliged() & !moves & if self == Fairness::Strong { ever } else { always }
    }

    /// A bit for each actor that is obliged.
    fn obliged(self) -> u8 {
        if self == Fairness::Sealer { 1 } else { u8::MAX }
    }
}

/// A fair run that never reaches the goal, from where its cycle begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Starvation {
    /// The state in which the cycle begins and ends.
    pub state: u32,
    /// The cycle; empty if nobody moves any more.
    pub cycle: Vec<Step>,
}

/// A fair run that never reaches the goal, if there is one; its cycle begins as near to the start as possible.
pub fn starving(graph: &Graph, fairness: Fairness) -> Option<Starvation> {
    let mut nearest: Option<Vec<u32>> = None;
    let mut regions = vec![before_the_goal(graph)];
    while let Some(region) = regions.pop() {
        components(graph, &region, |component| match judge(graph, component, fairness) {
            Judgement::Fair => {
                if nearest.as_ref().is_none_or(|other| component[0] < other[0]) {
                    nearest = Some(component.to_vec());
                }
            }
            Judgement::FairWithin(states) => regions.push(states),
            Judgement::Unfair => {}
        });
    }
    nearest.map(|component| Starvation { state: component[0], cycle: cycle(graph, &component, fairness) })
}

/// The states that a run can come to without reaching the goal.
fn before_the_goal(graph: &Graph) -> Vec<u32> {
    let mut seen = vec![false; graph.states()];
    let mut to_do: Vec<u32> = (0..graph.states().min(1) as u32).collect();
    while let Some(state) = to_do.pop() {
        if !graph.is_goal(state) && !std::mem::replace(&mut seen[state as usize], true) {
            to_do.extend(graph.edges(state).iter().map(|edge| edge.to));
        }
    }
    (0..graph.states() as u32).filter(|&state| seen[state as usize]).collect()
}

enum Judgement {
    /// A run that visits all of it is fair.
    Fair,
    /// A fair run keeps to these states, if there is one.
    FairWithin(Vec<u32>),
    /// No run inside is fair.
    Unfair,
}

/// Whether a component, its states in ascending order, has a fair run inside.
fn judge(graph: &Graph, component: &[u32], fairness: Fairness) -> Judgement {
    let steps = component.iter().flat_map(|&state| graph.edges(state));
    let moves = steps.filter(|edge| inside(component, edge)).fold(0, |mask, edge| mask | 1u8 << edge.actor);
    let enabled = component.iter().map(|&state| graph.enabled(state));
    let (ever, always) = enabled.fold((0, u8::MAX), |(ever, always), now| (ever | now, always & now));
    let wronged = fairness.wronged(moves, ever, always);
    if wronged == 0 {
        return Judgement::Fair;
    }
    // who is weakly wronged can move everywhere, so nothing is kept then
    let kept: Vec<u32> =
        component.iter().copied().filter(|&state| graph.enabled(state) & wronged == 0).collect();
    if kept.is_empty() { Judgement::Unfair } else { Judgement::FairWithin(kept) }
}

/// Whether an edge stays in a component.
fn inside(component: &[u32], edge: &Edge) -> bool {
    component.binary_search(&edge.to).is_ok()
}

/// A closed walk from the first state of a fair component that is fair by itself: whoever is obliged moves on
/// it, or is blocked where it passes.
fn cycle(graph: &Graph, component: &[u32], fairness: Fairness) -> Vec<Step> {
    let start = component[0];
    let ever = component.iter().fold(0, |mask, &state| mask | graph.enabled(state));
    let mut wanted = fairness.obliged() & ever;
    let (mut at, mut walk) = (start, Vec::new());
    // strongly fair: somebody who is blocked here may still be able to move elsewhere on the way
    let excused = |state| if fairness == Fairness::Strong { 0 } else { !graph.enabled(state) };
    wanted &= !excused(at);
    while wanted != 0 {
        let serves = |edge: &Edge| wanted & (1 << edge.actor | excused(edge.to)) != 0;
        for edge in path(graph, component, at, serves) {
            wanted &= !(1 << edge.actor | excused(edge.to));
            at = edge.to;
            walk.push(edge);
        }
    }
    if at != start {
        walk.extend(path(graph, component, at, |edge| edge.to == start));
    }
    walk.into_iter().map(|edge| Step { actor: edge.actor, answer: edge.answer }).collect()
}

/// The shortest walk inside a component that ends with an edge that serves; there is one.
fn path(graph: &Graph, component: &[u32], from: u32, serves: impl Fn(&Edge) -> bool) -> Vec<Edge> {
    let mut came: HashMap<u32, (u32, Edge)> = HashMap::new();
    let mut to_do = VecDeque::from([from]);
    while let Some(state) = to_do.pop_front() {
        for edge in graph.edges(state).iter().filter(|edge| inside(component, edge)) {
            if serves(edge) {
                let mut walk = vec![*edge];
                let mut at = state;
                while at != from {
                    let (before, edge) = came[&at];
                    walk.push(edge);
                    at = before;
                }
                walk.reverse();
                return walk;
            }
            if edge.to != from && !came.contains_key(&edge.to) {
                came.insert(edge.to, (state, *edge));
                to_do.push_back(edge.to);
            }
        }
    }
    unreachable!("a component is strongly connected, and what is wanted is inside")
}

const _: () = assert!(MAX_ACTORS <= u8::BITS as usize, "an actor is a bit of a u8");
