//! Many programs on both sides, and what came of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use seal_model::syscall::Program;

use super::{Case, Heard, Live, Run, Slip, random_programs, run, shrink};
use crate::error::Error;

/// A program on which the two sides disagree, as short as it can be.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// What it is about.
    pub name: String,
    /// The shortest program that shows it.
    pub program: Program,
    /// How it ran.
    pub run: Run,
}

/// A case that was run, or the reason why it was not.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The case.
    pub case: Case,
    /// How it ran; or why it can't be run here.
    pub run: Result<Run, String>,
}

/// What came of many programs.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Programs that were run.
    pub programs: usize,
    /// Calls that were made on both sides.
    pub operations: usize,
    /// Those among them that agree.
    pub agreements: usize,
    /// Programs that were begun again because this machine was late.
    pub repeated: usize,
    /// Programs that can't be run here, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// Where the two sides disagree.
    pub disagreements: Vec<Disagreement>,
    /// How long it all took.
    pub elapsed: Duration,
}

impl Summary {
    /// Whether everything that could be run agrees, and something could be.
    pub fn agrees(&self) -> bool {
        self.disagreements.is_empty() && self.agreements > 0
    }

    fn count(&mut self, run: &Run) {
        // a call that there was nothing to make on is none
        let made =
            |run: &Run| run.lines.iter().filter(|line| line.observed.outcome.said != Heard::Nothing).count();
        self.programs += 1;
        self.operations += made(run);
        self.agreements += made(run) - run.difference.is_some() as usize;
        self.repeated += (run.repeated > 0) as usize;
    }

    fn skip(&mut self, reason: String) {
        *self.skipped.entry(reason).or_default() += 1;
    }
}

/// Run one program, and shorten it if it disagrees.
fn attempt(
    live: &mut Live,
    case: &Case,
    slip: Option<Slip>,
    summary: &mut Summary,
) -> Result<Result<Run, String>, Error> {
    if let Some(reason) = live.refuses(&case.program) {
        summary.skip(reason.clone());
        return Ok(Err(reason));
    }
    let run = run(live, &case.program, slip)?;
    if run.late && run.difference.is_some() {
        let reason = "this machine let nobody in while the sealer slept: run it on an idle one".to_owned();
        summary.skip(reason.clone());
        return Ok(Err(reason));
    }
    summary.count(&run);
    if run.difference.is_some() {
        let (program, run) = shrink(live, &case.program, slip)?;
        summary.disagreements.push(Disagreement { name: case.name.clone(), program, run });
    }
    Ok(Ok(run))
}

/// Run every case. `done` is told how many are finished.
///
/// # Errors
/// As [`run`].
pub fn run_cases(
    live: &mut Live,
    cases: Vec<Case>,
    slip: Option<Slip>,
    done: &dyn Fn(usize),
) -> Result<(Vec<Tried>, Summary), Error> {
    let started = Instant::now();
    let (mut tried, mut summary) = (Vec::new(), Summary::default());
    for case in cases {
        let run = attempt(live, &case, slip, &mut summary)?;
        tried.push(Tried { case, run });
        done(tried.len());
    }
    summary.elapsed = started.elapsed();
    Ok((tried, summary))
}

/// How many disagreements end a campaign: more would say the same again.
const ENOUGH: usize = 5;

/// Run random programs until so many calls were made. `done` is told how many programs are finished.
///
/// # Errors
/// As [`run`].
pub fn run_random(
    live: &mut Live,
    seed: u64,
    operations: usize,
    slip: Option<Slip>,
    done: &dyn Fn(usize),
) -> Result<Summary, Error> {
    let started = Instant::now();
    let mut summary = Summary::default();
    let mut programs = random_programs(seed, live.settings).enumerate();
    while summary.operations < operations && summary.disagreements.len() < ENOUGH {
        let Some((number, program)) = programs.next() else { break };
        let name = format!("random program {number} of seed {seed}");
        // where nothing can be run, this ends as well
        if number > operations {
            break;
        }
        let _ = attempt(live, &Case { name, program, about: None }, slip, &mut summary)?;
        done(number);
    }
    summary.elapsed = started.elapsed();
    Ok(summary)
}
