//! The model against the live kernel: the same calls on both sides, and what they answer compared.

mod alone;
pub mod campaign;
mod granted;
mod live;
mod parts;
mod random;
mod running;
mod table;

use std::fmt;
use std::time::Duration;

use seal_model::Errno;
use seal_model::Result as Answered;
use seal_model::access::Answer;
use seal_model::syscall::{Operation, PAGES, Program, Said, Settings, seals_text};

use crate::error::Error;
pub use alone::{Predicted, Predictor, Slip};
use granted::Refusal;
pub use live::{Live, Observed};
pub use random::{Bytes, decode, random_bytes, random_programs, runs, shrink};
pub use table::{Case, table};

/// What was heard of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// There was nothing that it could be made on.
    Nothing,
    /// It succeeded.
    Said(Said),
    /// It failed.
    Failed(Errno),
    /// It failed as no call of the model does: the error's number.
    Strange(i32),
}

impl Heard {
    /// What the model answered.
    fn of(said: Option<Answered<Said>>) -> Self {
        match said {
            None => Heard::Nothing,
            Some(Ok(said)) => Heard::Said(said),
            Some(Err(error)) => Heard::Failed(error),
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Heard::Nothing => f.write_str("-"),
            Heard::Said(Said::Done) => f.write_str("0"),
            Heard::Said(Said::Byte(byte)) => write!(f, "byte {byte}"),
            Heard::Said(Said::Halves(halves)) => write!(f, "{} pages", f32::from(*halves) / 2.0),
            Heard::Said(Said::Seals(seals)) => f.write_str(&seals_text(*seals)),
            Heard::Said(Said::Killed) => f.write_str("killed"),
            Heard::Failed(error) => write!(f, "{error:?}"),
            Heard::Strange(number) => write!(f, "{}", std::io::Error::from_raw_os_error(*number)),
        }
    }
}

/// What can be seen of the file after a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// In bytes.
    pub size: u64,
    /// Bits such as [`SEAL_WRITE`](seal_model::access::SEAL_WRITE).
    pub seals: Answer,
    /// The first byte of each page; 0 behind the end.
    pub bytes: [u8; PAGES as usize],
}

/// What came of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What it answered.
    pub said: Heard,
    /// What those answered who were let in while it slept.
    pub during: Vec<Heard>,
    /// The file after it; none if there is no file.
    pub seen: Option<Seen>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.said)?;
        for heard in &self.during {
            write!(f, ", {heard}")?;
        }
        Ok(())
    }
}

/// Sizes and offsets are in these.
fn half_page() -> u64 {
    seal_live::page_size() as u64 / 2
}

/// How both sides of a call compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Compared {
    /// They are the same in everything that is looked at.
    Agrees,
    /// Where they differ.
    Differs(String),
    /// Why neither side decided what the kernel answered.
    NotCompared(String),
}

/// One call on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The call.
    pub operation: Operation,
    /// The model.
    pub predicted: Predicted,
    /// The kernel.
    pub observed: Observed,
}

impl Line {
    /// Hold one side against the other.
    pub fn compared(&self) -> Compared {
        match (&self.observed.environment, self.difference()) {
            (Some(reason), _) => Compared::NotCompared(reason.clone()),
            (None, Some(difference)) => Compared::Differs(difference),
            (None, None) if self.too_late() => Compared::NotCompared(TOO_LATE.to_owned()),
            (None, None) => Compared::Agrees,
        }
    }

    /// What is shown of the kernel's side.
    pub fn seen(&self) -> String {
        let observed = self.observed.outcome.to_string();
        match self.compared() {
            Compared::NotCompared(reason) => format!("{observed}: not compared: {reason}"),
            Compared::Agrees | Compared::Differs(_) => observed,
        }
    }

    fn difference(&self) -> Option<String> {
        let (model, kernel) = (&self.predicted.outcome, &self.observed.outcome);
        if model.said != kernel.said {
            return Some(format!("the model says {}, the kernel {}", model.said, kernel.said));
        }
        if model.during != kernel.during {
            return Some(format!("the model says {model}, the kernel {kernel}"));
        }
        if model.seen != kernel.seen {
            return Some(format!("the model leaves {}, the kernel {}", file(model.seen), file(kernel.seen)));
        }
        if self.too_early() {
            let (rescan, took) = (self.predicted.rescan, self.observed.elapsed.as_millis());
            return Some(format!("the model is done at rescan {rescan}, the kernel after {took} ms already"));
        }
        (!self.predicted.lawful).then(|| "the model's counts are wrong after it".to_owned())
    }

    /// Whether the kernel was done before the sleeps that the model counts could have ended. Half of each is asked for:
    /// a tick may be long. A loaded machine makes it late, never early.
    fn too_early(&self) -> bool {
        let killed = self.predicted.outcome.said == Heard::Said(Said::Killed);
        !killed && self.observed.elapsed < sleeps(self.predicted.rescan) / 2
    }

