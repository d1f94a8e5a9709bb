//! Behaviours under loom: those that refute are found, those that hold do in every execution, nothing left out.
//!
//! loom needs no `--cfg loom` here: its types are used by name. With it, these tests do the same.

use std::collections::BTreeSet;

use seal_checks::engine::windows::Windows;
use seal_checks::engine::{Engine, Limits, Scheduler, run};
use seal_checks::explore::Job;
use seal_checks::review::behaviours::{BEHAVIOURS, Behaviour};
use seal_checks::review::engines::end_to_end::{self, EndToEnd, Row};
use seal_checks::review::engines::{CHECKED_IN, EngineReview};
use seal_checks::trace::Trace;
use seal_checks::verdict::{Exit, Verdict, decide};
use seal_model::claim::{Claim, Witness};
use seal_model::fault::Fault;
use seal_model::scenario::Scenario;
use seal_model::sealer::judge::Judge;

fn behaviour(name: &str) -> Behaviour {
    BEHAVIOURS.into_iter().find(|behaviour| behaviour.name == name).expect("a behaviour of the review")
}

/// loom, unbounded, says what the manifest expects; and a refutation is a run of the actors' source.
fn comes_out_as_expected(name: &str) {
    let behaviour = behaviour(name);
    let scenario = behaviour.scenario().expect("a possible scenario");
    let found =
        run(Engine::Loom, &scenario, &[behaviour.claim], &Limits::default()).expect("loom can run it");
    let verdict = found.verdict(behaviour.claim);
    let said = match &verdict {
        Verdict::Held => "held",
        Verdict::Refuted(_) => "refuted",
        other => panic!("{other}"),
    };
    let expected = EngineReview::checked_in().expect("a readable manifest");
    assert_eq!(expected.verdicts(name)["loom"], said);
    for broken in &found.broken {
        let trace = Trace::of_weak_steps(&scenario, &broken.steps).expect("a run of the source");
        let last = trace.steps.last().expect("it has steps");
        assert!(last.breaks.contains(&behaviour.claim), "{:?} at {}", last.breaks, last.text);
        let again: Scenario = trace.schedule.scenario.to_string().parse().expect("its own text");
        assert_eq!(again, scenario);
    }
}

macro_rules! behaviours {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                comes_out_as_expected(stringify!($name));
            }
        )*

        #[test]
        fn every_behaviour_has_a_test() {
            assert_eq!(BEHAVIOURS.map(|behaviour| behaviour.name), [$(stringify!($name)),*]);
        }
    };
}

behaviours![
    a_fault_deceives_wait_2014,
    a_fault_deceives_isolate_2014,
    from_the_pin_on_a_fault_deceives_wait_2014,
    from_the_pin_on_a_zap_deceives_wait_2014_with_maps_first,
    from_the_pin_on_a_fault_deceives_isolate_2014,
    from_the_pin_on_a_zap_deceives_isolate_2014_with_maps_first,
    strict_comparison_does_not_help,
    four_loads_do_not_help,
    a_zap_and_a_fault_deceive_maps_refs_maps,
    a_fault_and_a_zap_deceive_refs_maps_refs,
    a_large_folio_deceives_a_judge_by_its_map_counts,
    fork_deceives_locked_refs_then_maps,
    a_zap_deceives_locked_maps_then_refs,
    a_zap_deceives_locked_refs_then_maps_where_loads_are_reordered,
    reclaim_hides_a_pin_that_came_without_a_mapping,
    the_count_alone_is_not_deceived_by_a_fault,
    repaired_wait_holds_against_a_fault,
    repaired_wait_holds_against_a_zap,
    repaired_wait_holds_against_fork,
    repaired_wait_holds_against_a_large_folio,
    repaired_wait_holds_against_reclaim_of_a_page_pinned_through_a_mapping,
    repaired_isolate_holds_against_a_fault,
    repaired_isolate_holds_against_a_zap,
    repaired_isolate_holds_against_fork,
    isolation_in_two_phases_holds_against_a_fault,
    isolation_in_two_phases_holds_against_a_zap,
    get_user_pages_meets_the_denial_of_2014_from_the_beginning,
    repaired_wait_holds_where_get_user_pages_meets_the_denial,
    repaired_isolate_holds_where_get_user_pages_meets_the_denial,
    an_early_flush_leaves_no_writable_translation,
    nothing_leaks_when_everybody_is_done,
];

