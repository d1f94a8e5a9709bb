//! Progress: hand-made graphs with known fair and unfair cycles, random ones against brute force, and the model.

use std::collections::HashSet;

use crate::common::{decide, scenario};
use seal_checks::explore::fair::{Fairness, Starvation, starving};
use seal_checks::explore::graph::{Edge, Graph};
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;

/// A graph from its states: whether the goal is reached, and the edges as (actor, to).
fn graph(states: &[(bool, &[(u8, u32)])]) -> Graph {
    let mut graph = Graph::new();
    for (goal, edges) in states {
        let edge = |(number, &(actor, to)): (usize, &(u8, u32))| Edge { to, actor, answer: number as i16 };
        graph.push(*goal, &edges.iter().enumerate().map(edge).collect::<Vec<_>>());
    }
    graph
}

fn starves(graph: &Graph) -> [bool; 3] {
    Fairness::ALL.map(|fairness| {
        let found = starving(graph, fairness);
        if let Some(starvation) = &found {
            check(graph, fairness, starvation);
        }
        found.is_some()
    })
}

/// The cycle is a closed walk along edges that avoids the goal, and it is fair by itself.
fn check(graph: &Graph, fairness: Fairness, starvation: &Starvation) {
    let mut at = starvation.state;
    let (mut moved, mut enabled) = (0u8, vec![graph.enabled(at)]);
    for step in &starvation.cycle {
        assert!(!graph.is_goal(at));
        let taken = graph.edges(at).iter().find(|e| (e.actor, e.answer) == (step.actor, step.answer));
        at = taken.expect("a step of the cycle is an edge").to;
        moved |= 1 << step.actor;
        enabled.push(graph.enabled(at));
    }
    assert_eq!(at, starvation.state, "the walk is closed");
    let ever = enabled.iter().fold(0, |mask, now| mask | now);
    let always = enabled.iter().fold(u8::MAX, |mask, now| mask & now);
    let wronged = match fairness {
        Fairness::Sealer => 1 & always & !moved,
        Fairness::Weak => always & !moved,
        Fairness::Strong => ever & !moved,
    };
    assert_eq!(wronged, 0, "{fairness:?}: {starvation:?} is not fair");
}

#[test]
fn a_cycle_past_an_actor_who_can_always_move_is_unfair() {
    // actor 1 goes round; actor 0 could reach the goal in every state
    let graph = graph(&[(false, &[(1, 1), (0, 2)]), (false, &[(1, 0), (0, 2)]), (true, &[])]);
    assert_eq!(starves(&graph), [false, false, false]);
}

#[test]
fn a_lock_that_is_free_again_and_again_starves_its_waiter_under_weak_fairness_only() {
    // actor 1 takes a lock and gives it back; actor 0 waits for it
    let graph = graph(&[(false, &[(1, 1), (0, 2)]), (false, &[(1, 0)]), (true, &[])]);
    assert_eq!(starves(&graph), [true, true, false]);
}

#[test]
fn whoever_may_stop_holding_a_lock_starves_the_sealer() {
    // actor 1 holds the lock and gives it back, if it moves at all
    let graph = graph(&[(false, &[(1, 1)]), (false, &[(0, 2)]), (true, &[])]);
    assert_eq!(starves(&graph), [true, false, false]);
}

#[test]
fn a_deadlock_is_a_run_without_end_under_every_fairness() {
    let graph = graph(&[(false, &[(0, 1), (1, 2)]), (false, &[]), (true, &[])]);
    assert_eq!(starves(&graph), [true, true, true]);
}

#[test]
fn a_fair_cycle_inside_an_unfair_component_is_found() {
    // 0 and 1 and 2 are one component; in 0 actor 0 can leave for the goal, but 1 and 2 alone keep it blocked
    let states: [(bool, &[(u8, u32)]); 4] =
        [(false, &[(0, 3), (1, 1)]), (false, &[(2, 2)]), (false, &[(1, 1), (2, 0)]), (true, &[])];
    assert_eq!(starves(&graph(&states)), [true, true, true]);
    // without the small cycle only the big one is left, and it is strongly unfair
    let states: [(bool, &[(u8, u32)]); 4] =
        [(false, &[(0, 3), (1, 1)]), (false, &[(2, 2)]), (false, &[(2, 0)]), (true, &[])];
    assert_eq!(starves(&graph(&states)), [true, true, false]);
}

/// A trace that begins its cycle later is longer than it must be.
#[test]
fn the_cycle_begins_as_near_to_the_start_as_possible() {
    // wherever actor 1 stops: the search for components comes to the last one first
    let line = graph(&[(false, &[(1, 1)]), (false, &[(1, 2)]), (false, &[(0, 3)]), (true, &[])]);
    let found = starving(&line, Fairness::Sealer).expect("the sealer can't move at first");
    assert_eq!(found, Starvation { state: 0, cycle: Vec::new() });
    // two ends, the nearer one found first or last
    for [left, right] in [[1, 2], [2, 1]] {
        let fork = graph(&[(false, &[(0, left), (1, right)]), (false, &[]), (false, &[])]);
        for fairness in Fairness::ALL {
            let found = starving(&fork, fairness).expect("nobody moves in the end");
            assert_eq!(found, Starvation { state: 1, cycle: Vec::new() }, "{fairness:?}");
        }
    }
}

