//! What the fuzz targets run. Here and not in `fuzz/`, so that stable Rust tests it, and replays what was found.

pub mod campaign;
#[cfg(target_os = "linux")]
mod conform;
pub mod corpus;
mod engines;
pub mod feedback;
mod files;
pub mod hunt;
mod input;
pub mod mutate;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::error::Error;
use crate::explore::Refutation;
use crate::trace::Trace;
use crate::trace::table::table;
use crate::walk::case::{Case, Field, HEAD};
use crate::walk::known::Known;
use crate::walk::shrink::{Shrunk, shrink};
use crate::walk::walk;
use feedback::Feedback;
use seal_model::scenario::Scenario;

/// A fuzz target: what bytes are taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A scenario of a repaired strategy, and a schedule: what exploration proves is not broken.
    Schedule,
    /// The same of any strategy with any judge and fault: what is broken is broken in the trace as well.
    Hunt,
    /// A scenario and a schedule, run in every way there is.
    Engines,
    /// A program of system calls, on the model and on the running kernel.
    Conform,
    /// A text or a file for one of the parsers.
    Input,
}

impl Target {
    /// All targets.
    pub const ALL: [Target; 5] =
        [Target::Schedule, Target::Hunt, Target::Engines, Target::Conform, Target::Input];

    /// Its name, for `cargo fuzz` and in paths.
    pub fn name(self) -> &'static str {
        match self {
            Target::Schedule => "schedule",
            Target::Hunt => "hunt",
            Target::Engines => "engines",
            Target::Conform => "conform",
            Target::Input => "input",
        }
    }

    /// How many bytes of a case choose its scenario, if it is a scenario with a schedule.
    pub fn head(self) -> Option<usize> {
        match self {
            Target::Schedule | Target::Hunt | Target::Engines => Some(HEAD),
            Target::Conform | Target::Input => None,
        }
    }

    /// The target whose file this is: it lies in a directory of its name.
    pub fn of_file(path: &Path) -> Option<Self> {
        path.parent()?.file_name()?.to_str()?.parse().ok()
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Target::ALL.into_iter().find(|target| target.name() == text);
        let names = Target::ALL.map(Target::name).join(", ");
        found.ok_or_else(|| Error::Name(format!("no fuzz target is named `{text}`: one of {names}")))
    }
}

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
/// What it found, or why it can't be run here.
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
fn told(scenario: &Scenario, broken: &Refutation) -> Result<String, Error> {
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