/// The checked-in file is what the program writes: no line of it was edited by hand.
#[test]
fn the_manifest_is_as_it_is_written() {
    let read = EngineReview::checked_in().expect("a readable manifest");
    assert_eq!(read.manifest().expect("it can be written"), CHECKED_IN);
}

/// The explicit engine says the same, but where only a weak memory refutes.
#[test]
fn the_explicit_engine_agrees() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    for behaviour in BEHAVIOURS {
        let scenario = behaviour.scenario().expect("a possible scenario");
        let job = Job { claims: &[behaviour.claim], max_memory: 1 << 30, coverage: false, progress: None };
        let report = decide(&scenario, &job).expect("small");
        let proved = report.exit(true) == Exit::AsAsked;
        let expected = expected.verdicts(behaviour.name);
        assert_eq!(expected["explicit"], if proved { "proved" } else { "refuted" }, "{}", behaviour.name);
        let weak = behaviour.name.ends_with("where_loads_are_reordered");
        assert_eq!(proved && expected["loom"] == "refuted", weak, "{}", behaviour.name);
    }
}

/// A bound that was hit is named, and nothing is said to hold.
#[test]
fn a_run_that_hits_a_limit_never_holds() {
    let behaviour = behaviour("repaired_wait_holds_against_a_fault");
    let scenario = behaviour.scenario().expect("a possible scenario");
    for (limits, named) in [
        (Limits { preemptions: Some(1), ..Limits::default() }, "1 preemptions"),
        (Limits { executions: Some(100), ..Limits::default() }, "100 executions"),
        (Limits { time: Some(std::time::Duration::ZERO), ..Limits::default() }, "0 s, after 0 executions"),
    ] {
        let found = run(Engine::Loom, &scenario, &[behaviour.claim], &limits).expect("loom can run it");
        assert_eq!(found.verdict(behaviour.claim), Verdict::Undecided(named.to_owned()));
    }
}

/// A lock that nobody gives back is a deadlock, with its run.
#[test]
fn a_deadlock_is_found() {
    let text = "isolate-2014;fault=forget-unlock;with=pinner;with=mapper:fault;from=pinner:device-writes+sealer:replace-slot";
    let scenario: Scenario = text.parse().expect("a possible scenario");
    let claim = seal_model::claim::Claim::NoDeadlock;
    let found = run(Engine::Loom, &scenario, &[claim], &Limits::default()).expect("loom can run it");
    assert!(matches!(found.verdict(claim), Verdict::Refuted(_)), "{found:?}");
    let trace = Trace::of_weak_steps(&scenario, &found.broken[0].steps).expect("a run of the source");
    assert!(trace.deadlock);
}

/// A writable mapping that ends after the seal is set leaves no trace at the end. That loom tries the seal before it
/// as well is owed to a word that both touch.
#[test]
fn a_violation_that_ends_again_is_found() {
    let text = "wait;last-scan=0;no-signals;early-flush;fault=skip-deny;with=writer;with=sealer;\
                from=writer:zap-pte+sealer2:seals-set";
    let scenario: Scenario = text.parse().expect("a possible scenario");
    let claim = seal_model::claim::Claim::NoWritableMapping;
    let found = run(Engine::Loom, &scenario, &[claim], &Limits::default()).expect("loom can run it");
    assert!(matches!(found.verdict(claim), Verdict::Refuted(_)), "{found:?}");
}

/// Every behaviour that holds has a twin from the same start, and loom refutes it, as the explicit engine does: so there
/// is something to find behind each cut.
#[test]
fn what_holds_has_a_twin_that_is_refuted() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    for behaviour in BEHAVIOURS {
        let holds = expected.verdicts(behaviour.name)["explicit"] == "proved";
        let weak = behaviour.name.ends_with("where_loads_are_reordered");
        let Some(twin) = behaviour.twin().expect("a possible scenario") else {
            assert!(!holds || weak, "{} has no twin", behaviour.name);
            continue;
        };
        let scenario = behaviour.scenario().expect("a possible scenario");
        assert_eq!((scenario.cut(), scenario.cast()), (twin.cut(), twin.cast()), "{}", behaviour.name);
        assert_ne!((scenario.judge, scenario.fault), (twin.judge, twin.fault), "{}", behaviour.name);
        let found =
            run(Engine::Loom, &twin, &[behaviour.claim], &Limits::default()).expect("loom can run it");
        assert!(found.refuted_all, "{twin}: {:?}", found.bounded);
        let job = Job { claims: &[behaviour.claim], max_memory: 1 << 30, coverage: false, progress: None };
        assert_ne!(decide(&twin, &job).expect("small").exit(true).code(), 0, "{twin}");
    }
}

