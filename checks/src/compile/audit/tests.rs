//! What the audit notices: one node of an unfolded actor is made wrong at a time, and the nodes at which that is
//! noticed are those that somebody who only reads the graph says it looks at.

use std::collections::BTreeSet;

use seal_model::access::Access;
use seal_model::scenario::Scenario;

use super::*;
use crate::compile::replay::Probe;
use crate::compile::unfold;

/// A mapper: it is done somewhere, it holds something on the way, and its runs meet at checkpoints and go on.
const ACTOR: usize = 1;

fn scenario() -> Scenario {
    "wait;with=mapper".parse().expect("a possible scenario")
}

fn source(scenario: &Scenario) -> Source<'_> {
    Source { scenario, actor: ACTOR, slip: None }
}

/// One way to be wrong, for each thing that is compared.
const WRONGS: [fn(&mut Probe); 4] = [
    |probe| probe.access = probe.access.is_none().then_some(Access::InodeLock),
    |probe| probe.returned = probe.returned.is_none().then_some(Ok(())),
    |probe| probe.ghost.counted += 1,
    |probe| probe.key = probe.key.is_none().then(Key::new),
];

/// The nodes at which being wrong is noticed.
fn noticed(deep: bool, wrong: fn(&mut Probe)) -> BTreeSet<u32> {
    let scenario = scenario();
    let mut unfolded = unfold(source(&scenario)).expect("unfolds");
    let mut noticed = BTreeSet::new();
    for node in 0..unfolded.nodes.len() {
        let right = unfolded.nodes[node].probe.clone();
        wrong(&mut unfolded.nodes[node].probe);
        match audit(source(&scenario), &unfolded, deep) {
            Ok(()) => {}
            Err(Error::CheckpointLosesLocals { .. }) => assert!(noticed.insert(node as u32)),
            Err(error) => panic!("{error}"),
        }
        unfolded.nodes[node].probe = right;
    }
    noticed
}

/// The nodes that can be reached from where runs met; if not `deep`, without passing a checkpoint.
fn beyond_merges(unfolded: &Unfolded, deep: bool) -> BTreeSet<u32> {
    let mut reached: BTreeSet<u32> = unfolded.met.iter().map(|met| met.location).collect();
    let mut to_do: Vec<u32> = reached.iter().copied().collect();
    while let Some(node) = to_do.pop() {
        for &child in &unfolded.nodes[node as usize].children {
            let passes = deep || unfolded.nodes[child as usize].probe.key.is_none();
            if reached.insert(child) && passes {
                to_do.push(child);
            }
        }
    }
    reached
}

/// The nodes one and two steps beyond those where runs met.
fn steps_behind(unfolded: &Unfolded) -> [BTreeSet<u32>; 2] {
    let after = |nodes: &BTreeSet<u32>| -> BTreeSet<u32> {
        nodes.iter().flat_map(|&node| unfolded.nodes[node as usize].children.iter().copied()).collect()
    };
    let met = unfolded.met.iter().map(|met| met.location).collect();
    let first = after(&met);
    let second = after(&first).difference(&first).filter(|node| !met.contains(node)).copied().collect();
    [first, second]
}

#[test]
fn an_actor_that_lists_its_locals_passes() {
    let scenario = scenario();
    let unfolded = unfold(source(&scenario)).expect("unfolds");
    assert!(unfolded.met.len() > 1);
    for deep in [false, true] {
        audit(source(&scenario), &unfolded, deep).expect("nothing is wrong");
    }
}

#[test]
fn each_difference_is_noticed_up_to_the_next_checkpoint() {
    let unfolded = unfold(source(&scenario())).expect("unfolds");
    let expected = beyond_merges(&unfolded, false);
    for wrong in WRONGS {
        assert_eq!(noticed(false, wrong), expected);
    }
    let [_, second] = steps_behind(&unfolded);
    assert!(!second.is_disjoint(&expected), "something is seen that is not next to a merge");
}

#[test]
fn a_deep_audit_notices_each_difference_up_to_the_end() {
    let unfolded = unfold(source(&scenario())).expect("unfolds");
    let expected = beyond_merges(&unfolded, true);
    for wrong in WRONGS {
        assert_eq!(noticed(true, wrong), expected);
    }
    assert!(expected.is_superset(&beyond_merges(&unfolded, false)));
    assert!(expected.len() > beyond_merges(&unfolded, false).len());
    assert!(expected.len() < unfolded.nodes.len(), "what comes before every merge has nothing beside it");
}
