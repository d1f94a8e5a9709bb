//! The reduction by partial order against the exploration of every state.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::OnceLock;

use expect_test::expect;
use seal_checks::explore::order::Order;
use seal_checks::explore::reduce::{Reduce, Reduction, Stepper};
use seal_checks::explore::system::{State, System};
use seal_checks::explore::{Job, Means, explore_system_with};
use seal_checks::pool::map_all;
use seal_checks::review::manifest::{CHECKED_IN, Manifest};
use seal_checks::review::plan::{Plan, Size};
use seal_checks::trace::Trace;
use seal_checks::verdict::{Report, Verdict, decide_with, report};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

const W: usize = 4;

fn scenario(text: &str) -> Scenario {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn decided(system: &System, claims: &[Claim], reduce: Reduce) -> Report {
    let job = Job { claims, max_memory: 1 << 30, coverage: false, progress: None };
    let means = Means { reduce, ..Means::default() };
    let explored = explore_system_with(system, &job, &means);
    report(&system.scenario, &job, explored.unwrap_or_else(|error| panic!("{}: {error}", system.scenario)))
}

/// The scenarios of the review of at most some thousand states, and more; with how many states they have.
fn scenarios() -> &'static [(Scenario, usize)] {
    static ALL: OnceLock<Vec<(Scenario, usize)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let expected = Manifest::parse(CHECKED_IN).expect("the manifest is readable");
        let review = Plan::new(Size::Full).expect("a plan").jobs().into_iter();
        let known = review.filter_map(|(scenario, _)| {
            let states = expected.states(&scenario)?;
            Some((scenario, states))
        });
        let more = MORE.map(|text| {
            let system = System::new(&scenario(text)).expect("compiles");
            let states = decided(&system, &[], Reduce::Nothing).figures.states;
            (system.scenario, states)
        });
        known.chain(more).filter(|(_, states)| *states < SMALL).collect()
    })
}

const SMALL: usize = 6_000;

/// So few states that each claim is asked by itself, and each state looked at.
const FEW: usize = 1_500;

/// Casts whose actors have little to do with each other, beside those of the review.
const MORE: [&str; 6] = [
    "wait-2014;last-scan=0;pages=2;with=pinner;with=pinner@1",
    "wait;last-scan=0;no-signals;with=reader;with=reader;with=lru-batch",
    "wait;judge=refs-alone;last-scan=0;no-signals;with=pinner;with=pinner",
    "isolate;with=reader;with=reader;with=mapper",
    "wait;last-scan=0;with=sealer;with=reader",
    "wait-2014;last-scan=0;with=pinner;with=pinner;with=mapper;from=pinner2:device-writes",
];

/// A page is put twice.
const WRONG_COUNTS: [&str; 2] = [
    "isolate-two-phase;judge=snapshot;fault=put-twice;with=pinner;with=mapper",
    "isolate;fault=put-twice;with=reader;with=mapper",
];

/// Those that are looked at state by state.
fn smaller() -> impl Iterator<Item = &'static Scenario> {
    scenarios().iter().filter(|(_, states)| *states < FEW).map(|(scenario, _)| scenario)
}

/// What is said of each claim, but for the length of a run.
fn said(report: &Report) -> Vec<String> {
    let verdict = |verdict: &Verdict| match verdict {
        Verdict::Refuted(_) => "refuted".to_owned(),
        other => other.to_string(),
    };
    report.verdicts.iter().map(|(claim, said)| format!("{}: {}", claim.name(), verdict(said))).collect()
}

/// How often something was less than half, and refuted.
type Tally = (usize, usize);

