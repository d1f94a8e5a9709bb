//! What the audit notices: one node of an unfolded actor is made wrong at a time, and the nodes at which that is
//! noticed are those that somebody who only reads the graph says it looks at.

use std::collections::BTreeSet;

use seal_model::access::Access;
use seal_model::scenario::Scenario;

use super::*;
use crate::compile::replay::Probe;
use crate::compile::unfold;

/// A mapper: it is done somewhere, it holds something on the way, and its runs meet at frames and go on.
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
            Err(Error::FrameLosesLocals { .. }) => assert!(noticed.insert(node as u32)),
            Err(error) => panic!("{error}"),
        }
        unfolded.nodes[node].probe = right;
    }
    noticed
}

/// The nodes that can be reached from where runs met, by so many accesses at most.
fn beyond_merges(unfolded: &Unfolded, accesses: usize) -> BTreeSet<u32> {
    let mut reached: BTreeSet<u32> = unfolded.met.iter().map(|met| met.location).collect();
    for _ in 0..accesses {
        let children = |&node: &u32| unfolded.nodes[node as usize].children.iter().copied();
        let next: BTreeSet<u32> = reached.iter().flat_map(children).collect();
        reached.extend(next);
    }
    reached
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
fn each_difference_is_noticed_for_some_accesses() {
    let unfolded = unfold(source(&scenario())).expect("unfolds");
    let expected = beyond_merges(&unfolded, AHEAD);
    for wrong in WRONGS {
        assert_eq!(noticed(false, wrong), expected);
    }
    assert!(
        expected.len() > beyond_merges(&unfolded, AHEAD - 1).len(),
        "nothing is seen that is so far away"
    );
}

#[test]
fn a_deep_audit_notices_each_difference_up_to_the_end() {
    let unfolded = unfold(source(&scenario())).expect("unfolds");
    let expected = beyond_merges(&unfolded, unfolded.nodes.len());
    for wrong in WRONGS {
        assert_eq!(noticed(true, wrong), expected);
    }
    assert!(expected.len() > beyond_merges(&unfolded, AHEAD).len());
    assert!(expected.len() < unfolded.nodes.len(), "what comes before every merge has nothing beside it");
}
