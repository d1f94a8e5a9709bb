//! The explorer against a plain breadth-first search, its limits, and its witnesses.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::common::{decide, scenario};
use seal_checks::error::Error;
use seal_checks::explore::system::{State, Step, System};
use seal_checks::explore::{Exploration, Job, Progress, Refutation, explore, explore_system};
use seal_checks::verdict::{self, Exit, Verdict};
use seal_model::claim::{Claim, Kind, Witness};

/// States, transitions, levels, and for each claim the depth of the first state that breaks it. Nothing is
/// searched beyond states that break the claim `not_beyond`.
fn plainly(text: &str, not_beyond: Option<Claim>) -> (usize, usize, usize, HashMap<Claim, usize>) {
    const W: usize = 4;
    let scenario = scenario(text);
    let system = System::new(&scenario).expect("compiles");
    let start = system.initial::<W>().expect("a start");
    let mut depth = HashMap::from([(start, 0)]);
    let mut level = vec![start];
    let (mut transitions, mut levels) = (0, 0);
    let mut broken = HashMap::new();
    while !level.is_empty() {
        levels += 1;
        let mut next_level = Vec::new();
        for state in &level {
            for claim in Claim::concerning(&scenario).into_iter().filter(|claim| claim.kind() == Kind::State)
            {
                if !system.holds(claim, state) {
                    broken.entry(claim).or_insert(levels - 1);
                }
            }
            if not_beyond.is_some_and(|claim| !system.holds(claim, state)) {
                continue;
            }
            system
                .successors(state, |_, next| {
                    transitions += 1;
                    depth.entry(next).or_insert_with(|| {
                        next_level.push(next);
                        levels
                    });
                })
                .expect("in range");
        }
        level = next_level;
    }
    (depth.len(), transitions, levels - 1, broken)
}

/// Claims that a look at states decides.
fn plain(claim: Claim) -> bool {
    claim.kind() == Kind::State && claim != Claim::NoDeadlock
}

#[test]
fn counts_and_shortest_runs_are_those_of_a_plain_search() {
    for text in [
        "wait-2014;with=pinner;with=mapper",
        "wait;judge=maps-then-refs-strict;with=writer;with=mapper@0:zap+fault",
        "isolate-2014;pages=2;enomem;with=pinner;with=mapper",
        "isolate;pages=2;enomem;with=pinner;with=reader",
        "wait;pin-weight=3;with=pinner;with=pinner",
    ] {
        let report = decide(&scenario(text));
        let (states, transitions, depth, broken) = plainly(text, None);
        let figures = report.figures;
        assert_eq!(
            (figures.states, figures.transitions, figures.depth),
            (states, transitions, depth),
            "{text}"
        );
        for (claim, verdict) in report.verdicts.iter().filter(|(claim, _)| plain(*claim)) {
            let steps = match verdict {
                Verdict::Refuted(refutation) => Some(refutation.steps.len()),
                _ => None,
            };
            assert_eq!(steps, broken.get(claim).copied(), "{text}: {}", claim.name());
        }
    }
}

#[test]
fn a_run_that_stops_early_never_says_proved() {
    let scenario = scenario("wait;pages=2;with=pinner;with=mapper");
    let claims = Claim::concerning(&scenario);
    let job = Job { claims: &claims, max_memory: 1 << 18, coverage: false, progress: None };
    let report = verdict::decide(&scenario, &job).expect("a limit is a verdict");
    assert!(matches!(report.stopped, Some(Error::OutOfMemory { .. })));
    assert!(report.bounds().starts_with("not exhaustive"));
    for (claim, verdict) in &report.verdicts {
        assert!(matches!(verdict, Verdict::Undecided(_)), "{}: {verdict}", claim.name());
    }
}

#[test]
fn what_was_refuted_before_the_limit_stays_refuted() {
    let scenario = scenario("wait-2014;pages=2;with=pinner;with=mapper;with=mapper");
    let claims = [Claim::NoWritablePin];
    let job = Job { claims: &claims, max_memory: 8 << 20, coverage: false, progress: None };
    let report = verdict::decide(&scenario, &job).expect("a limit is a verdict");
    assert!(report.stopped.is_some());
    assert!(matches!(report.verdict(Claim::NoWritablePin), Some(Verdict::Refuted(_))));
}