/// All claims together; and of each scenario with few states every fourth claim by itself, each in its turn, because
/// what may be left out depends on what is asked.
#[test]
fn verdicts_are_those_of_every_state() {
    let numbered: Vec<_> = scenarios().iter().enumerate().collect();
    let one = |&(number, (scenario, states)): &(usize, &(Scenario, usize)), _| {
        let system = System::new(scenario).expect("compiles");
        let asked = Claim::concerning(scenario);
        let all = decided(&system, &asked, Reduce::Nothing);
        for reduce in [Reduce::PartialOrder, Reduce::All] {
            let some = decided(&system, &asked, reduce);
            assert_eq!(said(&some), said(&all), "{scenario} {reduce}");
            assert!(some.figures.states <= all.figures.states, "{scenario} {reduce}");
        }
        let is_in_turn = |(place, _): &(usize, &Claim)| *states < FEW && (number + place) % 4 == 0;
        let by_itself = asked.iter().enumerate().filter(is_in_turn);
        let tallies = by_itself.map(|(place, claim)| asked_alone(&system, *claim, place, &all));
        Ok(tallies.fold((0, 0), |sum: Tally, one| (sum.0 + one.0, sum.1 + one.1)))
    };
    let tallies = map_all(&numbered, 0, &one).expect("no scenario fails");
    let (reduced, refuted) = tallies.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(reduced > 500, "{reduced}");
    assert!(refuted > 50, "{refuted}");
}

/// A claim by itself has the verdict that it has among all, at this place.
fn asked_alone(system: &System, claim: Claim, place: usize, all: &Report) -> Tally {
    let scenario = &system.scenario;
    let some = decided(system, &[claim], Reduce::PartialOrder);
    assert_eq!(said(&some), said(all)[place..=place], "{scenario}");
    let reduced = usize::from(2 * some.figures.states < all.figures.states);
    let (Some(Verdict::Refuted(run)), Some(Verdict::Refuted(shortest))) =
        (some.verdict(claim), all.verdict(claim))
    else {
        return (reduced, 0);
    };
    // the source itself is run over it, and says what it breaks
    assert!(Trace::of_refutation(scenario, run).is_ok(), "{scenario}: {}", claim.name());
    assert!(run.steps.len() >= shortest.steps.len(), "{scenario}: {}", claim.name());
    (reduced, 1)
}

/// Not the verdicts alone: states, transitions, depth, and every run to its last step.
#[test]
fn sleep_sets_leave_out_no_state() {
    let mut refuted = 0;
    // beyond a count that is wrong nothing is expanded, whoever else leads there
    let wrong = WRONG_COUNTS.map(scenario);
    for scenario in scenarios().iter().map(|(scenario, _)| scenario).chain(&wrong) {
        let system = System::new(scenario).expect("compiles");
        let asked = Claim::concerning(scenario);
        let (all, some) =
            [Reduce::Nothing, Reduce::SleepSets].map(|reduce| decided(&system, &asked, reduce)).into();
        let figures =
            |report: &Report| (report.figures.states, report.figures.transitions, report.figures.depth);
        assert_eq!(figures(&some), figures(&all), "{scenario}");
        assert_eq!(said(&some), said(&all), "{scenario}");
        for ((claim, verdict), (_, expected)) in some.verdicts.iter().zip(&all.verdicts) {
            if let (Verdict::Refuted(run), Verdict::Refuted(shortest)) = (verdict, expected) {
                refuted += 1;
                assert!(Trace::of_refutation(scenario, run).is_ok(), "{scenario}: {}", claim.name());
                assert_eq!(run.steps, shortest.steps, "{scenario}: {}", claim.name());
            }
        }
    }
    assert!(refuted > 50, "{refuted}");
}

/// Every state that is explored is reached, and so is every end of a run. One of three sets of claims is asked of each scenario, in
/// its turn.
#[test]
fn every_end_is_reached_and_nothing_else_is() {
    // in the last one an actor waits for ever while others can still move
    let deadlock = scenario(
        "isolate-two-phase;judge=snapshot;last-scan=0;no-signals;fault=forget-unlock;with=pinner;with=mapper",
    );
    let asked = [&[][..], &[Claim::NoWritablePin], &[Claim::CountLaw]];
    let mut all: Vec<(&Scenario, &[Claim])> = smaller().zip(asked.into_iter().cycle()).collect();
    all.extend(asked.map(|asked| (&deadlock, asked)));
    map_all(&all, 0, &|(scenario, asked), _| {
        ends_are_reached(scenario, asked);
        Ok(())
    })
    .expect("no scenario fails");
}

