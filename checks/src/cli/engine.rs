//! `sealcheck check --engine …`

use std::time::Duration;

use clap::Args;
use seal_checks::engine::{Engine, Findings, Limits, Scheduler, run};
use seal_checks::error::Error;
use seal_checks::outcome::allowed;
use seal_checks::trace::table::align;
use seal_checks::verdict::{Report, report_of_runs};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

/// Options of every engine but the explicit one.
#[derive(Args, Debug)]
pub(super) struct EngineArguments {
    /// What runs the actors: see `sealcheck list engines`
    #[arg(long, default_value = "explicit")]
    engine: String,
    /// loom: maximum preemptions per execution [default: unbounded]
    #[arg(long, value_name = "N")]
    preemptions: Option<usize>,
    /// Stop after N executions [default: loom and dfs no limit, the others 100000]
    #[arg(long, value_name = "N")]
    executions: Option<usize>,
    /// Stop each execution after N steps of all actors together; threads: of each [default: 5000]
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Stop after N seconds [default: no limit]
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// shuttle and threads: what chance starts from [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// shuttle: `random`, `urw`, `pct` or `pct=DEPTH`, `dfs`, `round-robin`
    #[arg(long, default_value = "random")]
    scheduler: String,
}

impl EngineArguments {
    /// Which engine is asked for.
    pub(super) fn engine(&self) -> Result<Engine, Error> {
        self.engine.parse()
    }

    fn limits(&self) -> Result<Limits, Error> {
        let scheduler = scheduler(&self.scheduler)?;
        if scheduler == Scheduler::DepthFirst && self.seed.is_some() {
            return Err(Error::Name(
                "--seed is where chance starts, and --scheduler dfs leaves nothing to chance: leave out --seed".into(),
            ));
        }
        let usual = Limits::default();
        Ok(Limits {
            preemptions: self.preemptions,
            executions: self.executions,
            time: self.seconds.map(Duration::from_secs),
            steps: self.steps.unwrap_or(usual.steps),
            seed: self.seed.unwrap_or(usual.seed),
            scheduler,
            ..usual
        })
    }
}

fn scheduler(text: &str) -> Result<Scheduler, Error> {
    let wrong = || {
        Error::Name(format!(
            "no scheduler is named `{text}`: give random, urw, pct, pct=DEPTH, dfs or \
             round-robin"
        ))
    };
    match text.split_once('=').unwrap_or((text, "")) {
        ("random", "") => Ok(Scheduler::Random),
        ("urw", "") => Ok(Scheduler::Uniform),
        ("dfs", "") => Ok(Scheduler::DepthFirst),
        ("round-robin", "") => Ok(Scheduler::RoundRobin),
        ("pct", "") => Ok(Scheduler::Pct(3)),
        ("pct", depth) => depth.parse().ok().filter(|depth| *depth > 0).map(Scheduler::Pct).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// Run a scenario, and judge the claims in its executions. The ends of threads are compared with the allowed ones.
pub(super) fn decide(
    scenario: &Scenario,
    claims: &[Claim],
    arguments: &EngineArguments,
) -> Result<Report, Error> {
    let engine = arguments.engine()?;
    let findings = run(engine, scenario, claims, &arguments.limits()?)?;
    let allowed = if engine == Engine::Threads { Some(allowed(scenario)?) } else { None };
    Ok(report_of_runs(scenario, claims, findings, allowed))
}

/// In how many executions a claim was seen broken; nothing where it was not, or none were made.
pub(super) fn seen(report: &Report, claim: Claim) -> String {
    let Some(ran) = &report.ran else { return String::new() };
    let broken = ran.broken.iter().find(|broken| broken.claim == claim);
    broken.map_or(String::new(), |broken| {
        format!("in {} of {} executions, first in number {}", broken.times, ran.executions, broken.first)
    })
}

/// What the run cost, and how far it came.
pub(super) fn cost(ran: &Findings) -> String {
    let seconds = ran.elapsed.as_secs_f64();
    let rate = ran.executions as f64 / seconds.max(1e-9);
    let how_far = match &ran.bounded {
        Some(limit) => format!("limit: {limit}"),
        None if ran.refuted_all => "until nothing was left to refute".to_owned(),
        None => "all there are".to_owned(),
    };
    format!(
        "{}: {} executions ({how_far}) in {seconds:.2} s, {rate:.0} a second",
        ran.engine.name(),
        ran.executions
    )
}

/// The ends that were seen, those that are allowed and were not, and those that are not allowed.
pub(super) fn ends(report: &Report) -> String {
    let (Some(ran), Some(allowed)) = (&report.ran, &report.allowed) else { return String::new() };
    let mut rows = Vec::new();
    for (end, times) in &ran.outcomes {
        let verdict = if allowed.contains(end) { "" } else { "FORBIDDEN" };
        rows.push([times.to_string(), end.clone(), verdict.to_owned()]);
    }
    rows.extend(report.unseen().map(|end| ["0".to_owned(), end.clone(), "allowed, not seen".to_owned()]));
    format!("\n{}", align(&rows))
}
