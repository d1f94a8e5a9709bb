//! A refutation once more on the source, from the line that is printed.

use seal_model::claim::Kind;

use crate::error::Error;
use crate::explore::Refutation;
use crate::explore::system::{MOST_WORDS, State, Step, System};
use crate::schedule::{Given, Schedule};
use crate::trace::Trace;

/// What a refutation shows, run again.
pub(super) enum Shown {
    /// It breaks its claim.
    Broken,
    /// It breaks its claim by loads that got older values, which no run does under sequential consistency.
    ByOlderValues,
    /// It does not, and why.
    Nothing(String),
}

/// Run a refutation again; in a `weak` memory loads may have got older values.
pub(super) fn replay(system: &System, refutation: &Refutation, weak: bool) -> Shown {
    replayed(system, refutation, weak).unwrap_or_else(|error| Shown::Nothing(error.to_string()))
}

fn replayed(system: &System, refutation: &Refutation, weak: bool) -> Result<Shown, Error> {
    let trace = if weak {
        Trace::of_weak_steps(&system.scenario, &refutation.steps)?
    } else {
        Trace::of_refutation(&system.scenario, refutation)?
    };
    let line = trace.schedule.to_string();
    let read: Schedule = line.parse()?;
    if read != trace.schedule {
        return Ok(Shown::Nothing(format!("it is not read as it is written: {line}")));
    }
    let trace = Trace::of(read)?;
    let by_older_values = trace.schedule.moves.iter().any(|taken| matches!(taken.given, Given::Older(_)));
    let breaks = trace.broken().any(|broken| broken == refutation.claim);
    Ok(match breaks {
        true if by_older_values => Shown::ByOlderValues,
        // an engine that runs the actors looks at claims a little later
        true if weak || shows(system, refutation)? => Shown::Broken,
        _ => Shown::Nothing(format!("its run breaks nothing: {line}")),
    })
}

/// Whether the automata break the claim by the same run.
fn shows(system: &System, refutation: &Refutation) -> Result<bool, Error> {
    let Refutation { claim, steps, alone_from, cycle_from } = refutation;
    let most = alone_from.or(*cycle_from).unwrap_or(steps.len());
    // a step that breaks a claim is what follows from the state before it
    let most = if claim.kind() == Kind::Step { most.saturating_sub(1) } else { most };
    let Some(state) = after(system, &system.initial()?, &steps[..most])? else { return Ok(false) };
    if claim.kind() != Kind::Progress {
        return system.refutes(&state, *claim, &steps[most..]);
    }
    let end = after(system, &state, &steps[most..])?;
    Ok(cycle_from.is_some() && end == Some(state) && system.access(&state, 0).is_some())
}

fn after(
    system: &System,
    state: &State<MOST_WORDS>,
    steps: &[Step],
) -> Result<Option<State<MOST_WORDS>>, Error> {
    let mut at = Some(*state);
    for step in steps {
        let Some(state) = at else { break };
        at = system.after(&state, *step)?;
    }
    Ok(at)
}
