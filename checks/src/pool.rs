//! Many things at a time, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error::Error;
use crate::interrupt;

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

/// What a mutex guards, whoever panicked while holding it.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
