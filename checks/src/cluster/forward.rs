//! Level by level: every worker expands its states, sends each successor to whom it belongs, and waits for all.

use std::cell::RefCell;
use std::rc::Rc;

use timely::dataflow::operators::{Exchange, Input, Inspect, Probe};
use timely::dataflow::{InputHandleVec, ProbeHandle};
use timely::worker::Worker;

use super::levels::Levels;
use super::message::Message;
use super::part::{Found, Part, route};
use super::share::share;
use super::{agreed, stopped};
use crate::error::Error;
use crate::explore::system::State;
use crate::interrupt;

/// States that are expanded before the network is looked after.
const BLOCK: usize = 1 << 10;

/// The way to the other workers. A level's number is its time.
struct Network<const W: usize> {
    input: InputHandleVec<usize, Message<W>>,
    probe: ProbeHandle<usize>,
    /// States that came and were not looked at yet.
    arrived: Rc<RefCell<Vec<State<W>>>>,
}

impl<const W: usize> Network<W> {
    fn new(worker: &mut Worker) -> Self {
        let arrived: Rc<RefCell<Vec<State<W>>>> = Rc::default();
        let arrives = Rc::clone(&arrived);
        let mut input = InputHandleVec::new();
        let probe = ProbeHandle::new();
        worker.dataflow(|scope| {
            scope
                .input_from(&mut input)
                .exchange(|message: &Message<W>| route(&message.0))
                .inspect(move |message: &Message<W>| arrives.borrow_mut().push(message.0))
                .probe_with(&probe);
        });
        Network { input, probe, arrived }
    }

    /// Keep what came.
    fn take(&self, part: &mut Part<'_, W>) -> Result<(), Error> {
        self.arrived.borrow_mut().drain(..).try_for_each(|state| part.discover(state))
    }

    /// Expand a level and wait until its successors are where they belong.
    fn level(&mut self, worker: &mut Worker, part: &mut Part<'_, W>, number: usize) -> Result<(), Error> {
        // an error is told once everybody is through with the level
        let mut done = Ok(());
        let states = std::mem::take(&mut part.levels[number]);
        for block in states.chunks(BLOCK) {
            part.found.interrupted |= interrupt::requested();
            if part.found.interrupted {
                break;
            }
            for state in block {
                done = done.and_then(|()| part.expand(number, state, |next| self.input.send(Message(next))));
            }
            worker.step();
            done = done.and_then(|()| self.take(part));
        }
        part.levels[number] = states;
        self.input.advance_to(number + 1);
        worker.step_or_park_while(None, || self.probe.less_than(self.input.time()));
        done.and_then(|()| self.take(part)).and_then(|()| part.end_level())
    }
}

/// Explore to the end, or until a worker has no memory left.
pub(super) fn explore<const W: usize>(worker: &mut Worker, part: &mut Part<'_, W>) -> Result<(), Error> {
    let mut number = begin(worker, part)?;
    let mut network = Network::new(worker);
    network.input.advance_to(number);
    let mut done = Ok(());
    while goes_on(worker, part, number, done)? {
        done = network.level(worker, part, number).map(|()| part.keep());
        number += 1;
    }
    network.input.close();
    worker.step_or_park_while(None, || !network.probe.done());
    Ok(())
}

/// The last level that every worker has kept, or the initial state.
fn begin<const W: usize>(worker: &mut Worker, part: &mut Part<'_, W>) -> Result<usize, Error> {
    let kept = part.kept.as_ref().and_then(Levels::last);
    let all = share(worker, &kept)?;
    let last = all.into_iter().collect::<Option<Vec<usize>>>().and_then(|all| all.into_iter().min());
    let begun = match (part.kept.clone(), last) {
        (Some(kept), Some(last)) => part.load(&kept, (0..=last).map(|level| kept.read(level))),
        _ => part.begin().and_then(|()| part.end_level()).map(|()| part.keep()),
    };
    agreed(worker, begun)?;
    Ok(last.unwrap_or(0))
}

/// Whether a level has states to expand, and memory is left; and what all know to be refuted by now. An error of one is
/// an error of all.
fn goes_on<const W: usize>(
    worker: &mut Worker,
    part: &mut Part<'_, W>,
    number: usize,
    done: Result<(), Error>,
) -> Result<bool, Error> {
    let error = done.as_ref().err().map(ToString::to_string);
    let new = part.levels.get(number).map_or(0, Vec::len);
    let all = share(worker, &(part.found.clone(), new, error))?;
    stopped(done, all.iter().find_map(|(_, _, error)| error.clone()))?;
    let states: usize = all.iter().map(|(_, new, _)| new).sum();
    let found = all.into_iter().map(|(found, _, _)| found).fold(Found::default(), Found::join);
    part.know(&found);
    Ok(states > 0 && !found.out_of_memory && !found.interrupted)
}
