//! One scenario and one schedule, run in every way there is: the actors as futures over plain memory, their automata
//! over packed states, and the trace, which replays them from logs. They must agree step by step.

use std::cell::RefCell;
use std::collections::HashMap;

use seal_model::access::Access;
use seal_model::claim::Claim;
use seal_model::ghost::Ghost;
use seal_model::machine::{Cells, apply};
use seal_model::scenario::Scenario;

use super::Trouble;
use crate::error::Error;
use crate::explore::system::{MOST_WORDS, State, System};
use crate::ranged::Ranged;
use crate::trace::Trace;
use crate::walk::case::{Case, Field, encode};
use crate::walk::{Run, walk};

/// Members beside the sealer: more of them take too long to compile.
const MEMBERS: usize = 4;
/// Pages: the same.
const PAGES: u8 = 2;
/// Compiled scenarios that are kept.
const KEPT: usize = 64;
/// Steps of a trace: each replays its actor from the beginning.
const TRACED: usize = 48;

thread_local! {
    static SYSTEMS: RefCell<HashMap<Scenario, System>> = RefCell::default();
}

/// A scenario that is compiled in no time.
fn small(scenario: Scenario) -> Scenario {
    let mut smaller = scenario.clone();
    smaller.pages = smaller.pages.min(PAGES);
    while smaller.cast().len() > MEMBERS + 1 {
        smaller = smaller.clone().without(smaller.cast().len() - 1);
    }
    smaller.validate().unwrap_or_else(|_| Scenario::new(scenario.strategy))
}

pub(super) fn case(bytes: &[u8]) -> Result<(), Trouble> {
    let Case { scenario, schedule } = Case::decode(bytes, Field::All);
    let scenario = small(scenario);
    SYSTEMS.with_borrow_mut(|systems| {
        if systems.len() >= KEPT {
            systems.clear();
        }
        if !systems.contains_key(&scenario) {
            match System::new(&scenario) {
                Ok(system) => systems.insert(scenario.clone(), system),
                // what does not fit into a state is no scenario of the explorer
                Err(Error::StateTooWide { .. }) => return Ok(()),
                Err(error) => return Err(Trouble::from(error)),
            };
        }
        compare(&systems[&scenario], schedule)
            .map_err(|difference| Trouble::Finding(format!("{difference}\nin {scenario}")))
    })
}

/// What is seen of a run between two steps.
struct Seen {
    cells: Ranged,
    asks: Vec<Option<Access>>,
    ghosts: Vec<Ghost>,
    returned: Vec<Option<seal_model::Result>>,
    holds: Vec<bool>,
}

impl Seen {
    fn of(run: &Run<'_>) -> Self {
        let cast = 0..run.actors();
        Seen {
            cells: run.cells.clone(),
            asks: cast.clone().map(|actor| run.asks(actor).map(|(access, _)| access)).collect(),
            ghosts: cast.clone().map(|actor| *run.ghost(actor)).collect(),
            returned: cast.map(|actor| run.returned(actor)).collect(),
            holds: Claim::concerning(run.scenario).into_iter().map(|claim| run.holds(claim)).collect(),
        }
    }
}

fn compare(system: &System, schedule: &[u8]) -> Result<(), String> {
    let scenario = &system.scenario;
    let mut seen = Vec::new();
    let walked = match walk(scenario, &[], schedule, |run| seen.push(Seen::of(run))) {
        Ok(walked) => walked,
        // a fault may count until there is no room
        Err(_) if scenario.fault.is_some() => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let mut state = system.initial::<MOST_WORDS>().map_err(|error| error.to_string())?;
    for (number, (step, seen)) in walked.taken.iter().zip(&seen).enumerate() {
        let at = |what: &str| format!("step {}: {what}", number + 1);
        let next = system.after(&state, *step).map_err(|error| at(&error.to_string()))?;
        state = next.ok_or_else(|| at("the automaton can't take it"))?;
        alike(system, &state, seen).map_err(|what| at(&what))?;
    }
    let short = &walked.taken[..walked.taken.len().min(TRACED)];
    let trace = Trace::of_steps(scenario, short).map_err(|error| format!("in the trace: {error}"))?;
    let line = trace.schedule.to_string();
    if line.parse().ok() != Some(trace.schedule) {
        return Err(format!("it is not read as it is written: {line}"));
    }
    // the bytes of these steps are a case that begins with them
    let Some(bytes) = encode(scenario, short, Field::All) else { return Ok(()) };
    let Case { scenario: same, schedule } = Case::decode(&bytes, Field::All);
    let again = walk(&same, &[], schedule, |_| ()).map_err(|error| error.to_string())?;
    if same == *scenario && again.taken.starts_with(short) {
        return Ok(());
    }
    Err(format!("its bytes make another run: {bytes:?}"))
}

/// Whether a packed state and its locations say the same as the run.
fn alike(system: &System, state: &State<MOST_WORDS>, seen: &Seen) -> Result<(), String> {
    system.view(state, |world| {
        for spec in &system.layout.specs {
            let (packed, plain) = (world.cells.get(spec.cell), seen.cells.get(spec.cell));
            if packed != plain {
                return Err(format!("{:?} is {packed} packed and {plain} plain", spec.cell));
            }
        }
        for (actor, status) in world.actors.iter().enumerate() {
            let name = system.scenario.actor_name(actor);
            if (*status.ghost, status.returned) != (seen.ghosts[actor], seen.returned[actor]) {
                return Err(format!("{name} holds or has returned something else"));
            }
            let asks = seen.asks[actor];
            if system.access(state, actor) != asks {
                return Err(format!("{name} asks for {asks:?}, its automaton does not"));
            }
            let free = |access| apply(&mut seen.cells.clone(), &system.scenario, access).is_some();
            let moves = system.step_of(state, actor).map_err(|error| error.to_string())?.is_some();
            if moves != asks.is_some_and(free) {
                return Err(format!("{name} can move in one and not in the other"));
            }
        }
        for (claim, holds) in Claim::concerning(&system.scenario).into_iter().zip(&seen.holds) {
            if claim.holds(world) != *holds {
                return Err(format!("{} holds in one and not in the other", claim.name()));
            }
        }
        Ok(())
    })
}