fn ends_are_reached(scenario: &Scenario, asked: &[Claim]) {
    let system = System::new(scenario).expect("compiles");
    let all = reached(&system, |state, found| {
        system.successors(state, |_, next| found(next)).expect("in range");
    });
    let is_end = |state: &State<W>| {
        let mut any = false;
        system.successors(state, |_, _| any = true).expect("in range");
        !any
    };
    let ends = |states: &HashSet<State<W>>| {
        states.iter().filter(|state| is_end(state)).copied().collect::<HashSet<_>>()
    };
    let reduction = Reduction::of(&system, asked, Reduce::PartialOrder);
    let mut stepper = Stepper::new(&system);
    let some = reached(&system, |state, found| {
        let mut any = false;
        let found = |next| {
            any = true;
            found(next);
        };
        reduction.successors(&mut stepper, &system, state, found).expect("in range");
        assert_eq!(any, !is_end(state), "{scenario}");
    });
    assert!(some.is_subset(&all), "{scenario}");
    assert_eq!(ends(&some), ends(&all), "{scenario}");
}

fn reached(system: &System, mut step: impl FnMut(&State<W>, &mut dyn FnMut(State<W>))) -> HashSet<State<W>> {
    let start = system.initial().expect("a start");
    let mut known = HashSet::from([start]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        step(&state, &mut |next| {
            if known.insert(next) {
                open.push(next);
            }
        });
    }
    known
}

/// In every state, two accesses that are said to commute do: neither blocks or frees the other, nor changes its
/// answer, and both orders end alike.
#[test]
fn what_is_said_to_commute_commutes() {
    let mut met = 0;
    for scenario in smaller() {
        let system = System::new(scenario).expect("compiles");
        let order = Order::of(&system, &[]);
        let all = reached(&system, |state, found| {
            system.successors(state, |_, next| found(next)).expect("in range");
        });
        let actors = 0..system.automata.len();
        for state in &all {
            for (one, other) in actors.clone().flat_map(|one| (0..one).map(move |other| (one, other))) {
                let here = |actor| system.layout.location(state, actor);
                if order.commute((one, here(one)), (other, here(other))) {
                    met += 1;
                    assert_eq!(
                        both(&system, state, one, other),
                        both(&system, state, other, one),
                        "{scenario}"
                    );
                    assert_eq!(answers_after(&system, state, one, other), answers(&system, state, one));
                    assert_eq!(answers_after(&system, state, other, one), answers(&system, state, other));
                }
            }
        }
    }
    assert!(met > 100_000, "{met}");
}

/// The answers that an actor may get.
fn answers(system: &System, state: &State<W>, actor: usize) -> HashSet<i16> {
    let mut answers = HashSet::new();
    system
        .successors(state, |step, _| {
            if step.actor as usize == actor {
                answers.insert(step.answer);
            }
        })
        .expect("in range");
    answers
}

/// Those that an actor may get after another one moved, if that one can.
fn answers_after(system: &System, state: &State<W>, actor: usize, first: usize) -> HashSet<i16> {
    let after = steps(system, state, first);
    let after: HashSet<i16> = after.iter().flat_map(|next| answers(system, next, actor)).collect();
    if steps(system, state, first).is_empty() { answers(system, state, actor) } else { after }
}

/// Where both lead, one after the other.
fn both(system: &System, state: &State<W>, first: usize, second: usize) -> HashSet<State<W>> {
    steps(system, state, first).iter().flat_map(|next| steps(system, next, second)).collect()
}

fn steps(system: &System, state: &State<W>, actor: usize) -> Vec<State<W>> {
    let mut found = Vec::new();
    system
        .successors(state, |step, next| {
            if step.actor as usize == actor {
                found.push(next);
            }
        })
        .expect("in range");
    found
}

