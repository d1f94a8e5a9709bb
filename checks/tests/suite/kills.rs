//! For every claim that loom and shuttle can judge, a seeded fault that each of them finds.

use std::fmt::Write;

use crate::common::quotes::assert_shown;
use seal_checks::engine::{Engine, Limits, Scheduler, run};
use seal_checks::faults::shown_in;
use seal_checks::pool::map_all;
use seal_checks::review::engines::end_to_end::fault_in;
use seal_checks::trace::Trace;
use seal_checks::verdict::Verdict;
use seal_model::claim::{Claim, Kind};
use seal_model::fault::Fault;
use seal_model::scenario::Scenario;

/// Executions of one scheduler.
const RUNS: usize = 10_000;

/// Preemptions of one execution under loom: enough for both strategies as posted, see the test `loom`.
const PREEMPTIONS: usize = 2;

/// Claims that an engine is not seen to refute here, each with the reason.
const LEFT_OUT: [(Engine, Claim, &str); 0] = [];

/// A fault that an engine finds: its name, how, and the first execution that shows it.
type Found = (&'static str, String, usize);

/// Every way to search that an engine has, in words.
fn ways(engine: Engine) -> Vec<(String, Limits)> {
    let limits = Limits { executions: Some(RUNS), ..Limits::default() };
    match engine {
        Engine::Loom => vec![(String::new(), Limits { preemptions: Some(PREEMPTIONS), ..limits })],
        _ => [Scheduler::Pct(3), Scheduler::Random, Scheduler::Uniform]
            .map(|scheduler| (format!("{}, ", scheduler.name()), Limits { scheduler, ..limits }))
            .to_vec(),
    }
}

/// A fault's own scenario; under loom with a judge that it can run.
fn scenario(engine: Engine, fault: Fault) -> Option<Scenario> {
    let shown = shown_in(fault).expect("a possible scenario");
    if engine != Engine::Loom {
        return Some(shown.with_fault(fault));
    }
    fault_in(fault, shown.strategy, 1 << 30).expect("small").map(|row| row.scenario)
}

/// The fault whose scenario refutes a claim in the earliest execution. What it refutes, the source does as well.
fn find(engine: Engine, claim: Claim) -> Option<Found> {
    let mut best: Option<Found> = None;
    for fault in Fault::ALL.into_iter().filter(|fault| fault.breaks() == claim) {
        let Some(scenario) = scenario(engine, fault) else { continue };
        for (how, limits) in ways(engine) {
            let most = best.as_ref().map_or(RUNS, |(.., first)| first - 1);
            if most == 0 {
                return best;
            }
            let limits = Limits { executions: Some(most), ..limits };
            // a cast that is too large
            let Ok(found) = run(engine, &scenario, &[claim], &limits) else { continue };
            if let Verdict::Refuted(refutation) = found.verdict(claim) {
                Trace::of_weak_refutation(&scenario, &refutation).expect("the source does the same");
                best = Some((fault.name(), how, found.broken[0].first));
            }
        }
    }
    best
}

#[test]
fn loom_and_shuttle_find_a_fault_of_every_claim() {
    let judged = |claim: &Claim| matches!(claim.kind(), Kind::State | Kind::Step);
    let claims: Vec<Claim> = Claim::ALL.into_iter().filter(judged).collect();
    let find =
        |claim: &Claim, _| Ok([Engine::Shuttle, Engine::Loom].map(|engine| (engine, find(engine, *claim))));
    let found = map_all(&claims, 0, &find).expect("no search fails");
    let mut rows = String::from("| claim | shuttle | loom |\n|---|---|---|");
    let mut wrong = Vec::new();
    for (claim, found) in claims.iter().zip(found) {
        let _ = write!(rows, "\n| `{}` |", claim.name());
        for (engine, found) in found {
            let left_out = LEFT_OUT.iter().find(|(by, of, _)| (*by, *of) == (engine, *claim));
            let _ = match (&found, left_out) {
                (Some((fault, how, first)), None) => write!(rows, " `{fault}` ({how}run {first}) |"),
                (None, Some((.., reason))) => write!(rows, " none: {reason} |"),
                _ => {
                    wrong.push(format!("{} by {}: {found:?}", claim.name(), engine.name()));
                    Ok(())
                }
            };
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}\n{rows}");
    assert_shown("docs/src/engines.md", "kills", &rows);
}
