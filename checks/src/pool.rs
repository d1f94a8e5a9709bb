//! Many scenarios on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::Job;
use crate::verdict::{Report, decide};

/// Decide each scenario with its claims, in order, within `max_memory` bytes in all. `done` is told how many are
/// finished.
///
/// # Errors
/// The first error of a scenario, running out of memory included.
pub fn decide_all(
    jobs: &[(Scenario, Vec<Claim>)],
    max_memory: usize,
    done: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Report>, Error> {
    let workers = thread::available_parallelism().map_or(1, Into::into);
    let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new((0..jobs.len()).map(|_| None).collect::<Vec<_>>());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((scenario, claims)) = jobs.get(number) else { return };
            let job = Job { claims, max_memory: max_memory / workers, progress: None };
            let result = decide(scenario, &job);
            results.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(result);
            done(finished.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut reports = Vec::new();
    for report in results.into_iter().flatten() {
        let report = report?;
        match report.stopped {
            Some(stopped) => return Err(stopped),
            None => reports.push(report),
        }
    }
    Ok(reports)
}
