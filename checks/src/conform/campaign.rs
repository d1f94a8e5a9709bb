//! Many programs on both sides, and what came of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use seal_model::syscall::Program;

use super::{Case, Compared, Heard, Live, Run, Slip, random_programs, run, shrink};
use crate::error::Error;
use crate::interrupt;

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
    /// Programs that were run, to their end or to a disagreement.
    pub programs: usize,
    /// Calls that were compared.
    pub operations: usize,
    /// Those among them that agree.
    pub agreements: usize,
    /// Calls of programs that were skipped, from the first on that was not compared.
    pub not_compared: usize,
    /// Programs that were begun again because this machine was late.
    pub repeated: usize,
    /// Programs that differed, and agreed when they were begun again.
    pub unsteady: usize,
    /// Programs that were not run here, or not to their end, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// Where the two sides disagree.
    pub disagreements: Vec<Disagreement>,
    /// How long it all took.
    pub elapsed: Duration,
}

impl Summary {
    /// How many programs were skipped.
    pub fn all_skipped(&self) -> usize {
        self.skipped.values().sum()
    }

    /// A run to its end, or as far as it was compared.
    fn count(&mut self, run: &Run) {
        let agree = run.lines.iter().filter(|line| line.compared() == Compared::Agrees);
        // a call that there was nothing to make on is none
        let agree = agree.filter(|line| line.observed.outcome.said != Heard::Nothing).count();
        self.operations += agree + run.difference().is_some() as usize;
        self.agreements += agree;
        self.repeated += (run.repeated > 0) as usize;
        self.unsteady += (run.unsteady.is_some() && run.difference().is_none()) as usize;
    }

    /// A program that is not compared, or whose last calls are not.
    pub fn skip(&mut self, reason: &str, calls: usize) {
        *self.skipped.entry(reason.to_owned()).or_default() += 1;
        self.not_compared += calls;
    }
}

/// Run one program, and shorten it if it disagrees.
fn attempt(
    live: &mut Live,
    case: &Case,
    slip: Option<Slip>,
    summary: &mut Summary,
) -> Result<Result<Run, String>, Error> {
    let calls = case.program.0.len();
    let interrupted = interrupt::check().err().map(|signal| signal.to_string());
    if let Some(reason) = interrupted.or_else(|| live.refuses(&case.program)) {
        summary.skip(&reason, calls);
        return Ok(Err(reason));
    }
    let run = run(live, &case.program, slip)?;
    if run.late && run.difference().is_some() {
        let reason = "this machine let nobody in while the sealer slept: run it on an idle one".to_owned();
        summary.skip(&reason, calls);
        return Ok(Err(reason));
    }
    summary.count(&run);
    match run.not_compared() {
        Some(reason) => summary.skip(&reason, calls + 1 - run.lines.len()),
        None => summary.programs += 1,
    }
    if run.difference().is_some() {
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
        let _ = attempt(live, &Case { name, program, about: None }, slip, &mut summary)?;
        done(number);
        // where nothing can be run, this ends as well
        if number > operations || interrupt::requested() {
            break;
        }
    }
    summary.elapsed = started.elapsed();
    Ok(summary)
}
