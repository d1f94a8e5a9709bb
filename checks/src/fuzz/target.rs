//! The fuzz targets by their names.

use std::path::Path;
use std::str::FromStr;

use crate::error::Error;
use crate::walk::case::HEAD;

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
