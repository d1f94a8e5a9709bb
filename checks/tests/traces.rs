//! Traces: the source takes the steps that the automata took, and a printed schedule runs again.

mod common;

use common::{decide, scenario};
use expect_test::expect;
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
        ("wait;with=mapper;run=", "`` is not in the cast"),
        ("wait;with=mapper;run=sealer=1", "has no choice"),
        ("wait;with=mapper;run=mapper*99", "is done"),
        ("wait;pages=2;with=mapper;run=mapper", "has a choice, and none is given"),
        ("wait;pages=2;with=mapper;run=mapper=7", "can't choose that"),
        ("wait;with=pinner;with=mapper;run=pinner*3,mapper*3", "is blocked"),
        ("wait;with=painter;run=sealer", "no actor is written `painter`"),
    ] {
        let run = text.parse::<Schedule>().and_then(Trace::of);
        let error = run.err().unwrap_or_else(|| panic!("{text} was accepted")).to_string();
        assert!(error.contains(cause), "{text}: {error}");
    }
}