    /// Whether the kernel took so long that it may have slept once more than the model: this machine was late, or the
    /// kernel waits longer. One that is to be killed is waited for until then.
    fn too_late(&self) -> bool {
        let Operation::Seal { during, .. } = &self.operation else { return false };
        let kills = during.iter().any(|during| during.operation == Operation::Kill);
        !kills && self.rescan_by_time() > self.predicted.rescan
    }

    /// The rescan at which the kernel was done, as far as its time tells.
    pub fn rescan_by_time(&self) -> u8 {
        (1..=4).filter(|&rescan| self.observed.elapsed * 10 >= sleeps(rescan) * 9).count() as u8
    }
}

/// Why a call that took too long says nothing.
const TOO_LATE: &str = "the kernel took as long as for one more rescan than the model: this machine is late, or the \
                        kernel waits longer: run it on an idle one";

/// How long the sleeps last before this rescan and those before it: `(HZ << scan) / 200` jiffies each.
pub fn sleeps(rescan: u8) -> Duration {
    (1..=rescan).map(|rescan| Duration::from_millis((1000 << rescan) / 200)).sum()
}

fn file(seen: Option<Seen>) -> String {
    match seen {
        None => "no file".to_owned(),
        Some(Seen { size, seals, bytes }) => {
            format!("{size} bytes, seals {}, of the pages {bytes:?}", seals_text(seals))
        }
    }
}

/// A program that was run on both sides.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its calls, to the first that does not agree.
    pub lines: Vec<Line>,
    /// The accesses that the model made at the last.
    pub steps: Vec<String>,
    /// How often it was begun again because this machine was late, or because calls of two at a time differed.
    pub repeated: u32,
    /// What differed at an earlier try.
    pub unsteady: Option<String>,
    /// This machine was late at the last try as well: what differs says nothing.
    pub late: bool,
}

impl Run {
    /// What differs at its last call.
    pub fn difference(&self) -> Option<String> {
        match self.lines.last()?.compared() {
            Compared::Differs(difference) => Some(difference),
            Compared::Agrees | Compared::NotCompared(_) => None,
        }
    }

    /// Why it was not compared from its last call on.
    pub fn not_compared(&self) -> Option<String> {
        match self.lines.last()?.compared() {
            Compared::NotCompared(reason) => Some(reason),
            Compared::Agrees | Compared::Differs(_) => None,
        }
    }

    /// Whether its last call took too long to be compared.
    fn is_late(&self) -> bool {
        self.lines.last().is_some_and(|line| line.observed.environment.is_none() && line.too_late())
    }

    /// Whether what differs may be a moment's want: no environment explained it when it was asked.
    fn is_momentary(&self) -> bool {
        let error = self.lines.last().and_then(|line| line.observed.outcome.said.error());
        self.difference().is_some() && error.is_some_and(Refusal::may_come)
    }
}

/// How often a program is begun again whose calls came too late, or one with calls of two at a time that differs.
const MOST_TRIES: u32 = 5;

/// Run a program on both sides.
///
/// # Errors
/// As [`Predictor::step`].
pub fn run(live: &mut Live, program: &Program, slip: Option<Slip>) -> Result<Run, Error> {
    let timed = program
        .0
        .iter()
        .any(|operation| matches!(operation, Operation::Seal { during, .. } if !during.is_empty()));
    let (mut repeated, mut unsteady) = (0, None);
    loop {
        let observed = live.run(program);
        let late = observed.iter().any(|observed| observed.late);
        let run = compare(program, live.settings, slip, observed)?;
        let again = late || (timed && run.difference().is_some()) || run.is_momentary() || run.is_late();
        if !again || repeated + 1 == MOST_TRIES {
            return Ok(Run { repeated, late, unsteady, ..run });
        }
        repeated += 1;
        unsteady = unsteady.or(run.difference().filter(|_| !late));
    }
}

/// Hold what a kernel did against what the model says.
///
/// # Errors
/// As [`Predictor::step`].
pub fn compare(
    program: &Program,
    settings: Settings,
    slip: Option<Slip>,
    observed: Vec<Observed>,
) -> Result<Run, Error> {
    let mut predictor = Predictor::new(settings, slip);
    let mut run = Run { lines: Vec::new(), steps: Vec::new(), repeated: 0, unsteady: None, late: false };
    for (operation, observed) in program.0.iter().zip(observed) {
        let predicted = predictor.step(operation)?;
        let line = Line { operation: operation.clone(), predicted, observed };
        let agrees = line.compared() == Compared::Agrees;
        run.lines.push(line);
        if !agrees {
            run.steps = predictor.steps();
            break;
        }
    }
    Ok(run)
}
