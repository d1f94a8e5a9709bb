//! The review: every strategy against every claim, every judge against every mover.

pub mod manifest;
pub mod plan;
pub mod text;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use crate::error::Error;
use crate::explore::Job;
use crate::trace::Trace;
use crate::trace::sentence::sentence;
use crate::verdict::{Report, Verdict, decide};
use plan::Plan;

/// A review that has been run.
#[derive(Debug)]
pub struct Review {
    /// What was asked.
    pub plan: Plan,
    /// One report for each scenario of the plan, in its order.
    pub reports: Vec<Report>,
    /// Time it all took.
    pub elapsed: Duration,
}

/// The claims that a scenario is asked in the review.
pub fn claims(scenario: &Scenario) -> Vec<Claim> {
    Claim::ALL.into_iter().filter(|claim| claim.concerns(scenario.strategy.method())).collect()
}

/// Run a plan on all cores, within `max_memory` bytes in all. `done` is told how many scenarios are finished.
///
/// # Errors
/// The first error of a scenario, running out of memory included.
pub fn run(plan: Plan, max_memory: usize, done: &(dyn Fn(usize) + Sync)) -> Result<Review, Error> {
    let started = Instant::now();
    let scenarios = plan.scenarios();
    let workers = thread::available_parallelism().map_or(1, Into::into);
    let next = AtomicUsize::new(0);
    let results = Mutex::new((0..scenarios.len()).map(|_| None).collect::<Vec<_>>());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(scenario) = scenarios.get(number) else { return };
            let claims = claims(scenario);
            let job = Job { claims: &claims, max_memory: max_memory / workers, progress: None };
            let result = decide(scenario, &job);
            results.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(result);
            done(number + 1);
        }
    };
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut reports = Vec::new();
    for report in results.into_iter().flatten() {
        let report = report?;
        match report.stopped {
            Some(stopped) => return Err(stopped),
            None => reports.push(report),
        }
    }
    Ok(Review { plan, reports, elapsed: started.elapsed() })
}

impl Review {
    /// The report on a scenario of the plan.
    pub fn report(&self, scenario: &Scenario) -> Option<&Report> {
        self.reports.iter().find(|report| report.scenario == *scenario)
    }

    /// What is known about a claim over several scenarios: refuted by the shortest of all counterexamples;
    /// proved where every one of them is.
    pub fn verdict(&self, scenarios: &[Scenario], claim: Claim) -> Option<(&Report, &Verdict)> {
        let reports = scenarios.iter().filter_map(|scenario| self.report(scenario));
        let verdicts = reports.filter_map(|report| Some((report, report.verdict(claim)?)));
        verdicts.min_by_key(|(_, verdict)| match verdict {
            Verdict::Refuted(refutation) => (0, refutation.steps.len()),
            Verdict::Vacuous(_) | Verdict::Bounded(_) => (1, 0),
            Verdict::Proved => (2, 0),
        })
    }
}

/// A counterexample as one sentence.
///
/// # Errors
/// As [`Trace::of_steps`].
pub fn told(report: &Report, claim: Claim) -> Result<Option<String>, Error> {
    let Some(Verdict::Refuted(refutation)) = report.verdict(claim) else { return Ok(None) };
    let trace = Trace::of_steps(&report.scenario, &refutation.steps)?;
    Ok(Some(sentence(&trace, claim)))
}

/// The command that shows a claim's counterexample.
pub fn command(scenario: &Scenario, claim: Claim) -> String {
    let mut command = format!("sealcheck check {}", scenario.strategy.name());
    let usual = Scenario::new(scenario.strategy);
    let mut option = |differs: bool, text: String| {
        if differs {
            command.push(' ');
            command.push_str(&text);
        }
    };
    option(scenario.judge != usual.judge, format!("--judge {}", scenario.judge.name()));
    option(scenario.pages != usual.pages, format!("--pages {}", scenario.pages));
    option(scenario.pin_weight != usual.pin_weight, format!("--pin-weight {}", scenario.pin_weight));
    option(scenario.last_scan != usual.last_scan, format!("--last-scan {}", scenario.last_scan));
    option(scenario.allocation_may_fail, "--enomem".into());
    option(!scenario.signals, "--no-signals".into());
    option(scenario.early_flush, "--early-flush".into());
    if let Some(fault) = scenario.fault {
        option(true, format!("--fault {}", fault.name()));
    }
    for actor in &scenario.cast()[1..] {
        option(true, format!("--with {actor}"));
    }
    option(true, format!("--claim {}", claim.name()));
    command
}
