//! What a check will cost, said before it or soon after it began.
//!
//! Most checks are over in less time than an estimate takes, so nothing is estimated within the first second, unless
//! that was asked for. Then it is done beside the search, which does not wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use seal_checks::error::Error;
use seal_checks::scale::{Cost, Part, estimate};
use seal_model::scenario::Scenario;

use super::output::complain;
use super::progress;
use super::scale::round;

/// Parts of more states are projected: none takes as much as a second.
const MOST_STATES: usize = 1_000_000;

/// Parts are looked at for so long.
const TIME: Duration = Duration::from_secs(2);

/// An estimate that may be under way.
pub(super) struct Estimate {
    /// What is said then is of no use any more.
    over: Arc<Mutex<bool>>,
}

impl Estimate {
    /// Say it now, if it is asked for; or in a while, if anybody is there to read it.
    ///
    /// # Errors
    /// What makes the scenario impossible to compile.
    pub(super) fn begin(scenario: &Scenario, max_memory: usize, asked: bool) -> Result<Self, Error> {
        let this = Estimate { over: Arc::default() };
        if asked {
            let part = estimate(scenario, MOST_STATES, TIME)?;
            complain(part.map_or_else(nothing_said, |part| as_text(&part, max_memory)).trim_end());
        } else if progress::is_seen() {
            let (over, scenario) = (Arc::clone(&this.over), scenario.clone());
            thread::spawn(move || in_a_while(&over, &scenario, max_memory));
        }
        Ok(this)
    }

    /// The search is over.
    pub(super) fn end(self) {
        *locked(&self.over) = true;
    }
}

fn locked(over: &Mutex<bool>) -> MutexGuard<'_, bool> {
    over.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_a_while(over: &Mutex<bool>, scenario: &Scenario, max_memory: usize) {
    thread::sleep(progress::QUIET);
    if *locked(over) {
        return;
    }
    // the search itself says what is wrong with a scenario
    let Ok(Some(part)) = estimate(scenario, MOST_STATES, TIME) else { return };
    let over = locked(over);
    if !*over {
        progress::say(as_text(&part, max_memory).trim_end());
    }
}

fn nothing_said() -> String {
    format!(
        "no estimate: {} s did not suffice for parts of this scenario, or they say nothing; `sealcheck scale` takes its \
         time\n",
        TIME.as_secs()
    )
}

fn as_text(part: &Part, max_memory: usize) -> String {
    let [least, likely, most] = part.cost.range();
    let bytes = [least, likely, most].map(|states| states * part.bytes_of_a_state as f64);
    let [least_bytes, likely_bytes, most_bytes] = bytes.map(amount);
    let limit = format!("the {} of --max-memory", amount(max_memory as f64));
    let size = match part.cost {
        Cost::Explored { states, .. } => format!("{states} states, {likely_bytes} at most"),
        Cost::Projected { .. } => format!(
            "about {} states ({} to {}), about {likely_bytes} ({least_bytes} to {most_bytes})",
            round(likely),
            round(least),
            round(most)
        ),
    };
    let fits = match bytes.map(|bytes| bytes <= max_memory as f64) {
        [_, _, true] => format!("fits into {limit}"),
        [_, true, _] => format!("is likely to fit into {limit}"),
        [true, ..] => format!("is not likely to fit into {limit}"),
        _ => format!("does not fit into {limit}"),
    };
    let way_out = match bytes[1] <= max_memory as f64 {
        true => "",
        false => {
            "it begins all the same, and what it refutes is refuted; ways out: --reduce, more with --max-memory, \
             --engine cluster on several machines, fewer actors or pages\n"
        }
    };
    format!("estimate, without a reduction: {size}; that {fits}\n{way_out}")
}

/// Bytes as people say them.
fn amount(bytes: f64) -> String {
    let gib = bytes / f64::from(1 << 30);
    if gib < 1.0 { format!("{:.1} MiB", gib * 1024.0) } else { format!("{gib:.1} GiB") }
}
