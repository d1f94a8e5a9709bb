//! Every seeded fault is refuted by the claim that it is said to break, and by its absence proved.

use seal_checks::faults::run;
use seal_checks::trace::Trace;
use seal_checks::verdict::Verdict;
use seal_model::claim::{Claim, Kind};
use seal_model::fault::Fault;

const MEMORY: usize = 2 << 30;
const BOOK: &str = include_str!("../../docs/src/faults.md");

#[test]
fn every_fault_is_refuted_by_its_claim_and_only_with_it() {
    let killed = run(MEMORY, &|_| ()).expect("the catalogue names possible scenarios");
    assert_eq!(killed.len(), Fault::ALL.len());
    for killed in killed {
        let (name, claim) = (killed.fault.name(), killed.fault.breaks());
        let without = killed.without.verdict(claim).expect("asked");
        assert!(without.is_proved(), "{} without {name}: {without}", claim.name());
        let Some(Verdict::Refuted(refutation)) = killed.with.verdict(claim) else {
            panic!("{name} does not break {}", claim.name());
        };
        let scenario = &killed.with.scenario;
        let trace = Trace::of_refutation(scenario, refutation).expect("the source takes the same steps");
        let shown = match (claim, claim.kind()) {
            (Claim::NoDeadlock, _) => trace.deadlock,
            (_, Kind::Progress) => refutation.cycle_from.is_some(),
            (_, Kind::Alone) => trace.alone_from.is_some(),
            _ => trace.steps.last().is_some_and(|step| step.breaks.contains(&claim)),
        };
        assert!(shown, "{name}: the trace does not end in the violation");
        let row = BOOK.lines().find(|row| row.starts_with(&format!("| `{name}` |")));
        let steps = format!("| {} |", refutation.steps.len());
        assert!(row.is_some_and(|row| row.contains(&steps)), "{name}: the book has other than {steps}");
    }
}

#[test]
fn every_claim_has_a_fault() {
    let without: Vec<_> = Claim::ALL
        .into_iter()
        .filter(|claim| !Fault::ALL.iter().any(|fault| fault.breaks() == *claim))
        .map(Claim::name)
        .collect();
    assert_eq!(without, [""; 0], "a claim that no fault refutes says nothing");
}

/// The names on the command line are those of the catalogue.
#[test]
fn faults_are_read_as_they_are_written() {
    for fault in Fault::ALL {
        assert_eq!(fault.name().parse(), Ok(fault));
    }
}
