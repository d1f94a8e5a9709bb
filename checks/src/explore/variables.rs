//! The variables of a product, each with every value that it may have.

use std::collections::{BTreeSet, HashMap};

use seal_model::claim::Status;
use seal_model::ghost::{Held, Holding};
use seal_model::machine::CellSpec;
use seal_model::scenario::Scenario;

use crate::compile::Location;
use crate::explore::system::System;
use crate::hash::StateHash;
use crate::table::Variable;

/// Values of cells are those that they declare; what actors hold is a function of their locations.
#[derive(Debug)]
pub(crate) struct Variables {
    /// The cells.
    pub(crate) specs: Vec<CellSpec>,
    values: HashMap<Variable, Vec<i16>, StateHash>,
}

impl Variables {
    pub(crate) fn new(system: &System) -> Self {
        let specs = system.layout.specs.clone();
        let cells = specs.iter().map(|spec| (Variable::Cell(spec.cell), (spec.low..=spec.high).collect()));
        let mut values: HashMap<Variable, Vec<i16>, StateHash> = cells.collect();
        for what in holdings(&system.scenario) {
            let mut sums = BTreeSet::from([0]);
            for (actor, automaton) in system.automata.iter().enumerate() {
                let own: BTreeSet<i16> = automaton.locations.iter().map(|at| held(at, what)).collect();
                sums = sums.iter().flat_map(|sum| own.iter().map(move |held| sum + held)).collect();
                values.insert(Variable::Of(actor, what), own.into_iter().collect());
            }
            values.insert(Variable::Sum(what), sums.into_iter().collect());
        }
        Variables { specs, values }
    }

    /// Every value of a variable, in ascending order. A cell that the scenario does not have is constant 0.
    pub(crate) fn values(&self, variable: Variable) -> &[i16] {
        self.values.get(&variable).map_or(&[0], |values| values)
    }
}

/// What an actor holds at a location.
pub(crate) fn held(location: &Location, what: Holding) -> i16 {
    Status { ghost: &location.ghost, returned: location.returned }.held(what)
}

/// All that an actor may hold.
pub(crate) fn holdings(scenario: &Scenario) -> Vec<Holding> {
    let of_page = scenario.all_pages().flat_map(|page| {
        [
            Holding::Transient(page),
            Holding::Deferred(page),
            Holding::Cache(page),
            Holding::Pins(page),
            Holding::Locked(page),
        ]
    });
    let rest = [
        Holding::Counted,
        Holding::Denied,
        Holding::InodeLocked,
        Holding::Replaced,
        Holding::Refused,
        Holding::Unmapped,
        Holding::SawSeals,
        Holding::JudgedPinned,
        Holding::ScanBegins,
        Holding::Reading,
        Holding::ReadDiffers,
        Holding::Returned,
    ];
    of_page.chain(scenario.indices().map(Holding::Tag)).chain(rest).collect()
}
