//! Traces: the source takes the steps that the automata took, and a printed schedule runs again.

use crate::common::{decide, scenario};
use expect_test::expect;
use seal_checks::explore::fair::Fairness;
use seal_checks::schedule::Schedule;
use seal_checks::trace::Trace;
use seal_checks::trace::sentence::sentence;
use seal_checks::trace::table::table;
use seal_checks::verdict::{Report, Verdict};
use seal_model::claim::Claim;

fn shortest(report: &Report, claim: Claim) -> Trace {
    let Some(Verdict::Refuted(refutation)) = report.verdict(claim) else { panic!("{} holds", claim.name()) };
    Trace::of_steps(&report.scenario, &refutation.steps).expect("the source takes the same steps")
}

#[test]
fn a_printed_schedule_runs_again_and_ends_in_the_same_violation() {
    for text in ["wait-2014;with=pinner;with=mapper", "isolate-2014;pages=2;enomem;with=pinner;with=mapper"] {
        let report = decide(&scenario(text));
        let trace = shortest(&report, Claim::NoWritablePin);
        let again: Schedule = trace.schedule.to_string().parse().expect("what was printed can be read");
        assert_eq!(again, trace.schedule);
        let again = Trace::of(again).expect("what was printed runs");
        let last = again.steps.last().expect("some steps");
        assert!(last.breaks.contains(&Claim::NoWritablePin));
        assert_eq!(table(&again), table(&trace));
    }
}

#[test]
fn every_step_cites_a_line_of_the_model() {
    let report = decide(&scenario("isolate-2014;pages=2;enomem;with=pinner;with=mapper;with=reader"));
    let trace = shortest(&report, Claim::FailureAtomic);
    for step in &trace.steps {
        assert!(step.source.contains(".rs:") && step.function != "?", "{step:?}");
        assert!(!step.source.starts_with("page.rs"), "an accessor is not where the step is: {step:?}");
    }
}

