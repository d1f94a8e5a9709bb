//! A difference, made small: as long as the same way differs from the reference, members of the cast go, and whatever
//! is unusual.

use seal_model::scenario::{Scenario, Seal};

use super::MOST_STATES_WIDE;
use super::compare::check_by;
use super::course::Course;
use super::engines::Ask;
use super::summary::Difference;
use crate::walk::shrink::PLAINER;

/// What may be made plainer beside that of a [walk](PLAINER), which must keep to its run.
const MORE: [fn(&mut Scenario); 5] = [
    |scenario| scenario.fault = None,
    |scenario| scenario.seal = Seal::Write,
    |scenario| scenario.judge = scenario.strategy.default_judge(),
    |scenario| scenario.last_scan = 0,
    |scenario| scenario.from.clear(),
];

/// The smallest scenario that is found in which the way of a difference differs, with its difference there.
pub fn shrink(difference: &Difference, ask: &dyn Ask) -> Difference {
    let mut best = one_claim(difference.clone(), ask);
    while let Some(smaller) =
        smaller(&best.scenario).into_iter().find_map(|smaller| differs(&smaller, &best, ask))
    {
        best = smaller;
    }
    best
}

/// The claim that differs, asked alone, if it differs then.
fn one_claim(difference: Difference, ask: &dyn Ask) -> Difference {
    let course = Course { alone: difference.claim, ..difference.course };
    let alone = Difference { course, ..difference.clone() };
    differs(&difference.scenario, &alone, ask).unwrap_or(difference)
}

/// What the way of a difference says in another scenario, if it differs there from the reference.
fn differs(scenario: &Scenario, difference: &Difference, ask: &dyn Ask) -> Option<Difference> {
    let course = difference.course;
    let checked = check_by(scenario, MOST_STATES_WIDE, &|_| vec![course], ask);
    // another claim may differ there for another reason
    let same = |found: &Difference| (found.course, found.claim) == (course, difference.claim);
    checked.differences.into_iter().find(same)
}

/// Scenarios that are smaller by one thing.
fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let fewer = (1..scenario.cast().len()).rev().map(|actor| scenario.clone().without(actor));
    let plainer = PLAINER.iter().chain(&MORE).map(|change| {
        let mut changed = scenario.clone();
        change(&mut changed);
        changed
    });
    let possible = fewer.chain(plainer).filter_map(|changed| changed.validate().ok());
    // last_scan has two values that are plain, and may not go to and fro between them
    possible.filter(|changed| changed != scenario && weight(changed) < weight(scenario)).collect()
}

/// How much there is to a scenario.
fn weight(scenario: &Scenario) -> usize {
    let usual = Scenario::new(scenario.strategy);
    let unusual = [
        scenario.judge != usual.judge,
        scenario.seal != usual.seal,
        scenario.pages != usual.pages,
        scenario.folio != usual.folio,
        scenario.pin_weight != usual.pin_weight,
        scenario.last_scan != usual.last_scan,
        scenario.allocation_may_fail,
        !scenario.signals,
        scenario.early_flush,
        scenario.children_first,
        scenario.fault.is_some(),
    ];
    let unusual = unusual.into_iter().filter(|unusual| *unusual).count();
    16 * scenario.cast().len() + 8 * scenario.from.len() + unusual + scenario.pages as usize
}
