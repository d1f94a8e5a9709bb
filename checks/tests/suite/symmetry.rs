//! The reduction by symmetry against the exploration of every state.

use std::collections::HashSet;
use std::sync::OnceLock;

use seal_checks::explore::reduce::Reduce;
use seal_checks::explore::symmetry::Symmetry;
use seal_checks::explore::system::{State, System};
use seal_checks::explore::{Job, Means, explore};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::trace::Trace;
use seal_checks::verdict::{Report, Verdict, decide_with};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

const W: usize = 4;

fn scenario(text: &str) -> Scenario {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn decided(scenario: &Scenario, symmetry: bool) -> Report {
    let claims = Claim::concerning(scenario);
    let job = Job { claims: &claims, max_memory: 1 << 30, coverage: true, progress: None };
    let reduce = if symmetry { Reduce::Symmetry } else { Reduce::Nothing };
    let means = Means { reduce, ..Means::default() };
    decide_with(scenario, &job, &means).unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

/// All states, each as `seen`.
fn reached(system: &System, seen: impl Fn(&State<W>) -> State<W>) -> HashSet<State<W>> {
    let start = seen(&system.initial().expect("a start"));
    let mut known = HashSet::from([start]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        system
            .successors(&state, |_, next| {
                let next = seen(&next);
                if known.insert(next) {
                    open.push(next);
                }
            })
            .expect("in range");
    }
    known
}

/// Casts with actors that are alike, beside those of the review: some with mappings that the sealer comes by, some
/// without, some whose mappings others work through, some from the middle of a run.
const MORE: [&str; 10] = [
    "wait-2014;last-scan=0;with=pinner;with=pinner",
    "wait;judge=refs-alone;last-scan=0;no-signals;with=pinner;with=pinner",
    "wait;last-scan=1;with=reader;with=reader;with=reader",
    "isolate;with=reader;with=reader;with=mapper",
    "wait;last-scan=0;no-signals;with=writer;with=writer;with=stale-writer",
    "wait-2014;last-scan=0;no-signals;with=writer;with=writer;with=fast-pinner:irq",
    "wait-2014;last-scan=0;no-signals;with=forker;with=forker;with=pinner",
    "wait;last-scan=0;no-signals;with=reclaim;with=reclaim;with=mapper",
    "wait-2014;last-scan=0;pages=2;with=mapper;with=mapper@1:fault;with=mapper@1:fault;with=mapper",
    "wait-2014;last-scan=0;with=pinner;with=pinner;with=mapper;from=pinner2:device-writes",
];

fn scenarios() -> &'static [Scenario] {
    static SMALL: OnceLock<Vec<Scenario>> = OnceLock::new();
    SMALL.get_or_init(small)
}

/// Those that are small, of the review and more.
fn small() -> Vec<Scenario> {
    let review = Plan::new(Size::Full).expect("a plan").jobs().into_iter().map(|(scenario, _)| scenario);
    let alike = |scenario: &Scenario| {
        let cast = scenario.cast();
        (1..cast.len()).any(|at| cast[..at].contains(&cast[at]))
    };
    review.filter(alike).chain(MORE.map(scenario)).filter(is_small).collect()
}

/// Whether all states fit into little memory: some ten thousand.
fn is_small(scenario: &Scenario) -> bool {
    let job = Job { claims: &[], max_memory: 1 << 20, coverage: false, progress: None };
    explore(scenario, &job).is_ok_and(|explored| explored.stopped.is_none())
}

#[test]
fn verdicts_and_lengths_are_those_of_every_state() {
    let mut reduced_at_all = 0;
    for scenario in scenarios() {
        let (all, some) = (decided(scenario, false), decided(scenario, true));
        let said =
            |report: &Report| report.verdicts.iter().map(|(_, said)| said.to_string()).collect::<Vec<_>>();
        assert_eq!(said(&some), said(&all), "{scenario}");
        assert_eq!((&some.witnessed, &some.coverage), (&all.witnessed, &all.coverage), "{scenario}");
        assert_eq!(some.figures.depth, all.figures.depth, "{scenario}");
        assert!(some.figures.states <= all.figures.states, "{scenario}");
        assert!(some.figures.stand_for >= all.figures.states, "{scenario}");
        assert_eq!(all.figures.stand_for, all.figures.states, "{scenario}");
        reduced_at_all += usize::from(some.figures.states < all.figures.states);
        // a trace is a real run: the source itself is run over it, and says what it breaks
        for (claim, verdict) in &some.verdicts {
            if let Verdict::Refuted(refutation) = verdict {
                let trace = Trace::of_refutation(scenario, refutation);
                assert!(trace.is_ok(), "{scenario}: {}", claim.name());
            }
        }
    }
    assert!(reduced_at_all > 20, "{reduced_at_all}");
}

#[test]
fn what_is_explored_is_the_canonical_form_of_what_there_is() {
    for scenario in scenarios() {
        let report = decided(scenario, true);
        let system = System::new(scenario).expect("compiles");
        let symmetry = Symmetry::of(&system);
        let all = reached(&system, |state| *state);
        let canonical: HashSet<State<W>> = all.iter().map(|state| symmetry.canonical(state)).collect();
        assert_eq!(reached(&system, |state| symmetry.canonical(state)), canonical, "{scenario}");
        let law_is_kept = report.verdicts.iter().all(|(claim, verdict)| {
            claim.name() != "count-law" || verdict.is_proved() || matches!(verdict, Verdict::Vacuous(_))
        });
        if law_is_kept {
            assert_eq!(report.figures.states, canonical.len(), "{scenario}");
        }
    }
}

/// Three that are alike stand for one another in six ways.
#[test]
fn readers_are_exchanged_in_every_way() {
    let scenario = scenario("wait-2014;last-scan=0;no-signals;with=reader;with=reader;with=reader");
    let system = System::new(&scenario).expect("compiles");
    let symmetry = Symmetry::of(&system);
    assert_eq!(symmetry.alike(), [[1, 2, 3]]);
    let all = reached(&system, |state| *state);
    for state in &all {
        let locations = |state: &State<W>| [1, 2, 3].map(|actor| system.layout.location(state, actor));
        let (mut before, after) = (locations(state), locations(&symmetry.canonical(state)));
        before.sort_unstable();
        assert_eq!(after, before);
    }
}

/// Where nobody names the mappings of others, what the states stand for is all there is.
#[test]
fn what_states_stand_for_is_counted() {
    for text in [
        "wait-2014;last-scan=0;no-signals;with=mapper:fault;with=mapper:fault;with=mapper:fault",
        "wait;judge=snapshot;last-scan=0;no-signals;with=pinner;with=pinner;with=reader;with=reader",
    ] {
        let (all, some) = (decided(&scenario(text), false), decided(&scenario(text), true));
        assert_eq!(some.figures.stand_for, all.figures.states, "{text}");
        assert!(2 * some.figures.states < all.figures.states, "{text}");
    }
}

/// A sealer that unmaps a page comes to one mapping after the other.
#[test]
fn mappings_that_somebody_still_names_are_told_apart() {
    let scenario = scenario("wait;last-scan=0;no-signals;with=mapper:fault;with=mapper:fault");
    let system = System::new(&scenario).expect("compiles");
    let symmetry = Symmetry::of(&system);
    assert_eq!(symmetry.alike(), [[1, 2]]);
    let start = system.initial::<W>().expect("a start");
    let (_, one) = system.step_of(&start, 1).expect("in range").expect("can move");
    let (_, other) = system.step_of(&start, 2).expect("in range").expect("can move");
    assert_ne!(one, other);
    assert_eq!((symmetry.canonical(&one), symmetry.canonical(&other)), (one, other));
    let all = reached(&system, |state| *state);
    let names = |state: &State<W>| system.access(state, 0).is_some_and(|access| access.vma().is_some());
    let done = |state: &State<W>| system.access(state, 0).is_none();
    assert!(all.iter().any(names));
    assert!(all.iter().all(|state| !names(state) || symmetry.canonical(state) == *state));
    assert!(all.iter().any(|state| done(state) && symmetry.canonical(state) != *state));
}

/// Every access that says a mapping's name is known to name it.
#[test]
fn accesses_to_mappings_are_known_by_their_mapping() {
    let mut named = 0;
    for scenario in scenarios() {
        let system = System::new(scenario).expect("compiles");
        for location in system.automata.iter().flat_map(|automaton| &automaton.locations) {
            let Some(access) = location.access else { continue };
            let says = format!("{access:?}").contains("vma");
            assert_eq!(access.vma().is_some(), says, "{access:?}");
            named += usize::from(says);
        }
    }
    assert!(named > 100);
}

/// Nothing stands in order beside nobody.
#[test]
fn whoever_is_like_nobody_else_is_in_no_class() {
    let scenario = scenario("isolate;with=reader;with=pinner;with=reader;with=mapper");
    let system = System::new(&scenario).expect("compiles");
    assert_eq!(Symmetry::of(&system).alike(), [[1, 3]]);
}
