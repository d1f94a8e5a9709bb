//! On threads of this machine: many rounds, and the outcomes counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier, Mutex};

use super::chance::{bounded, by_chance};
use super::memory::Board;
use super::platform::Machine;
use super::tally::Tally;
use super::{Engine, Findings, Limits};
use super::{gave_up, no_thread};
use crate::error::Error;
use crate::pool::locked;
use crate::trace::start::Cut;

/// No claim is judged while the threads run: nobody sees all of memory at one instant. What is left are the
/// outcomes.
pub(super) fn run(cut: &Arc<Cut>, limits: &Limits) -> Result<Findings, Error> {
    let limits = bounded(limits);
    let tally = Arc::new(Mutex::new(Tally::new(&[], &limits)));
    let moving: Vec<usize> = cut.moving().collect();
    let (start, end) = (Barrier::new(moving.len() + 1), Barrier::new(moving.len() + 1));
    let round: Mutex<Option<Arc<Board<Machine>>>> = Mutex::new(None);
    let over = AtomicBool::new(false);
    let rounds = |actor: usize| {
        loop {
            start.wait();
            if over.load(Ordering::Relaxed) {
                return;
            }
            let board = locked(&round).clone();
            board.into_iter().for_each(|board| board.run(actor));
            end.wait();
        }
    };
    let threads = crossbeam::thread::scope(|scope| -> Result<(), Error> {
        // nobody comes to the barrier before all are there; if one can't be started, the others go home
        let mut gates = Vec::new();
        for &actor in &moving {
            let (gate, opens) = channel();
            let thread = move |_: &_| opens.recv().into_iter().for_each(|()| rounds(actor));
            scope.builder().spawn(thread).map_err(|cause| no_thread(&cause))?;
            gates.push(gate);
        }
        gates.iter().for_each(|gate: &Sender<()>| gate.send(()).unwrap_or_default());
        loop {
            over.store(!locked(&tally).goes_on(), Ordering::Relaxed);
            if !over.load(Ordering::Relaxed) {
                let number = locked(&tally).begin();
                let board =
                    Board::<Machine>::new(cut, by_chance(cut, limits.seed, number), None, None, &tally);
                *locked(&round) = Some(Arc::new(board));
            }
            start.wait();
            if over.load(Ordering::Relaxed) {
                return Ok(());
            }
            end.wait();
            *locked(&round) = None;
        }
    });
    threads.map_err(|payload| gave_up("a thread", &*payload))??;
    locked(&tally).findings(Engine::Threads)
}
