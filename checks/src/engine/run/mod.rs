//! Runs of the actors under loom, under shuttle and on threads of the machine. None of them knows the protocol; all of
//! them share one memory.

mod books;
mod chance;
mod live;
mod log;
mod loom;
mod memory;
mod platform;
mod sequence;
mod shuttle;
mod stage;
mod tally;
mod threads;
mod turns;
mod variables;
pub mod windows;

use std::any::Any;
use std::sync::Arc;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use seal_model::sealer::judge::Judge;

use super::{Broken, Engine, Findings, Limits, Outcomes, Scheduler};
use crate::error::Error;
use crate::trace::start::Cut;
pub(crate) use tally::{Answers, UNEXPLAINED};

/// Run a scenario from its cut.
///
/// # Errors
/// A cut that no run reaches; a scenario that the engine can't run; a claim that it can't judge.
pub fn run(
    engine: Engine,
    scenario: &Scenario,
    claims: &[Claim],
    limits: &Limits,
) -> Result<Findings, Error> {
    if scenario.judge == Judge::Snapshot && engine != Engine::Shuttle {
        return Err(Error::Engine(
            "`snapshot` reads two words at one instant, which no memory of words can do: use `--engine explicit`, or \
             another judge"
                .into(),
        ));
    }
    engine.refuse_others(claims)?;
    let cut = Arc::new(Cut::of(scenario)?);
    match engine {
        Engine::Explicit | Engine::Cluster => {
            Err(Error::Name(format!("the {} engine explores, it does not run", engine.name())))
        }
        Engine::Loom => loom::run(&cut, claims, limits),
        Engine::Shuttle => shuttle::run(&cut, claims, limits),
        Engine::Threads => threads::run(&cut, limits),
    }
}

/// A thread can't be started.
fn no_thread(cause: &std::io::Error) -> Error {
    Error::Engine(format!(
        "a thread can't be started: {cause}; raise the limit on processes (`ulimit -u`), or use fewer actors"
    ))
}

/// A library ended a run by a panic, and this is its reason.
fn gave_up(library: &str, payload: &(dyn Any + Send)) -> Error {
    let said = payload.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| payload.downcast_ref::<&str>().copied());
    Error::Engine(format!("{library} gave up: {}", said.unwrap_or("it does not say why")))
}
