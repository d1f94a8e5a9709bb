//! Every seeded fault is refuted by the claim that it is said to break, and by its absence proved.

use std::process::Command;

use seal_checks::faults::run;
use seal_checks::trace::Trace;
use seal_checks::verdict::Verdict;
use seal_model::claim::Claim;
use seal_model::fault::Fault;
use serde_json::Value;

const MEMORY: usize = 2 << 30;
const BOOK: &str = include_str!("../../../docs/src/faults.md");

/// What the command makes of a printed line: its exit code, and the claims that the run breaks.
fn replayed(line: &str) -> (Option<i32>, Vec<String>) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sealcheck"));
    let output = program.args(["replay", line, "--json"]).output().expect("sealcheck runs");
    let run: Value = serde_json::from_slice(&output.stdout).expect("a run as JSON");
    let names = |value: &Value| -> Vec<String> {
        let names = value.as_array().expect("claims").iter();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let steps = run["steps"].as_array().expect("steps");
    let mut broken: Vec<String> = steps.iter().flat_map(|step| names(&step["breaks"])).collect();
    broken.extend(names(&run["breaks"]));
    if run["deadlock"] == true {
        broken.push(Claim::NoDeadlock.name().to_owned());
    }
    (output.status.code(), broken)
}

/// The line that is printed, given to `replay`, breaks what was refuted, of whatever kind the claim is.
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
        let line = trace.schedule.to_string();
        let (code, broken) = replayed(&line);
        assert_eq!(code, Some(1), "{name}: {line}");
        assert!(broken.iter().any(|broken| broken == claim.name()), "{name}: {line} breaks {broken:?}");
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