/// loom does not refute claims that are proved and hold on machines that reorder loads as well: of two stores none is lost,
/// no claim is looked at in the middle of an access, and who waits for an access of another to end is not stuck.
#[test]
fn loom_refutes_nothing_that_is_proved() {
    for (text, claim) in [
        ("wait;with=writer;with=writer", Claim::ReadsSeeWrites),
        ("wait;with=lookup-pinner:unlocked", Claim::IoLands),
        ("wait;with=forker;with=forker", Claim::NoDeadlock),
    ] {
        let scenario: Scenario = text.parse().expect("a possible scenario");
        let limits = Limits { executions: Some(1_000), ..Limits::default() };
        let found = run(Engine::Loom, &scenario, &[claim], &limits).expect("loom can run it");
        assert_eq!((found.broken.len(), found.executions), (0, 1_000), "{text}: {:?}", found.broken);
        assert_eq!(found.bounded.as_deref(), Some("1000 executions"), "{text}");
    }
}

/// Executions of a row that the tests run: rows with more are run by `sealcheck review --engines` alone.
const QUICK: usize = 1_000;

/// From the very beginning loom answers as the manifest says: what was posted is refuted within two preemptions, and by
/// which actors; what was repaired is not; faults are found.
#[test]
fn from_the_beginning_loom_answers_as_expected() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    let expected = expected.end_to_end();
    let mut rows = expected.rows().expect("rows that can be read");
    rows.retain(|row| expected.executions(row) <= QUICK);
    let found = end_to_end::ask(&rows, 1 << 30).expect("small, and loom can run them");
    let verdicts = |of: &EndToEnd| -> Vec<String> {
        rows.iter().map(|row| format!("{}: {}", row.name(), of.verdicts(row).join(", "))).collect()
    };
    assert_eq!(verdicts(&found), verdicts(expected));
}

/// Faults that loom can't be shown, each with the reason.
const NOT_RUN: [(Fault, &str); 2] = [
    (Fault::SplitJudge, "`snapshot` alone has it; without the fault, no memory of words can run that judge"),
    (Fault::SplitJudgeMapsFirst, "the same"),
];

/// A strategy, an actor or a fault that is new has rows. Most of the rows are small enough for the tests.
#[test]
fn every_strategy_actor_and_fault_is_run_from_the_beginning() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    let expected = expected.end_to_end();
    for row in end_to_end::movers().expect("possible scenarios") {
        assert!(expected.executions(&row) > 0, "no row: {}", row.name());
    }
    let rows = expected.rows().expect("rows that can be read");
    for fault in end_to_end::faults() {
        let is_run = rows.iter().any(|row| row.scenario.fault == Some(fault));
        let reason = NOT_RUN.iter().find(|(other, _)| *other == fault);
        assert_eq!(is_run, reason.is_none(), "{}: {reason:?}", fault.name());
    }
    let quick = rows.iter().filter(|row| expected.executions(row) <= QUICK).count();
    assert!(quick * 4 > rows.len() * 3, "{quick} of {} rows", rows.len());
}

fn is_repaired(row: &Row) -> bool {
    let Scenario { strategy, judge, fault, .. } = row.scenario;
    judge == Judge::LockUnmapRefs && strategy.default_judge() == judge && fault.is_none()
}

/// From the beginning loom refutes nothing that is proved, but for judges of two loads: these are reordered. A fault is
/// missed nowhere but where it takes a third preemption.
#[test]
fn from_the_beginning_every_difference_has_its_reason() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    let expected = expected.end_to_end();
    let mut missed = BTreeSet::new();
    for row in expected.rows().expect("rows that can be read") {
        match expected.verdicts(&row) {
            ["refuted", "refuted"] | ["proved", "no"] => {}
            ["proved", "refuted"] => {
                assert!(!is_repaired(&row) && row.scenario.fault.is_none(), "{}", row.name())
            }
            ["refuted", "no"] => missed.extend(row.scenario.fault.map(Fault::name)),
            other => panic!("{}: {other:?}", row.name()),
        }
    }
    let third = ["no-isolate-recheck", "no-mapping-recheck", "seal-before-wait"];
    assert_eq!(missed, third.into());
}

