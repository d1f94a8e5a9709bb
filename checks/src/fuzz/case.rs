//! One case of a target: any bytes are one.

use std::fmt;

use seal_model::scenario::Scenario;

#[cfg(target_os = "linux")]
use super::conform;
use super::feedback::{self, Feedback};
use super::{Target, engines, hunt, input};
use crate::error::Error;
use crate::explore::Refutation;
use crate::fuzz::known::Known;
use crate::trace::Trace;
use crate::trace::table::table;
use crate::walk::case::{Case, Field};
use crate::walk::shrink::{Shrunk, shrink};
use crate::walk::walk;

/// Why a case can't be run here, or what it found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Something is wrong; in words, with what shows it again.
    Finding(String),
    /// The machine or its kernel forbids what the case takes.
    Skipped(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Finding(text) | Trouble::Skipped(text) => f.write_str(text),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Finding(error.to_string())
    }
}

/// Run one case of a target: any bytes are one.
///
/// # Errors
/// The finding, or the reason why it can't be run here.
pub fn run(target: Target, bytes: &[u8], feedback: &mut impl Feedback) -> Result<(), Trouble> {
    match target {
        Target::Schedule => schedule(bytes, feedback),
        Target::Hunt => hunt::case(bytes, feedback),
        Target::Engines => engines::case(bytes),
        #[cfg(target_os = "linux")]
        Target::Conform => conform::case(bytes),
        #[cfg(not(target_os = "linux"))]
        Target::Conform => Err(Trouble::Skipped("there is no memfd here: run it on Linux".into())),
        Target::Input => input::case(bytes),
    }
}

/// A repaired strategy keeps what exploration proved of it, also where exploration has never been.
fn schedule(bytes: &[u8], feedback: &mut impl Feedback) -> Result<(), Trouble> {
    let Case { scenario, schedule } = Case::decode(bytes, Field::Repaired);
    alone(&scenario, schedule, feedback)
}

/// The same for one scenario: bytes are schedules and nothing else.
///
/// # Errors
/// As [`run`].
pub fn alone(scenario: &Scenario, schedule: &[u8], feedback: &mut impl Feedback) -> Result<(), Trouble> {
    let asked = Known::checked_in()?.kept(scenario);
    let walked = walk(scenario, &asked, schedule, |run| feedback.see(run))
        .map_err(|error| Trouble::Finding(format!("{error}\nin {scenario}")))?;
    walked.broken.map_or(Ok(()), |broken| Err(Trouble::Finding(told(scenario, &broken)?)))
}

/// A broken claim as a trace, as short as leaving out makes it.
pub(super) fn told(scenario: &Scenario, broken: &Refutation) -> Result<String, Error> {
    let Shrunk { scenario, refutation } = shrink(scenario, broken)?;
    let trace = Trace::of_refutation(&scenario, &refutation)?;
    let claim = refutation.claim;
    Ok(format!("{} is broken: {}\n\n{}", claim.name(), claim.statement(), table(&trace)))
}

/// A run of its bytes, for people: what a case did, whether it found something or not.
///
/// # Errors
/// As [`run`].
pub fn show(target: Target, bytes: &[u8]) -> Result<String, Trouble> {
    run(target, bytes, &mut feedback::Blind)?;
    let field = match target {
        Target::Schedule => Field::Repaired,
        Target::Hunt => Field::All,
        Target::Engines | Target::Conform | Target::Input => {
            return Ok(format!(
                "{} bytes for `{}`: nothing is wrong with them\n",
                bytes.len(),
                target.name()
            ));
        }
    };
    let Case { scenario, schedule } = Case::decode(bytes, field);
    let walked = walk(&scenario, &[], schedule, |_| ())?;
    let (shown, left) = walked.taken.split_at(walked.taken.len().min(LONGEST_SHOWN));
    let mut text = table(&Trace::of_steps(&scenario, shown)?);
    if !left.is_empty() {
        text.push_str(&format!("\nand {} steps more, which are not shown\n", left.len()));
    }
    Ok(text)
}

/// Steps of a case that are shown: what follows the last byte is of no interest.
const LONGEST_SHOWN: usize = 200;
