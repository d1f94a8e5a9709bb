//! `sealcheck check --engine …`

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use seal_checks::engine::{Engine, Findings, Limits, Scheduler, run};
use seal_checks::error::Error;
use seal_checks::outcome::allowed;
use seal_checks::trace::Trace;
use seal_checks::trace::sentence::sentence;
use seal_checks::trace::table::{align, table};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use serde_json::json;

use super::Outcome;
use super::check::save;

/// Options of every engine but the explicit one.
#[derive(Args, Debug)]
pub(super) struct EngineArguments {
    /// What runs the actors: see `sealcheck list engines`
    #[arg(long, default_value = "explicit")]
    engine: String,
    /// loom: interrupt a thread that could go on at most so often [default: as often as it takes]
    #[arg(long, value_name = "N")]
    preemptions: Option<usize>,
    /// At most so many executions [default: loom all, shuttle and threads 100000]
    #[arg(long, value_name = "N")]
    executions: Option<usize>,
    /// At most so many seconds
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// shuttle and threads: what chance starts from
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// shuttle: `random`, `pct` or `pct=DEPTH`, `dfs`, `round-robin`
    #[arg(long, default_value = "random")]
    scheduler: String,
}

impl EngineArguments {
    /// Which engine is asked for.
    pub(super) fn engine(&self) -> Result<Engine, Error> {
        self.engine.parse()
    }

    fn limits(&self) -> Result<Limits, Error> {
        Ok(Limits {
            preemptions: self.preemptions,
            executions: self.executions,
            time: self.seconds.map(Duration::from_secs),
            seed: self.seed,
            scheduler: scheduler(&self.scheduler)?,
            window: None,
        })
    }
}

fn scheduler(text: &str) -> Result<Scheduler, Error> {
    let wrong = || {
        Error::Name(format!(
            "no scheduler is named `{text}`: give random, pct, pct=DEPTH, dfs or round-robin"
        ))
    };
    match text.split_once('=').unwrap_or((text, "")) {
        ("random", "") => Ok(Scheduler::Random),
        ("dfs", "") => Ok(Scheduler::DepthFirst),
        ("round-robin", "") => Ok(Scheduler::RoundRobin),
        ("pct", "") => Ok(Scheduler::Pct(3)),
        ("pct", depth) => depth.parse().ok().filter(|depth| *depth > 0).map(Scheduler::Pct).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// Run a scenario, and say what was found.
pub(super) fn check(
    scenario: &Scenario,
    claims: &[Claim],
    arguments: &EngineArguments,
    save_to: Option<&Path>,
    as_json: bool,
) -> Result<Outcome, Error> {
    let engine = arguments.engine()?;
    let findings = run(engine, scenario, claims, &arguments.limits()?)?;
    let mut traces = Vec::new();
    for broken in &findings.broken {
        traces.push((broken.claim, Trace::of_weak_steps(scenario, &broken.steps)?));
    }
    save(save_to, &traces)?;
    let allowed = if engine == Engine::Threads { Some(allowed(scenario)?) } else { None };
    let forbidden = |outcome: &String| allowed.as_ref().is_some_and(|allowed| !allowed.contains(outcome));
    let holds = findings.broken.is_empty() && !findings.outcomes.keys().any(forbidden);
    let text = if as_json {
        to_json(scenario, claims, &findings, &traces, &forbidden)
    } else {
        let mut text = to_text(scenario, claims, &findings, &traces);
        if let Some(allowed) = &allowed {
            text.push_str(&outcomes(&findings, allowed));
        }
        text
    };
    Ok(Outcome { text, error: None, holds })
}

fn to_text(scenario: &Scenario, claims: &[Claim], findings: &Findings, traces: &[(Claim, Trace)]) -> String {
    let mut text = format!("{scenario}\n\n");
    if findings.engine != Engine::Threads {
        let rows = claims.iter().map(|&claim| {
            let broken = findings.broken.iter().find(|broken| broken.claim == claim);
            let seen = broken.map_or(String::new(), |broken| {
                format!(
                    "in {} of {} executions, first in number {}",
                    broken.times, findings.executions, broken.first
                )
            });
            [String::new(), claim.name().into(), findings.verdict(claim).to_string(), seen]
        });
        text.push_str(&align(&rows.collect::<Vec<_>>()));
    }
    let seconds = findings.elapsed.as_secs_f64();
    let rate = findings.executions as f64 / seconds.max(1e-9);
    let bound = match &findings.bounded {
        Some(limit) => format!("bounded by {limit}"),
        None if findings.refuted_all => "until nothing was left to refute".to_owned(),
        None => "all there are".to_owned(),
    };
    let _ = writeln!(
        text,
        "\n  {}: {} executions ({bound}) in {seconds:.2} s, {rate:.0} a second",
        findings.engine.name(),
        findings.executions
    );
    for (claim, trace) in traces {
        let _ =
            writeln!(text, "\n{} is refuted.\n{}\n\n{}", claim.name(), sentence(trace, *claim), table(trace));
    }
    text
}

/// The outcomes that were seen, those that are allowed and were not, and those that are not allowed.
fn outcomes(findings: &Findings, allowed: &std::collections::BTreeSet<String>) -> String {
    let mut rows = Vec::new();
    for (outcome, times) in &findings.outcomes {
        let verdict = if allowed.contains(outcome) { "" } else { "FORBIDDEN" };
        rows.push([times.to_string(), outcome.clone(), verdict.to_owned()]);
    }
    for outcome in allowed.iter().filter(|outcome| !findings.outcomes.contains_key(*outcome)) {
        rows.push(["0".to_owned(), outcome.clone(), "allowed, not seen".to_owned()]);
    }
    format!("\n{}", align(&rows))
}

fn to_json(
    scenario: &Scenario,
    claims: &[Claim],
    findings: &Findings,
    traces: &[(Claim, Trace)],
    forbidden: &dyn Fn(&String) -> bool,
) -> String {
    let verdicts = claims
        .iter()
        .map(|claim| json!({ "claim": claim.name(), "verdict": findings.verdict(*claim).to_string() }));
    let found = findings.outcomes.iter().map(
        |(outcome, times)| json!({ "outcome": outcome, "times": times, "allowed": !forbidden(outcome) }),
    );
    let traces = traces.iter().map(|(claim, trace)| {
        json!({ "claim": claim.name(), "schedule": trace.schedule.to_string(), "steps": trace.steps })
    });
    let value = json!({
        "scenario": scenario.to_string(),
        "engine": findings.engine.name(),
        "executions": findings.executions,
        "milliseconds": findings.elapsed.as_millis(),
        "bounded_by": findings.bounded,
        "verdicts": verdicts.collect::<Vec<_>>(),
        "outcomes": found.collect::<Vec<_>>(),
        "traces": traces.collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}