#[test]
fn a_claim_without_its_witness_is_vacuous() {
    let scenario = scenario("wait;with=mapper");
    let job = Job { claims: &[Claim::NoWritablePin], max_memory: 1 << 30, coverage: false, progress: None };
    let report = verdict::decide(&scenario, &job).expect("small");
    let Some(Verdict::Vacuous(missing)) = report.verdict(Claim::NoWritablePin) else {
        panic!("nobody pinned anything");
    };
    assert_eq!(*missing, [Witness::PinOutlivedMapping]);
    assert_eq!((report.exit(true), report.exit(false)), (Exit::NotSo, Exit::AsAsked));
}

#[test]
fn a_heavier_pin_is_masked_by_as_many_maps() {
    // a pin of weight 3 hides from C - M only behind more faults than two mappers can bring about at once
    let refuted = |text: &str| {
        let report = decide(&scenario(text));
        matches!(report.verdict(Claim::NoWritablePin), Some(Verdict::Refuted(_)))
    };
    assert!(refuted("wait-2014;pin-weight=1;with=pinner;with=mapper"));
    assert!(!refuted("wait-2014;pin-weight=3;with=pinner;with=mapper"));
    assert!(refuted("wait-2014;pin-weight=2;with=pinner;with=mapper;with=mapper"));
}

/// All references of a large folio come and go together, so it goes the ways of a small page.
#[test]
fn a_large_folio_goes_the_ways_of_a_small_page() {
    for cast in ["with=reclaim", "with=reclaim:freeze", "with=truncate", "with=mapper;with=reader"] {
        let figures = |folio: u8| {
            let figures = decide(&scenario(&format!("isolate;last-scan=0;folio={folio};{cast}"))).figures;
            (figures.states, figures.transitions, figures.depth)
        };
        assert_eq!((figures(2), figures(3)), (figures(1), figures(1)), "{cast}");
    }
}

#[test]
fn nothing_is_proved_beyond_wrong_counts() {
    let report =
        decide(&scenario("isolate-two-phase;judge=snapshot;fault=put-twice;with=pinner;with=mapper"));
    assert!(matches!(report.verdict(Claim::CountLaw), Some(Verdict::Refuted(_))));
    assert!(report.verdicts.iter().all(|(_, verdict)| !verdict.is_proved()));
}

/// ENOENT: the page was swapped out under the sealer's feet, and what it prepared is given back.
#[test]
fn a_replacement_that_fails_leaves_the_counts_right() {
    let report =
        decide(&scenario("isolate;judge=snapshot;fault=no-isolate-recheck;with=pinner;with=reclaim"));
    assert!(report.verdict(Claim::CountLaw).is_some_and(Verdict::is_proved));
    assert!(report.verdict(Claim::NoLeak).is_some_and(Verdict::is_proved));
    assert!(matches!(report.verdict(Claim::SealsUnderIo), Some(Verdict::Refuted(_))));
}

/// Faults break more claims than the one they are listed with; each of these is the only sight of some line.
#[test]
fn faults_break_other_claims_too() {
    for (text, claim) in [
        ("wait;judge=snapshot;last-scan=1;fault=seal-before-wait;with=pinner", Claim::FailureAtomic),
        ("wait;seal=future-write;fault=count-before-clear;with=writer", Claim::NoNewWriter),
        ("wait;seal=future-write;fault=mmap-ignores-seals;with=writer", Claim::NoNewWriter),
        ("wait;judge=snapshot;last-scan=1;fault=pin-ignores-seals;with=lookup-pinner", Claim::NoNewWriter),
    ] {
        let report = decide(&scenario(text));
        assert!(matches!(report.verdict(claim), Some(Verdict::Refuted(_))), "{text}: {}", claim.name());
        let without =
            text.split(';').filter(|part| !part.starts_with("fault=")).collect::<Vec<_>>().join(";");
        let report = decide(&scenario(&without));
        assert!(report.verdict(claim).is_some_and(Verdict::is_proved), "{without}: {}", claim.name());
    }
}

/// The graph needs more memory than the search: without it only the claim of progress is undecided.
#[test]
fn a_graph_that_does_not_fit_leaves_what_was_decided() {
    let scenario = scenario("wait;with=pinner;with=mapper");
    let claims = [Claim::NoWritablePin, Claim::Returns];
    let job = Job { claims: &claims, max_memory: 3 << 19, coverage: false, progress: None };
    let report = verdict::decide(&scenario, &job).expect("a limit is a verdict");
    assert!(report.verdict(Claim::NoWritablePin).is_some_and(Verdict::is_proved));
    assert!(matches!(report.verdict(Claim::Returns), Some(Verdict::Undecided(_))));
    assert!(matches!(report.stopped, Some(Error::OutOfMemory { limit: 1, .. })));
}

