//! The state that a scenario starts in, if not at the beginning.

use std::sync::Arc;

use seal_model::access::{Answer, Lock};
use seal_model::ghost::Ghost;
use seal_model::machine::PlainCells;
use seal_model::scenario::Scenario;

use super::simulation::Simulation;
use crate::compile::{Automaton, compile_cast};
use crate::error::Error;
use crate::explore::system::Step;

/// The state that a scenario starts in: memory, and how everybody came there.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The scenario that starts there.
    pub scenario: Scenario,
    /// Memory.
    pub cells: PlainCells,
    /// For each actor the answers that it got.
    pub logs: Vec<Vec<Answer>>,
    /// The holdings of each actor.
    pub ghosts: Vec<Ghost>,
    /// The return value of each actor; none before it has returned.
    pub returned: Vec<Option<seal_model::Result>>,
    /// The locks that make a difference: more than one actor takes them, and not only to look something up.
    pub(crate) contended: Vec<Lock>,
}

impl Cut {
    /// The start of a scenario.
    ///
    /// # Errors
    /// As [`run_to`](crate::cut::run_to).
    pub fn of(scenario: &Scenario) -> Result<Self, Error> {
        Cut::after(scenario, &[])
    }

    /// The state that more steps lead to.
    ///
    /// # Errors
    /// As [`run_to`](crate::cut::run_to); steps that are none of the scenario.
    pub fn after(scenario: &Scenario, steps: &[Step]) -> Result<Self, Error> {
        let (mut simulation, _) = Simulation::new(scenario)?;
        for step in steps {
            let taken = simulation.as_move(*step, false);
            simulation.step(taken)?;
        }
        let probes = &simulation.probes;
        Ok(Cut {
            scenario: scenario.clone(),
            ghosts: probes.iter().map(|probe| probe.ghost).collect(),
            returned: probes.iter().map(|probe| probe.returned).collect(),
            contended: contended(scenario, &compile_cast(scenario)?),
            cells: simulation.cells,
            logs: simulation.logs,
        })
    }

    /// The actors that have not come to their end.
    pub(crate) fn moving(&self) -> impl Iterator<Item = usize> {
        (0..self.returned.len()).filter(|&actor| self.returned[actor].is_none())
    }
}

fn contended(scenario: &Scenario, automata: &[Arc<Automaton>]) -> Vec<Lock> {
    let mut takers: Vec<(Lock, usize, bool)> = Vec::new();
    for (actor, automaton) in automata.iter().enumerate() {
        let accesses = automaton.locations.iter().filter_map(|location| location.access);
        takers
            .extend(accesses.filter_map(|access| Some((access.lock(scenario)?, actor, access.is_lookup()))));
    }
    let contended = |lock: Lock| {
        let of_this = || takers.iter().filter(move |(other, ..)| *other == lock);
        let one = of_this().next().map(|(_, actor, _)| *actor);
        of_this().any(|(_, actor, _)| Some(*actor) != one) && of_this().any(|(.., lookup)| !lookup)
    };
    let mut locks: Vec<Lock> = Vec::new();
    for (lock, ..) in &takers {
        if !locks.contains(lock) && contended(*lock) {
            locks.push(*lock);
        }
    }
    locks
}
