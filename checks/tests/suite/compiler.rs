//! The compiler against its oracle: the actors themselves, without automata, frames or minimisation.

use std::collections::{BTreeSet, HashSet, VecDeque};

use seal_checks::compile::replay::probe;
use seal_checks::compile::{NOWHERE, Options, compile};
use seal_checks::error::Error;
use seal_checks::explore::system::System;
use seal_checks::review::plan::{Plan, Size};
use seal_model::access::{Access, Answer};
use seal_model::fault::Fault;
use seal_model::machine::{Cell, Cells, PlainCells, apply};
use seal_model::scenario::{Actor, Scenario, Strategy};
use seal_model::sealer::judge::Judge;

/// The scenario of a one-line form.
fn scenario(text: &str) -> Scenario {
    text.parse().expect("a possible scenario")
}

/// The values of all cells of a scenario.
type Valuation = Vec<i16>;

/// Every reachable valuation of shared memory, by running the actors over whole logs.
fn by_logs(scenario: &Scenario) -> BTreeSet<Valuation> {
    let specs = Cell::of(scenario);
    let start = (PlainCells::new(scenario), vec![Vec::<Answer>::new(); scenario.cast().len()]);
    let mut seen = HashSet::from([start.clone()]);
    let mut to_do = VecDeque::from([start]);
    let mut valuations = BTreeSet::new();
    while let Some((cells, logs)) = to_do.pop_front() {
        valuations.insert(specs.iter().map(|spec| cells.get(spec.cell)).collect());
        for actor in 0..logs.len() {
            let Some(access) = probe(scenario, actor, &logs[actor]).access else { continue };
            let answers = match access {
                Access::Choose(_) => access.answers(scenario),
                _ => apply(&mut cells.clone(), scenario, access).into_iter().collect(),
            };
            for answer in answers {
                let mut next = (cells.clone(), logs.clone());
                if !matches!(access, Access::Choose(_)) {
                    apply(&mut next.0, scenario, access);
                }
                next.1[actor].push(answer);
                if seen.insert(next.clone()) {
                    to_do.push_back(next);
                }
            }
        }
    }
    valuations
}

/// The same by automata.
fn by_automata(scenario: &Scenario) -> BTreeSet<Valuation> {
    const W: usize = 4;
    let system = System::new(scenario).expect("compiles");
    let specs = Cell::of(scenario);
    let start = system.initial::<W>().expect("a start");
    let mut seen = HashSet::from([start]);
    let mut to_do = VecDeque::from([start]);
    let mut valuations = BTreeSet::new();
    while let Some(state) = to_do.pop_front() {
        valuations.insert(
            system.view(&state, |world| specs.iter().map(|spec| world.cells.get(spec.cell)).collect()),
        );
        system
            .successors(&state, |_, next| {
                if seen.insert(next) {
                    to_do.push_back(next);
                }
            })
            .expect("in range");
    }
    valuations
}

/// Small enough for the oracle, which stores every log.
const SMALL: [&str; 8] = [
    "wait-2014;judge=refs-then-maps;last-scan=1;with=pinner",
    "wait-2014;judge=maps-then-refs;last-scan=0;with=mapper:zap;with=reader",
    "wait;judge=lock-unmap-refs;last-scan=0;no-signals;with=mapper:fault+zap",
    "wait;judge=locked-maps-then-refs;last-scan=0;no-signals;with=mapper:zap",
    "wait;judge=snapshot;last-scan=1;with=pinner",
    "isolate-2014;judge=refs-then-maps;enomem;with=mapper:fault+zap",
    "isolate;judge=lock-unmap-refs;with=pinner",
    "isolate;judge=lock-unmap-refs;enomem;with=mapper:zap;with=reader",
];

