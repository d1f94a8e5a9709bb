//! On threads of this machine: many rounds, and the outcomes counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use seal_model::claim::Claim;

use super::ledger::Ledger;
use super::memory::Board;
use super::platform::Machine;
use super::shuttle::by_chance;
use super::tally::Tally;
use super::{Engine, Findings, Limits};
use crate::cut::Cut;
use crate::error::Error;
use crate::pool::locked;

/// Rounds, where nothing else ends the run.
const USUAL: usize = 100_000;

/// No claim is judged while the threads run: nobody sees all of memory at one instant. What is left are the
/// outcomes.
pub(super) fn run(cut: &Arc<Cut>, _: &[Claim], limits: &Limits) -> Result<Findings, Error> {
    let most = limits.executions.unwrap_or(if limits.time.is_some() { usize::MAX } else { USUAL });
    let limits = Limits { executions: Some(most), ..*limits };
    let tally = Arc::new(Mutex::new(Tally::new(&[], &limits)));
    let moving: Vec<usize> = (0..cut.ghosts.len()).filter(|&actor| cut.returned[actor].is_none()).collect();
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
    let threads = crossbeam::thread::scope(|scope| {
        for &actor in &moving {
            scope.spawn(move |_| rounds(actor));
        }
        loop {
            let number = {
                let mut tally = locked(&tally);
                over.store(!tally.goes_on(), Ordering::Relaxed);
                tally.executions += usize::from(!over.load(Ordering::Relaxed));
                tally.executions
            };
            if !over.load(Ordering::Relaxed) {
                let tally = Arc::clone(&tally);
                let finish = Arc::new(move |ledger: &Ledger, cells: &_| locked(&tally).add(ledger, cells));
                let chooser = by_chance(cut, limits.seed, number);
                let board = Board::<Machine>::new(cut, chooser, Ledger::new(cut, &[]), finish, None);
                *locked(&round) = Some(Arc::new(board));
            }
            start.wait();
            if over.load(Ordering::Relaxed) {
                return;
            }
            end.wait();
            *locked(&round) = None;
        }
    });
    threads.map_err(|_| Error::Engine("a thread of the run panicked".into()))?;
    let findings = locked(&tally).findings(Engine::Threads);
    Ok(findings)
}
