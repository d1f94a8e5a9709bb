//! Many scenarios, decided on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::{Report, decide};
use crate::error::Error;
use crate::explore::Job;
use crate::pool::map_known;

/// Decide each scenario with its claims, in order, within `max_memory` bytes in all. `done` is told how many are
/// finished. A scenario that its share of the memory does not suffice for has a report as well, which says so.
///
/// # Errors
/// The first error of a scenario; a signal that came before all of them were decided.
pub fn decide_all(
    jobs: &[(Scenario, Vec<Claim>)],
    max_memory: usize,
    done: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Report>, Error> {
    match decide_known(jobs, max_memory, done)? {
        (_, Some(interrupted)) => Err(interrupted),
        (all, None) => Ok(all),
    }
}

/// The same; after a signal, with those scenarios alone that were decided before it, and the signal.
///
/// # Errors
/// The first error of a scenario.
pub fn decide_known(
    jobs: &[(Scenario, Vec<Claim>)],
    max_memory: usize,
    done: &(dyn Fn(usize) + Sync),
) -> Result<(Vec<Report>, Option<Error>), Error> {
    let finished = AtomicUsize::new(0);
    let work = |(scenario, claims): &(Scenario, Vec<Claim>), max_memory| {
        let mut report = decide(scenario, &Job { claims, max_memory, coverage: false, progress: None })?;
        done(finished.fetch_add(1, Ordering::Relaxed) + 1);
        match report.stopped.take() {
            Some(interrupted @ Error::Interrupted(_)) => Err(interrupted),
            stopped => Ok(Report { stopped, ..report }),
        }
    };
    map_known(jobs, max_memory, &work)
}

/// The reports on scenarios that their share of the memory did not suffice for, as one error that names the first.
pub fn unfit<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Option<Error> {
    let mut unfit = reports.into_iter().filter_map(|report| match report.stopped {
        Some(Error::OutOfMemory { used, limit, states }) => {
            Some((&report.scenario, Error::OutOfMemory { used, limit, states }))
        }
        _ => None,
    });
    let (scenario, cause) = unfit.next()?;
    Some(Error::DoesNotFit { scenario: scenario.to_string(), others: unfit.count(), cause: Box::new(cause) })
}