#[test]
fn automata_reach_exactly_the_memory_that_the_actors_reach() {
    for text in SMALL {
        let scenario = scenario(text);
        let (expected, found) = (by_logs(&scenario), by_automata(&scenario));
        assert!(expected.len() > 10, "{text}: the scenario is too small to say anything");
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn minimisation_merges_and_keeps_the_beginning() {
    let scenario = scenario("wait-2014;with=pinner;with=mapper");
    let whole = compile(&scenario, 0, Options { minimise: false, deep_audit: false }).expect("compiles");
    let least = compile(&scenario, 0, Options::default()).expect("compiles");
    // frames forget what is no longer needed, so not much is left to merge
    assert!(least.locations.len() < whole.locations.len());
    assert_eq!(least.locations[0].access, whole.locations[0].access);
    assert_eq!(least.locations[0].access, Some(Access::InodeLock));
}

/// A table that is longer than it must be costs only memory, so nothing else would notice.
#[test]
fn a_location_has_a_place_for_each_answer_and_none_when_it_is_done() {
    let scenario = scenario("wait-2014;with=pinner;with=mapper");
    for actor in 0..3 {
        for location in compile(&scenario, actor, Options::default()).expect("compiles").locations {
            let answers = location.access.map_or(Vec::new(), |access| access.answers(&scenario));
            let places = (location.first_answer..).zip(&location.next).filter(|(_, next)| **next != NOWHERE);
            assert_eq!(places.map(|(answer, _)| answer).collect::<Vec<_>>(), answers);
            assert_eq!(location.next.is_empty(), location.access.is_none());
            assert_ne!(location.next.last(), Some(&NOWHERE));
        }
    }
}

/// Compile every actor of a scenario, and follow every merge at a frame through everything that can come
/// after it.
fn audit_deeply(text: &str) {
    let scenario = scenario(text);
    for actor in 0..scenario.cast().len() {
        compile(&scenario, actor, Options { minimise: true, deep_audit: true })
            .unwrap_or_else(|error: Error| panic!("{text}: {error}"));
    }
}

#[test]
fn frames_of_every_actor_are_audited_deeply() {
    for member in Actor::members() {
        for surroundings in ["", "with=reclaim;", "with=truncate;", "pages=2;"] {
            audit_deeply(&format!("wait-6.18;last-scan=0;{surroundings}with=writer;with={member}"));
        }
    }
}

#[test]
fn frames_of_every_sealer_are_audited_deeply() {
    for strategy in Strategy::ALL {
        audit_deeply(&format!("{};pages=2;last-scan=1;enomem;with=pinner", strategy.name()));
        audit_deeply(&format!(
            "{};last-scan=1;with=mapper@0:mlock;with=reclaim;with=lru-batch",
            strategy.name()
        ));
    }
    for judge in Judge::ALL {
        audit_deeply(&format!("wait;judge={};last-scan=1;with=pinner;with=forker", judge.name()));
        audit_deeply(&format!("isolate;judge={};with=pinner;with=forker", judge.name()));
    }
}

#[test]
fn frames_with_every_fault_are_audited_deeply() {
    for fault in Fault::ALL {
        audit_deeply(&format!("{};fault={}", fault.slip().shown_in, fault.name()));
    }
}

#[test]
#[ignore = "minutes: every actor of every scenario of the full review"]
fn frames_of_the_whole_review_are_audited_deeply() {
    let plan = Plan::new(Size::Full).expect("the plan names possible scenarios");
    let (mut automata, mut unfolded) = (0, 0);
    for (scenario, _) in plan.jobs() {
        for actor in 0..scenario.cast().len() {
            let automaton = compile(&scenario, actor, Options { minimise: false, deep_audit: true })
                .unwrap_or_else(|error: Error| panic!("{scenario}: {error}"));
            automata += 1;
            unfolded += automaton.locations.len();
        }
    }
    assert!(automata > 4000, "only {automata} automata");
    println!("{automata} automata, {unfolded} locations before any are merged");
}

/// Equal actors, equal tables: nothing but answers decides what an actor does.
#[test]
fn compiling_is_deterministic() {
    let scenario = scenario("isolate;pages=2;enomem;with=pinner;with=mapper");
    let compiled = || compile(&scenario, 0, Options::default()).expect("compiles");
    assert_eq!(compiled(), compiled());
}