/// Three preemptions, in rows that two leave undecided: repaired strategies are not refuted, and every fault that was
/// missed is found.
#[test]
#[ignore = "minutes: three preemptions from the beginning"]
fn from_the_beginning_three_preemptions_do_not_refute_what_was_repaired() {
    let expected = EngineReview::checked_in().expect("a readable manifest");
    let expected = expected.end_to_end();
    let mut rows = expected.rows().expect("rows that can be read");
    rows.retain(|row| match expected.verdicts(row) {
        [explicit, "no"] => is_repaired(row) || explicit == "refuted",
        _ => false,
    });
    for (row, said) in rows.iter().zip(end_to_end::ask_further(&rows).expect("loom can run them")) {
        println!("{said:30} {}", row.name());
        let [explicit, _] = expected.verdicts(row);
        let expected = if explicit == "refuted" { "refuted " } else { "no, " };
        assert!(said.starts_with(expected), "{}: {said}", row.name());
    }
}

/// A program without end is cut short after so many steps, and no execution after that makes it a proof.
#[test]
fn a_program_without_end_is_cut_short() {
    let scenario: Scenario = "wait;with=mapper:loop".parse().expect("a possible scenario");
    let limits = Limits { executions: Some(3), steps: 100, ..Limits::default() };
    let found = run(Engine::Loom, &scenario, &[Claim::CountLaw], &limits).expect("loom can run it");
    assert_eq!((found.executions, found.bounded.as_deref()), (3, Some("3 executions")));
    let few = "wait;last-scan=0;no-signals;with=reader;from=sealer:seals-set+reader:put-page";
    let limits = Limits { executions: None, steps: 2, ..limits };
    let found = run(Engine::Loom, &few.parse().expect("a possible scenario"), &[Claim::CountLaw], &limits)
        .expect("loom can run it");
    assert!(found.bounded.is_some_and(|limit| limit.starts_with("2 steps, which ")));
}

/// The witnesses of a claim have to be seen in some execution.
#[test]
fn what_was_never_seen_is_vacuous() {
    let text = "wait;last-scan=0;no-signals;with=reader;from=sealer:seals-set+reader:put-page";
    let scenario: Scenario = text.parse().expect("a possible scenario");
    let claim = Claim::NoWritablePin;
    for limits in [Limits::default(), Limits { scheduler: Scheduler::DepthFirst, ..Limits::default() }] {
        for engine in [Engine::Loom, Engine::Shuttle] {
            if engine == Engine::Shuttle && limits.scheduler != Scheduler::DepthFirst {
                continue;
            }
            let found = run(engine, &scenario, &[claim], &limits).expect("it can run it");
            assert_eq!(found.witnessed, [Witness::Sealed]);
            assert_eq!(found.bounded, None);
        }
    }
}

/// A few steps from many cuts: loom comes to every end that the explicit engine has, and to others only by older
/// values. The review does this for all of its scenarios.
#[test]
fn windows_of_small_scenarios_come_out_alike() {
    let scenarios = [
        "wait;with=pinner;with=mapper:fault",
        "isolate;with=pinner;with=mapper:fault",
        "wait-2014;no-signals;with=truncate;with=file-writer;with=reader",
        "wait;no-signals;with=reader;with=reclaim",
        "wait-6.18;judge=expected-then-refs;with=pinner;with=forker",
    ];
    let scenarios = scenarios.map(|text| text.parse::<Scenario>().expect("a possible scenario"));
    let windows = Windows::choose(&scenarios, 1 << 30).expect("small");
    assert_eq!(windows.covered, windows.universe);
    let agreement = windows.run().expect("loom can run them");
    assert!(agreement.windows > 100, "{} windows", agreement.windows);
    assert_eq!((agreement.wrong.as_slice(), agreement.missed), (&[][..], 0));
    // fork and two loads: only a weak memory has that end. Without full barriers there would be others
    let weaker: Vec<_> = agreement.weaker.iter().map(|(loads, cuts)| (loads.as_str(), *cuts)).collect();
    assert_eq!(weaker, [("page-mapcount", 4), ("slot", 1)]);
}
