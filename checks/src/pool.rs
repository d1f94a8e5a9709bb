//! Many scenarios on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::Job;
use crate::interrupt;
use crate::verdict::{Report, decide};

/// Do the same with each item on all cores, in order, each with its share of `max_memory` bytes.
///
/// # Errors
/// The first error; a signal that came before all of them were done.
pub fn map_all<T: Sync, R: Send>(
    items: &[T],
    max_memory: usize,
    work: &(dyn Fn(&T, usize) -> Result<R, Error> + Sync),
) -> Result<Vec<R>, Error> {
    match map_known(items, max_memory, work)? {
        (_, Some(interrupted)) => Err(interrupted),
        (all, None) => Ok(all),
    }
}

/// The same; after a signal, with those alone that were done before it, and the signal.
///
/// # Errors
/// The first error.
pub(crate) fn map_known<T: Sync, R: Send>(
    items: &[T],
    max_memory: usize,
    work: &(dyn Fn(&T, usize) -> Result<R, Error> + Sync),
) -> Result<(Vec<R>, Option<Error>), Error> {
    let workers = thread::available_parallelism().map_or(1, Into::into);
    let next = AtomicUsize::new(0);
    let results = Mutex::new((0..items.len()).map(|_| None).collect::<Vec<_>>());
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number).filter(|_| !interrupt::requested()) else { return };
            let result = work(item, max_memory / workers);
            locked(&results)[number] = Some(result);
        }
    };
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(run))));
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut done, mut interrupted) = (Vec::new(), None);
    for result in results {
        match result.unwrap_or_else(|| interrupt::check().and(Err(Error::StateLost))) {
            Ok(result) => done.push(result),
            Err(error @ Error::Interrupted(_)) => interrupted = Some(error),
            Err(error) => return Err(error),
        }
    }
    Ok((done, interrupted))
}

/// Decide each scenario with its claims, in order, within `max_memory` bytes in all. `done` is told how many are
/// finished.
///
/// # Errors
/// The first error of a scenario, running out of memory and a signal included.
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
/// The first error of a scenario, running out of memory included.
pub fn decide_known(
    jobs: &[(Scenario, Vec<Claim>)],
    max_memory: usize,
    done: &(dyn Fn(usize) + Sync),
) -> Result<(Vec<Report>, Option<Error>), Error> {
    let finished = AtomicUsize::new(0);
    let work = |(scenario, claims): &(Scenario, Vec<Claim>), max_memory| {
        let mut report = decide(scenario, &Job { claims, max_memory, coverage: false, progress: None })?;
        done(finished.fetch_add(1, Ordering::Relaxed) + 1);
        report.stopped.take().map_or(Ok(report), Err)
    };
    map_known(jobs, max_memory, &work)
}

/// What a mutex guards, whoever panicked while holding it.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
