//! Agreement: random small scenarios, each decided in every way there is. The explicit explorer on one thread, without
//! reductions, is the reference; every other way has to say the same of each claim, and each refutation, replayed on
//! the source from the line that is printed, has to break the claim that it is for.
//!
//! A scenario follows from the seed and its number alone, and so does what is asked of it. One of more than
//! [`MOST_STATES`] states, or with an actor of more than [`MOST_LOCATIONS`] locations, is skipped, and does not count. A difference is [made small](shrink) and comes with the
//! commands that show it again.

mod compare;
mod course;
mod engines;
mod plain;
mod replay;
mod shrink;
mod summary;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use seal_model::scenario::Scenario;

use crate::chance::{bytes, mix};
use crate::error::Error;
use crate::interrupt;
use crate::pool;
use crate::walk::case::{Case, Field, HEAD};
pub use compare::{Checked, Skip, check, check_by};
pub use course::{Course, WIDE, Way, courses};
pub use engines::{Answer, Ask, Ends, Engines};
pub use shrink::shrink;
pub use summary::{Counts, Difference, Said, Summary};

/// More states than this, and a scenario is skipped.
pub const MOST_STATES: usize = 4_000;

/// The same of one that [may be wide](WIDE).
pub const MOST_STATES_WIDE: usize = 150_000;

/// More locations of one actor than this, and a scenario is skipped as well: they take longer than its states.
pub const MOST_LOCATIONS: usize = 600;

/// Scenarios from one look at the clock to the next.
const ROUND: usize = 64;

/// Bytes behind those of a scenario, which choose its cut: a few, or more.
const CUT: u64 = 40;

/// What is compared, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Scenarios to compare, those that are skipped not counted.
    pub scenarios: usize,
    /// Where chance begins.
    pub seed: u64,
    /// After it no more are begun, but for a few that were chosen already.
    pub time: Option<Duration>,
}

/// The scenario of a seed and a number.
pub fn scenario(seed: u64, number: usize) -> Scenario {
    let chosen = mix(mix(seed) ^ number as u64);
    Case::decode(&bytes(chosen, HEAD + 2 + (chosen % CUT) as usize), Field::Small).scenario
}

/// Compare as many scenarios as are asked for, on all cores. `done` is told how many were compared.
///
/// # Errors
/// None so far: what goes wrong with a scenario is a difference, and a signal cuts the comparison short.
pub fn run(options: &Options, ask: &dyn Ask, done: &(dyn Fn(usize) + Sync)) -> Result<Summary, Error> {
    let started = Instant::now();
    let mut summary = Summary::new(options);
    let mut next = 0;
    while summary.compared < options.scenarios {
        if interrupt::requested() || options.time.is_some_and(|most| started.elapsed() >= most) {
            summary.cut_short = true;
            break;
        }
        let round: Vec<usize> =
            (next..next + ROUND.min(2 * (options.scenarios - summary.compared) + 1)).collect();
        next += round.len();
        let compared = AtomicUsize::new(summary.compared);
        let one = |&number: &usize, _| {
            let scenario = scenario(options.seed, number);
            let checked = check(&scenario, number, ask);
            // what a signal has ended in the middle differs from what it has not
            interrupt::check()?;
            if checked.skipped.is_none() {
                done(compared.fetch_add(1, Ordering::Relaxed) + 1);
            }
            Ok(checked)
        };
        for checked in pool::map_known(&round, 0, &one)?.0 {
            if summary.compared < options.scenarios {
                summary.add(checked, ask);
            }
        }
    }
    summary.elapsed = started.elapsed();
    Ok(summary)
}
