//! Everybody tells everybody.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use timely::dataflow::operators::{Exchange, Input, Inspect, Probe};
use timely::dataflow::{InputHandleVec, ProbeHandle};
use timely::worker::Worker;

use crate::error::Error;

/// Tell all workers something, and hear from all what they tell, in the order of the workers. All of them take part, or
/// none comes back.
///
/// # Errors
/// What can't be read: a process of another version, or none at all.
pub(super) fn share<T: Serialize + DeserializeOwned>(worker: &mut Worker, mine: &T) -> Result<Vec<T>, Error> {
    let heard: Rc<RefCell<Vec<(u64, String)>>> = Rc::default();
    let (me, peers) = (worker.index() as u64, worker.peers() as u64);
    let mut input = InputHandleVec::new();
    let probe = ProbeHandle::new();
    let hears = Rc::clone(&heard);
    worker.dataflow::<usize, _, _>(|scope| {
        scope
            .input_from(&mut input)
            .exchange(|(to, _, _): &(u64, u64, String)| *to)
            .inspect(move |(_, from, said): &(u64, u64, String)| {
                hears.borrow_mut().push((*from, said.clone()))
            })
            .probe_with(&probe);
    });
    let said = serde_json::to_string(mine).map_err(|cause| Error::Engine(cause.to_string()))?;
    (0..peers).for_each(|to| input.send((to, me, said.clone())));
    input.close();
    worker.step_or_park_while(None, || !probe.done());
    let mut heard = heard.take();
    heard.sort();
    let read = |(from, said): (u64, String)| {
        let unread = |cause| {
            Error::Engine(format!(
                "worker {from} of the cluster says what can't be read ({cause}): start all anew"
            ))
        };
        serde_json::from_str(&said).map_err(unread)
    };
    heard.into_iter().map(read).collect()
}
