//! The same work on many items, on as many threads as there are workers.

use std::sync::Mutex;
use std::thread;

use crate::pool::locked;

/// Do the work on each item, with whichever worker is free. One worker is this thread itself.
pub(super) fn each<C: Send, T: Send>(
    workers: &mut [C],
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(&mut C, T) + Sync,
) {
    let Some((mine, others)) = workers.split_first_mut() else { return };
    if others.is_empty() {
        return items.for_each(|item| work(mine, item));
    }
    let items = Mutex::new(items);
    let run = |worker: &mut C| {
        loop {
            let item = locked(&items).next();
            let Some(item) = item else { return };
            work(worker, item);
        }
    };
    thread::scope(|scope| {
        for worker in others {
            scope.spawn(|| run(worker));
        }
        run(mine);
    });
}
