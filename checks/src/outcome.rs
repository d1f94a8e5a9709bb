//! How a run ended, in one line, as litmus tests say it: what everybody returned, and what a recipient is left with.

use std::collections::BTreeSet;

use seal_model::access::SEAL_WRITE;
use seal_model::claim::{Status, World, no_writable_pin};
use seal_model::ghost::Held;
use seal_model::machine::{Cell, Cells};
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::system::{MOST_WORDS, State, System};

/// More states than this, and the allowed outcomes of a scenario are not listed.
const MOST_STATES: usize = 4_000_000;

/// The outcome of a run that is over.
pub fn outcome<C: Cells>(world: &World<'_, C, Status<'_>, impl Held>) -> String {
    let returned = |actor: usize| match world.actors[actor].returned {
        Some(Ok(())) => "0".to_owned(),
        Some(Err(error)) => format!("-{error:?}"),
        None => "-".to_owned(),
    };
    let each = (0..world.actors.len())
        .map(|actor| format!("{}={}", world.scenario.actor_name(actor), returned(actor)));
    let mut text = each.collect::<Vec<_>>().join(" ");
    if world.cells.get(Cell::Seals) & SEAL_WRITE != 0 {
        text.push_str(" sealed");
    }
    if !no_writable_pin(world) {
        text.push_str(" pinned");
    }
    if world.actors.iter().any(|actor| actor.ghost.own.read_differs) {
        text.push_str(" read-differs");
    }
    text
}

/// Every outcome that a scenario can have under sequential consistency.
///
/// # Errors
/// As [`System::new`], or too many states.
pub fn allowed(scenario: &Scenario) -> Result<BTreeSet<String>, Error> {
    let system = System::new(scenario)?;
    let initial: State<MOST_WORDS> = system.initial()?;
    let mut seen = std::collections::HashSet::from([initial]);
    let mut open = vec![initial];
    let mut outcomes = BTreeSet::new();
    while let Some(state) = open.pop() {
        let mut ends = true;
        system.successors(&state, |_, next| {
            ends = false;
            if seen.insert(next) {
                open.push(next);
            }
        })?;
        if ends {
            #[expect(clippy::redundant_closure, reason = "the function alone is tied to one lifetime")]
            outcomes.insert(system.view(&state, |world| outcome(world)));
        }
        if seen.len() > MOST_STATES {
            return Err(Error::Engine(format!(
                "`{scenario}` has more than {MOST_STATES} states: its allowed outcomes can't be listed, use fewer actors"
            )));
        }
    }
    Ok(outcomes)
}
