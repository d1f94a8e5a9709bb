//! What a run shows as a whole: that the sealer, left alone, does not succeed; or that it never returns.

use seal_model::access::Access;
use seal_model::claim::Claim;

use super::simulation::Simulation;
use super::{Ended, Trace, TraceStep};
use crate::explore::fair::Fairness;
use crate::explore::system::LONGEST_ALONE;
use crate::schedule::Move;

/// What the last part of a run shows.
#[derive(Default)]
pub(super) struct Shown {
    /// Claims that it breaks.
    pub(super) breaks: Vec<Claim>,
    /// The strongest fairness that what repeats is fair by.
    pub(super) fairness: Option<Fairness>,
}

/// The sealer was let move alone from `start` to `end`. It has to have come as far as it comes.
pub(super) fn alone(
    start: &Simulation<'_>,
    end: &Simulation<'_>,
    steps: &[TraceStep],
) -> Result<Shown, Ended> {
    for step in steps {
        let ends = |reason: &str| Ended { step: step.number, reason: reason.to_owned() };
        if step.actor != 0 {
            return Err(ends("only the sealer moves in `;alone=`"));
        }
        if matches!(step.access, Access::Choose(_)) && step.answer != 0 {
            return Err(ends("in `;alone=` no signal comes and memory can be allocated: give sealer=0"));
        }
    }
    let returned = end.returned(0);
    if returned.is_none() && end.can_move(0) && steps.len() < LONGEST_ALONE {
        let reason = "`;alone=` ends while the sealer can move: give its steps until it returns";
        return Err(Ended { step: end.next_number(), reason: reason.to_owned() });
    }
    let breaks = if returned == Some(Ok(())) { Vec::new() } else { start.starts_alone() };
    Ok(Shown { breaks, fairness: None })
}

/// The steps of a cycle led from `start` to `end`. It has to come back to where it began, once more round every step
/// with the same answer; and the sealer, which is obliged to move whoever else stops, must not be wronged.
pub(super) fn for_ever(
    start: &Simulation<'_>,
    mut end: Simulation<'_>,
    cycle: &[Move],
    steps: &[TraceStep],
) -> Result<Shown, Ended> {
    let ends = |reason: &str| Ended { step: start.next_number() + cycle.len(), reason: reason.to_owned() };
    let elsewhere = || ends("what repeats for ever does not come back to where it began");
    let (mut moves, mut ever, mut always) = (0, start.enabled(), start.enabled());
    let mut alike = end.is_where(start);
    for (again, step) in cycle.iter().zip(steps) {
        let next = end.step(*again).map_err(|_| elsewhere())?;
        alike &= (next.access, next.answer) == (step.access, step.answer);
        moves |= 1 << again.actor;
        ever |= end.enabled();
        always &= end.enabled();
    }
    if !alike || !end.is_where(start) {
        return Err(elsewhere());
    }
    let fair = |fairness: &Fairness| fairness.wronged(moves, ever, always) == 0;
    let Some(fairness) = Fairness::ALL.into_iter().rev().find(fair) else {
        return Err(ends(if cycle.is_empty() {
            "`;for-ever=` repeats no step, and the sealer can move: a run in which it stops for ever is fair by no \
             fairness, so name the steps that repeat, its own among them"
        } else {
            "the sealer can move at every step that repeats, and never does: such a run is fair by no fairness, so let \
             it move in `;for-ever=`"
        }));
    };
    let breaks = if start.returned(0).is_none() { vec![Claim::Returns] } else { Vec::new() };
    Ok(Shown { breaks, fairness: Some(fairness) })
}

/// How the last part of a run breaks the claims that it breaks.
pub(crate) fn how(trace: &Trace) -> String {
    match trace.fairness {
        Some(fairness) => format!("for ever, and fair {}", fairness.name()),
        None => "alone the sealer does not return 0".to_owned(),
    }
}

/// Each claim that a run breaks, and where it ends if it ends early: a few words for each.
pub(crate) fn findings(trace: &Trace) -> Vec<String> {
    let by_step = trace.steps.iter().flat_map(|step| {
        step.breaks.iter().map(move |claim| format!("step {} breaks {}", step.number, claim.name()))
    });
    let deadlock =
        trace.deadlock.then(|| format!("no actor can move: this breaks {}", Claim::NoDeadlock.name()));
    let by_end = trace.breaks.iter().map(|claim| format!("{}: this breaks {}", how(trace), claim.name()));
    let ended = trace.ended.as_ref().map(ToString::to_string);
    by_step.chain(deadlock).chain(by_end).chain(ended).collect()
}