/// Actors on two pages of their own have nothing to do with each other once the sealer is done: what is left of them
/// is one run.
#[test]
fn what_only_differs_in_order_is_one_run() {
    let scenario = scenario("wait-2014;last-scan=0;no-signals;pages=2;with=reader;with=reader@1");
    let system = System::new(&scenario).expect("compiles");
    let (all, some) = (decided(&system, &[], Reduce::Nothing), decided(&system, &[], Reduce::PartialOrder));
    assert!(
        3 * some.figures.states < all.figures.states,
        "{} of {}",
        some.figures.states,
        all.figures.states
    );
}

/// Every line of the reduction leaves something out. With less it would be as right, and take longer. Steps that the law
/// of counts could miss are never left out, whatever is asked.
#[test]
fn as_much_is_left_out_as_was_counted() {
    let mut counted = String::new();
    for text in [
        "wait-2014;with=pinner;with=mapper",
        "wait;last-scan=0;no-signals;with=reader;with=reader;with=lru-batch",
        "isolate;pages=2;with=mapper",
        "wait-2014;last-scan=0;no-signals;pages=2;with=pinner;with=pinner@1",
        "isolate-two-phase;with=truncate;with=reader",
    ] {
        let system = System::new(&scenario(text)).expect("compiles");
        let states = |claims: &[Claim], reduce| decided(&system, claims, reduce).figures.states;
        let all = Claim::concerning(&system.scenario);
        let of = |reduce| {
            [&[][..], &[Claim::NoWritablePin], &[Claim::SealsOnceFree], &all]
                .map(|asked| states(asked, reduce))
        };
        writeln!(counted, "{text}").expect("a string");
        for reduce in [Reduce::Nothing, Reduce::PartialOrder, Reduce::All] {
            writeln!(counted, "  {reduce}: {:?}", of(reduce)).expect("a string");
        }
    }
    expect![[r#"
        wait-2014;with=pinner;with=mapper
          none: [9398, 9398, 9398, 9398]
          partial-order: [1364, 1364, 5419, 5821]
          all: [1364, 1364, 5419, 5821]
        wait;last-scan=0;no-signals;with=reader;with=reader;with=lru-batch
          none: [2763, 2763, 2763, 2763]
          partial-order: [468, 468, 1437, 2239]
          all: [267, 267, 836, 1282]
        isolate;pages=2;with=mapper
          none: [973, 973, 973, 973]
          partial-order: [276, 284, 748, 748]
          all: [276, 284, 748, 748]
        wait-2014;last-scan=0;no-signals;pages=2;with=pinner;with=pinner@1
          none: [12921, 12921, 12921, 12921]
          partial-order: [1482, 1556, 9229, 11527]
          all: [1482, 1556, 9229, 11527]
        isolate-two-phase;with=truncate;with=reader
          none: [603, 603, 603, 603]
          partial-order: [168, 168, 427, 537]
          all: [168, 168, 427, 537]
    "#]]
    .assert_eq(&counted);
}

#[test]
fn something_is_left_out_unless_it_is_nothing() {
    assert!(!Reduce::Nothing.leaves_out_states() && !Reduce::SleepSets.leaves_out_states());
    assert!(Reduce::EACH[1..].iter().all(|reduce| reduce.leaves_out_states()));
}

/// Few states, and many accesses over many values: the tables would cost many times what they save.
#[test]
fn a_reduction_that_costs_more_than_it_saves_is_not_begun() {
    let line = "isolate;last-scan=2;no-signals;with=sealer;with=sealer;with=pinner;with=pinner";
    let (scenario, claims) = (scenario(line), [Claim::NoWritablePin, Claim::NoDeadlock]);
    let job = Job { claims: &claims, max_memory: 1 << 30, coverage: false, progress: None };
    let [all, some] = [Reduce::Nothing, Reduce::PartialOrder].map(|reduce| {
        decide_with(&scenario, &job, &Means { reduce, ..Means::default() }).expect("it can be explored")
    });
    let verdicts =
        |report: &Report| report.verdicts.iter().map(|(_, said)| said.to_string()).collect::<Vec<_>>();
    assert_eq!(verdicts(&some), verdicts(&all));
    assert_eq!(some.figures.states, all.figures.states);
    assert!(all.given_up.is_none());
    assert!(some.given_up.is_some_and(|said| said.starts_with("partial order is not begun")));
}