/// Counts that are wrong end the search where they are wrong, and nowhere else, whatever is asked.
#[test]
fn nothing_is_explored_beyond_wrong_counts() {
    let text = "isolate-two-phase;judge=snapshot;fault=put-twice;with=pinner;with=mapper";
    let figures = |claims: &[Claim]| {
        let figures = explored(text, claims).figures;
        (figures.states, figures.transitions, figures.depth)
    };
    let plainly = |not_beyond| {
        let (states, transitions, depth, _) = plainly(text, not_beyond);
        (states, transitions, depth)
    };
    let (all, lawful) = (plainly(None), plainly(Some(Claim::CountLaw)));
    assert!(all > lawful);
    assert_eq!(figures(&[]), lawful);
    assert_eq!(figures(&[Claim::ReplaceUnmapped]), lawful);
    assert_eq!(figures(&[Claim::ReplaceUnmapped, Claim::CountLaw]), lawful);
    assert_eq!(figures(&[Claim::CountLaw, Claim::Returns]), lawful);
}

/// Explore for some claims.
fn explored(text: &str, claims: &[Claim]) -> Exploration {
    let job = Job { claims, max_memory: 1 << 30, coverage: false, progress: None };
    explore(&scenario(text), &job).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn refutations_come_in_the_order_of_the_questions() {
    let text = "wait-2014;with=pinner;with=mapper";
    // in the order in which they fall
    let [first, second, third] = [Claim::SealsUnderIo, Claim::NoWritablePin, Claim::ContentFrozen];
    for asked in [[first, second, third], [third, second, first], [second, third, first]] {
        let refuted = explored(text, &asked).refuted;
        assert_eq!(refuted.iter().map(|refutation| refutation.claim).collect::<Vec<_>>(), asked);
        let steps = |claim| refuted.iter().find(|it| it.claim == claim).map(|it| it.steps.len());
        assert!(steps(first) < steps(second) && steps(second) < steps(third));
    }
}

/// Of claims about steps each is asked until it is refuted, whatever became of the others.
#[test]
fn a_claim_of_steps_does_not_end_with_another() {
    let asked = [Claim::NoNeedlessCopy, Claim::IoLands];
    assert!(asked.iter().all(|claim| claim.kind() == Kind::Step));
    let refuted = explored("isolate-2014;with=pinner", &asked).refuted;
    let lengths = refuted.iter().map(|refutation| (refutation.claim, refutation.steps.len()));
    let lengths: Vec<_> = lengths.collect();
    let [(Claim::NoNeedlessCopy, first), (Claim::IoLands, second)] = lengths[..] else {
        panic!("{lengths:?}")
    };
    assert!(first < second);
}

/// The sealer's steps alone begin in a state of which the claim says how they must end.
#[test]
fn what_the_sealer_does_alone_is_the_end_of_the_run() {
    let (text, claim) =
        ("wait;judge=snapshot;last-scan=1;fault=busy-sticks;with=pinner", Claim::SealsOnceFree);
    let refuted = explored(text, &[claim]).refuted;
    let [Refutation { steps, alone_from: Some(alone_from), cycle_from: None, .. }] = &refuted[..] else {
        panic!("{refuted:?}");
    };
    assert!((1..steps.len()).contains(alone_from));
    let system = System::new(&scenario(text)).expect("compiles");
    let mut state = system.initial::<4>().expect("a start");
    for step in &steps[..*alone_from] {
        let mut after = None;
        system
            .successors(&state, |taken, next| after = after.or((taken == *step).then_some(next)))
            .expect("in range");
        state = after.expect("the run is possible");
    }
    assert!(system.starts_alone(claim, &state));
    let (alone, returned) = system.alone(&state).expect("in range");
    assert_eq!(steps[*alone_from..], alone);
    assert_ne!(returned, Some(Ok(())));
}

/// A progress line stands still for a moment at most.
#[test]
fn progress_is_reported_every_so_many_transitions() {
    static REPORTED: Mutex<Vec<Progress>> = Mutex::new(Vec::new());
    const EVERY: usize = 1 << 16;
    let scenario = scenario("wait;pages=2;with=pinner;with=mapper");
    let report = |progress: &Progress| REPORTED.lock().expect("one thread").push(*progress);
    let job = Job { claims: &[], max_memory: 1 << 30, coverage: false, progress: Some(report) };
    let last = explore(&scenario, &job).expect("explored").figures;
    let reported = REPORTED.lock().expect("one thread");
    let times: Vec<usize> = reported.iter().map(|progress| progress.transitions / EVERY).collect();
    assert_eq!(times, (1..=last.transitions / EVERY).collect::<Vec<_>>());
    assert!(times.len() > 5);
    for figure in [|it: &Progress| it.states, |it: &Progress| it.depth, |it: &Progress| it.bytes] {
        let figures: Vec<usize> = reported.iter().chain([&last]).map(figure).collect();
        assert!(figures[0] > 0 && figures.is_sorted(), "{figures:?}");
    }
}

/// More would be as right, and take more memory.
#[test]
fn a_state_takes_no_more_words_than_its_bits_need() {
    let many = ";with=writer".repeat(7);
    for (text, words) in [
        ("pages=1", 1),
        (&format!("pages=2{many}"), 2),
        (&format!("pages=3{many}"), 3),
        (&format!("pages=4{many}"), 4),
    ] {
        let scenario = scenario(&format!("wait-2014;last-scan=0;no-signals;{text}"));
        let system = System::new(&scenario).expect("compiles");
        assert_eq!(system.layout.words, words, "{scenario}");
        let job = Job { claims: &[], max_memory: 1 << 20, coverage: false, progress: None };
        let figures = explore_system(&system, &job).expect("explored").figures;
        let least = words * size_of::<u64>() * figures.states;
        assert!((least..=1 << 20).contains(&figures.bytes), "{scenario}: {} bytes", figures.bytes);
    }
}

/// A refutation that is read from a file is held against its state.
#[test]
fn a_refutation_is_believed_where_it_shows() {
    const W: usize = 4;
    let mut kinds = Vec::new();
    let mut not_alone = 0;
    for text in [
        "isolate-2014;with=pinner",
        "wait-2014;no-signals;with=reader;with=reclaim",
        "isolate-two-phase;judge=snapshot;fault=forget-unlock;with=pinner;with=mapper",
    ] {
        let scenario = scenario(text);
        let system = System::new(&scenario).expect("compiles");
        let asked = Claim::concerning(&scenario);
        let job = Job { claims: &asked, max_memory: 1 << 26, coverage: false, progress: None };
        let explored = explore_system(&system, &job).expect("explored");
        let start = system.initial::<W>().expect("a start");
        for Refutation { claim, steps, alone_from, .. } in explored.refuted {
            let from = match claim.kind() {
                Kind::Step => steps.len() - 1,
                _ => alone_from.unwrap_or(steps.len()),
            };
            let (before, then) = steps.split_at(from);
            let state = before.iter().fold(start, |state, step| {
                system.after(&state, *step).expect("in range").expect("a step that can be taken")
            });
            let refutes =
                |state: &State<W>, then: &[Step]| system.refutes(state, claim, then).expect("in range");
            assert!(refutes(&state, then), "{text}: {}", claim.name());
            assert!(!refutes(&start, then), "{text}: {}", claim.name());
            let nobody = Step { actor: scenario.cast().len() as u8, answer: 0 };
            assert!(!refutes(&state, &[nobody]), "{text}: {}", claim.name());
            assert!(!refutes(&state, &[then, &[nobody]].concat()), "{text}: {}", claim.name());
            kinds.push(claim.kind());
            if claim.kind() != Kind::Alone {
                continue;
            }
            // what the sealer does alone is held against it only from where the claim speaks of
            let mut at = start;
            for step in before {
                let (alone, returned) = system.alone(&at).expect("in range");
                let speaks = system.starts_alone(claim, &at);
                assert_eq!(refutes(&at, &alone), speaks && returned != Some(Ok(())), "{text}");
                not_alone += usize::from(!speaks && returned != Some(Ok(())));
                at = system.after(&at, *step).expect("in range").expect("a step that can be taken");
            }
        }
    }
    assert!(not_alone > 0);
    assert!([Kind::State, Kind::Step, Kind::Alone].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

/// Bits that are no state: an actor beyond its last location.
#[test]
fn nobody_stands_where_there_is_no_location() {
    let system = System::new(&scenario("isolate-2014;with=pinner;with=mapper")).expect("compiles");
    let start = system.initial::<4>().expect("a start");
    let mut beyond = 0;
    for (actor, automaton) in system.automata.iter().enumerate() {
        let at = |location: usize| {
            let mut state = start;
            system.layout.set_location(&mut state, actor, location as u32);
            state
        };
        let locations = automaton.locations.len();
        assert!(system.admits(&at(locations - 1)));
        // with as many as bits can tell apart, there is no next one
        if !locations.is_power_of_two() {
            assert!(!system.admits(&at(locations)), "{actor}");
            beyond += 1;
        }
    }
    assert!(beyond > 0);
}
