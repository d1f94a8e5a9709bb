//! No seeded fault takes a cell or an answer out of its declared range, where several actors make the same slip.

use seal_checks::error::Error;
use seal_checks::explore::{Job, explore};
use seal_checks::pool::map_all;
use seal_model::claim::Claim;
use seal_model::fault::Fault;
use seal_model::scenario::Scenario;

/// Two sealers and more, and who else moves a count while they look.
const CASTS: [&str; 9] = [
    "with=sealer;with=sealer",
    "with=sealer;with=mapper:fault",
    "with=sealer;with=mapper@0:zap+fault",
    "with=sealer;with=mapper:loop",
    "with=sealer;with=writer:mprotect",
    "with=sealer;with=lookup-pinner",
    "with=sealer;with=truncate",
    "with=sealer;with=reclaim:loop",
    "with=sealer;folio=2;with=batched-mapper",
];

/// Room for some ten thousand states: enough for a slip to be made by each.
const MEMORY: usize = 1 << 20;

/// The first sealer's strategy and options are those that the catalogue shows the fault in.
fn scenario(fault: Fault, cast: &str) -> Option<Scenario> {
    let shown = fault.slip().shown_in;
    let options =
        shown.split(';').filter(|option| !option.starts_with("with=") && !option.starts_with("folio="));
    let options: Vec<&str> = options.collect();
    format!("{};fault={};{cast}", options.join(";"), fault.name()).parse().ok()
}

#[test]
fn every_fault_stays_in_its_ranges_where_several_actors_make_it() {
    let scenarios = Fault::ALL.into_iter().flat_map(|fault| CASTS.map(|cast| scenario(fault, cast)));
    let scenarios: Vec<Scenario> = scenarios.flatten().collect();
    assert_eq!(scenarios.len(), Fault::ALL.len() * CASTS.len());
    let left = |scenario: &Scenario, _| {
        let job = Job { claims: &[Claim::NoLeak], max_memory: MEMORY, coverage: false, progress: None };
        let explored = explore(scenario, &job);
        Ok(match explored {
            Err(error @ (Error::CellOutOfRange(_) | Error::AnswerOutOfRange { .. })) => {
                Some(format!("{scenario}: {error}"))
            }
            explored => explored.map(|_| None)?,
        })
    };
    let left = map_all(&scenarios, MEMORY, &left).expect("explored");
    let left: Vec<String> = left.into_iter().flatten().collect();
    assert!(left.is_empty(), "{}", left.join("\n"));
}