#[test]
fn a_sentence_tells_what_matters_in_order() {
    let report = decide(&scenario("wait-2014;with=pinner;with=mapper"));
    let trace = shortest(&report, Claim::NoWritablePin);
    expect![[r#"
        pinner maps page0, pins page0, unmaps page0; sealer denies writable mappings; pinner puts page0; sealer reads page_count(page0) = 2; mapper maps page0; sealer reads page_mapcount(page0) = 1, sets the seal: sealed with a writable pin alive"#]]
    .assert_eq(&sentence(&trace, Claim::NoWritablePin));
}

#[test]
fn a_damaged_schedule_is_refused() {
    for (text, cause) in [
        ("wait;with=mapper", "no `;run=`"),
        ("wait;with=mapper;run=pinner", "`pinner` is not in the cast"),
        ("wait;with=mapper;run=sealer*x", "`sealer*x` is no step"),
        ("wait;with=mapper;run=sealer*99999999999", "is no step"),
        ("wait;with=mapper;run=", "no step where one should be"),
        ("wait;with=mapper;run=sealer,,mapper", "no step where one should be"),
        ("wait;with=mapper;run=sealer,", "no step where one should be"),
        ("wait;with=mapper;run=sealer;run=mapper", "one `;run=`, and this one names it twice"),
        (
            "wait;with=mapper;run=sealer;for-ever=mapper;for-ever=mapper",
            "one `;for-ever=`, and this one names",
        ),
        (
            "wait;with=mapper;run=sealer;alone=sealer;alone=sealer",
            "one `;alone=`, and this one names it twice",
        ),
        ("wait;with=mapper;run=sealer;alone=sealer;for-ever=sealer", "not with both"),
        ("wait;with=mapper;for-ever=sealer;run=sealer", "can't hold `for-ever=sealer`"),
        ("wait;run=sealer;with=mapper", "`with=mapper` stands behind `;run=`"),
        ("wait;run=sealer;", "`` stands behind `;run=`"),
        (
            "wait;with=mapper;run=sealer=1",
            "step 1: the sealer now asks mutex_lock(i_mutex), there is no choice",
        ),
        ("wait;with=mapper;run=mapper*99", "step 11: mapper has returned 0"),
        (
            "wait;pages=2;with=mapper;run=mapper",
            "mapper has a choice, and none is given: give =0 (uses index0) or",
        ),
        ("wait;pages=2;with=mapper;run=mapper=7", "mapper can't choose 7: give =0 (uses index0) or =1 (uses"),
        (
            "wait;with=pinner;with=mapper;run=pinner*3,mapper*3",
            "mapper waits for the page lock of page0, which pinner",
        ),
        (
            "wait;with=sealer;run=sealer1,sealer2",
            "step 2: sealer2 waits for the inode lock, which sealer1 holds",
        ),
        ("wait;with=mapper;run=sealer~1", "mutex_lock(i_mutex), and no older value answers that"),
        ("wait;with=mapper;run=sealer,sealer~1", "can't have loaded 1 by info->seals: it was never there"),
        ("wait;run=sealer*2;for-ever=", "repeats no step, and the sealer can move"),
        (
            "wait;with=mapper:loop;run=mapper*11;for-ever=mapper*10",
            "the sealer can move at every step that repeats",
        ),
        ("wait;with=mapper;run=sealer*2;for-ever=mapper", "does not come back to where it began"),
        ("wait;with=mapper;run=sealer*2;alone=sealer", "`;alone=` ends while the sealer can move"),
        ("wait;with=mapper;run=sealer*2;alone=mapper", "step 3: only the sealer moves in `;alone=`"),
        ("wait;with=painter;run=sealer", "no actor is written `painter`"),
    ] {
        let run = text.parse::<Schedule>().and_then(Trace::of);
        let error = run.err().unwrap_or_else(|| panic!("{text} was accepted")).to_string();
        assert!(error.contains(cause), "{text}: {error}");
    }
}

/// The first thing done to a repair: the run that broke the strategy before it.
#[test]
fn a_run_of_another_strategy_is_shown_as_far_as_it_fits() {
    let report = decide(&scenario("wait-2014;with=pinner;with=mapper"));
    let line = shortest(&report, Claim::NoWritablePin).schedule.to_string();
    let on = |strategy: &str, judge: &str| {
        let line = line.replace("wait-2014", strategy).replace("refs-then-maps", judge);
        let schedule = line.parse::<Schedule>().unwrap_or_else(|error| panic!("{line}: {error}"));
        Trace::as_far_as_it_fits(schedule).expect("it can be begun")
    };
    let same = on("wait-2014", "refs-then-maps");
    assert_eq!((same.ended.as_ref(), same.broken().collect::<Vec<_>>()), (None, vec![Claim::NoWritablePin]));
    // the order of the two loads decides; nothing ends, and nothing is broken
    let other = on("wait", "maps-then-refs");
    assert_eq!((other.steps.len(), other.ended), (24, None));
    let repaired = on("wait", "lock-unmap-refs");
    assert_eq!(repaired.broken().count(), 0);
    for trace in [same, repaired] {
        let fits = trace.fitting();
        assert_eq!(fits.moves.len(), trace.steps.len());
        let again = Trace::of(fits.to_string().parse().expect("a schedule")).expect("it fits");
        assert_eq!(again.steps.len(), trace.steps.len());
    }
}

/// Each reason by a run that meets it, with the number of the step.
#[test]
fn a_run_ends_where_it_does_not_fit_and_says_why() {
    for (text, step, why) in [
        ("wait;with=pinner;run=pinner,sealer*9", 6, "the sealer has returned EBUSY"),
        (
            "wait;with=mapper;run=mapper*4,sealer*99",
            11,
            "the sealer waits for the page lock of page0, which mapper holds",
        ),
        (
            "wait;judge=refs-then-maps;with=mapper;run=sealer*4,sealer=0",
            5,
            "the sealer now asks page_count(page0), there is no choice to make",
        ),
    ] {
        let trace = Trace::as_far_as_it_fits(text.parse().expect("a schedule")).expect("it can be begun");
        let ended = trace.ended.clone().unwrap_or_else(|| panic!("{text} fits"));
        assert_eq!((ended.step, trace.steps.len()), (step, step - 1), "{text}: {ended}");
        assert!(ended.reason.contains(why), "{text}: {ended}");
        let shown = table(&trace);
        let so_far = format!("\n{ended}; no claim is broken so far.\n");
        assert!(shown.contains(&so_far), "{shown}");
        let fits = format!("the steps before it: sealcheck replay '{}'\n", trace.fitting());
        assert!(shown.ends_with(&fits), "{shown}");
    }
}

/// A run that repeats breaks `returns` under the fairness that it is fair by, and no other; one in which the sealer is
/// done breaks nothing.
#[test]
fn a_run_without_end_is_judged_by_its_fairness() {
    let broken = |text: &str| {
        let trace =
            Trace::of(text.parse().expect("a schedule")).unwrap_or_else(|error| panic!("{text}: {error}"));
        (trace.fairness, trace.broken().collect::<Vec<_>>())
    };
    // a mapper stops with the page locked
    let alone = "wait;with=mapper;run=mapper*4,sealer*6;for-ever=";
    assert_eq!(broken(alone), (Some(Fairness::Sealer), vec![Claim::Returns]));
    let weak = "wait;with=mapper:loop;run=sealer*4,mapper*2,sealer*2;for-ever=mapper*10";
    assert_eq!(broken(weak), (Some(Fairness::Weak), vec![Claim::Returns]));
    let strong = "wait;judge=snapshot;last-scan=1;fault=wait-for-ever;with=pinner;run=sealer*2,pinner*9,sealer*4,\
                  pinner*2,pinner=0,pinner=0;for-ever=sealer*4";
    assert_eq!(broken(strong), (Some(Fairness::Strong), vec![Claim::Returns]));
    // the sealer is done: a mapper that goes on, or stops, keeps it from nothing
    let done = "wait;with=mapper:loop;run=sealer*8";
    assert_eq!(broken(done), (None, vec![]));
    assert_eq!(broken(&format!("{done},mapper;for-ever=mapper*10")), (Some(Fairness::Strong), vec![]));
    assert_eq!(broken(&format!("{done};for-ever=")), (Some(Fairness::Sealer), vec![]));
}

/// Each step replays the actor once: a loop of thousands of steps under an engine is shown as well.
#[test]
fn a_run_of_thousands_of_steps_is_shown() {
    let line = "wait;last-scan=0;no-signals;with=mapper:loop;run=mapper*4000";
    let trace = Trace::as_far_as_it_fits(line.parse().expect("a schedule")).expect("a run");
    assert_eq!((trace.steps.len(), trace.ended.is_none()), (4000, true));
}

/// The sealer alone breaks a claim only from a state that the claim speaks of, and only if it does not return 0.
#[test]
fn a_run_of_the_sealer_alone_is_judged_by_what_it_returns() {
    let before = "wait;judge=snapshot;last-scan=1;fault=busy-sticks;with=pinner;run=sealer*2,pinner*9,sealer*8,pinner*2,\
                  pinner=0,pinner=1";
    let broken = |text: &str| Trace::of(text.parse().expect("a schedule")).map(|trace| trace.breaks);
    let refuted = format!("{before},pinner;alone=sealer,sealer=0,sealer*6");
    assert_eq!(broken(&refuted).ok(), Some(vec![Claim::SealsOnceFree]));
    // the pin is still there
    assert_eq!(broken(&format!("{before};alone=sealer,sealer=0,sealer*6")).ok(), Some(vec![]));
    // without the fault it returns 0
    assert_eq!(broken(&refuted.replace("fault=busy-sticks;", "")).ok(), Some(vec![]));
    let killed = broken(&refuted.replace("sealer=0", "sealer=1")).expect_err("a signal comes").to_string();
    assert!(killed.contains("in `;alone=` no signal comes"), "{killed}");
}
