//! Every seeded fault is refuted by the claim that it is said to break, and by its absence proved.

mod common;

use common::{decide, scenario};
use seal_checks::trace::Trace;
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;
use seal_model::fault::Fault;
use seal_model::scenario::{Method, Scenario, Strategy};

/// A judge that reads both counts, and a cast in which every fault shows.
fn seeded(method: Method, fault: Option<Fault>) -> Scenario {
    let strategy = match method {
        Method::Wait => Strategy::Wait,
        Method::Isolate => Strategy::Isolate,
    };
    let text = format!("{};judge=snapshot;enomem;with=pinner;with=mapper;with=writer", strategy.name());
    let mut scenario = scenario(&text);
    scenario.fault = fault;
    scenario
}

#[test]
fn the_sound_model_is_proved() {
    for method in [Method::Wait, Method::Isolate] {
        let report = decide(&seeded(method, None));
        for (claim, verdict) in &report.verdicts {
            assert!(verdict.is_proved(), "{}: {verdict}", claim.name());
        }
    }
}

#[test]
fn every_fault_is_refuted_by_its_claim() {
    for fault in Fault::ALL {
        let scenario = seeded(fault.method(), Some(fault));
        let report = decide(&scenario);
        let Some(Verdict::Refuted(refutation)) = report.verdict(fault.breaks()) else {
            panic!("{} does not break {}", fault.name(), fault.breaks().name());
        };
        let trace = Trace::of_steps(&scenario, &refutation.steps).expect("the source takes the same steps");
        let shown = match fault.breaks() {
            Claim::NoDeadlock => trace.deadlock,
            claim => trace.steps.last().is_some_and(|step| step.breaks.contains(&claim)),
        };
        assert!(shown, "{}: the trace does not end in the violation", fault.name());
    }
}

#[test]
fn every_claim_has_a_fault() {
    for claim in Claim::ALL {
        assert!(Fault::ALL.iter().any(|fault| fault.breaks() == claim), "{} has no fault", claim.name());
    }
}