#[test]
fn the_less_a_fairness_asks_the_milder_it_is() {
    assert_eq!(Fairness::ALL.map(Fairness::mildness), [2, 1, 0]);
}

#[test]
fn a_run_that_must_reach_the_goal_does() {
    let graph = graph(&[(false, &[(0, 1), (1, 2)]), (false, &[(1, 3)]), (false, &[(0, 3)]), (true, &[])]);
    assert_eq!(starves(&graph), [true, false, false]);
}

/// By definition: is there a set of states, reachable from each other inside it, with a fair run through all of it?
fn by_force(graph: &Graph, fairness: Fairness) -> bool {
    let states = graph.states() as u32;
    (1u32..1 << states).any(|set| {
        let inside = |state: u32| set & 1 << state != 0;
        let members: Vec<u32> = (0..states).filter(|&state| inside(state)).collect();
        if members.iter().any(|&state| graph.is_goal(state)) || !reached(graph, 0).contains(&members[0]) {
            return false;
        }
        let within = |from: u32| -> HashSet<u32> {
            let mut seen = HashSet::from([from]);
            let mut to_do = vec![from];
            while let Some(state) = to_do.pop() {
                for edge in graph.edges(state).iter().filter(|edge| inside(edge.to)) {
                    if seen.insert(edge.to) {
                        to_do.push(edge.to);
                    }
                }
            }
            seen
        };
        if members.iter().any(|&state| within(state).len() != members.len()) {
            return false;
        }
        let edges = members.iter().flat_map(|&state| graph.edges(state));
        let moved = edges.filter(|edge| inside(edge.to)).fold(0u8, |mask, edge| mask | 1 << edge.actor);
        let ever = members.iter().fold(0, |mask, &state| mask | graph.enabled(state));
        let always = members.iter().fold(u8::MAX, |mask, &state| mask & graph.enabled(state));
        0 == match fairness {
            Fairness::Sealer => 1 & always & !moved,
            Fairness::Weak => always & !moved,
            Fairness::Strong => ever & !moved,
        }
    })
}

fn reached(graph: &Graph, from: u32) -> HashSet<u32> {
    let mut seen = HashSet::from([from]);
    let mut to_do = vec![from];
    while let Some(state) = to_do.pop() {
        if graph.is_goal(state) {
            continue; // a run that reaches the goal is no longer asked
        }
        for edge in graph.edges(state) {
            if seen.insert(edge.to) {
                to_do.push(edge.to);
            }
        }
    }
    seen
}

/// A graph of a few states.
fn random(seed: u64) -> Graph {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut pick = |from: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % from
    };
    let states = 2 + pick(5) as u32;
    let mut graph = Graph::new();
    for _ in 0..states {
        let goal = pick(5) == 0;
        let edges = (0..pick(4)).map(|number| Edge {
            to: pick(u64::from(states)) as u32,
            actor: pick(3) as u8,
            answer: number as i16,
        });
        graph.push(goal, &edges.collect::<Vec<_>>());
    }
    graph
}

#[test]
fn random_graphs_are_decided_as_by_brute_force() {
    let mut seen = [[0; 2]; 3];
    for graph in (0..40_000).map(random) {
        let found = starves(&graph);
        for (number, fairness) in Fairness::ALL.into_iter().enumerate() {
            assert_eq!(found[number], by_force(&graph, fairness), "{fairness:?}: {graph:?}");
            seen[number][found[number] as usize] += 1;
        }
    }
    assert!(seen.iter().flatten().all(|&times| times > 100), "{seen:?}");
}

#[test]
fn the_model_returns_under_the_fairness_it_takes() {
    for (text, expected) in [
        ("wait-2014;last-scan=1;with=mapper:loop", Some(Fairness::Sealer)),
        ("wait;last-scan=1;with=pinner;with=mapper", Some(Fairness::Weak)),
        ("wait;last-scan=1;with=mapper:loop", Some(Fairness::Strong)),
        ("isolate-2014;with=mapper:loop;with=pinner", Some(Fairness::Strong)),
    ] {
        let report = decide(&scenario(text));
        let Some(Verdict::Proved(fairness)) = report.verdict(Claim::Returns) else { panic!("{text}") };
        assert_eq!(*fairness, expected, "{text}");
    }
    let report = decide(&scenario("wait;judge=snapshot;last-scan=1;fault=wait-for-ever;with=pinner"));
    assert!(
        matches!(report.verdict(Claim::Returns), Some(Verdict::Refuted(run)) if run.cycle_from.is_some())
    );
}
