//! `sealcheck check`

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args};
use seal_checks::engine::Engine;
use seal_checks::error::Error;
use seal_checks::explore::Job;
use seal_checks::review::json::{ScenarioDocument, print};
use seal_checks::trace::Trace;
use seal_checks::trace::sentence::sentence;
use seal_checks::trace::table::{align, table};
use seal_checks::verdict::{Report, Verdict, decide_with};
use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::cluster::{self, ClusterArguments};
use super::engine::{self, EngineArguments};
use super::estimate::Estimate;
use super::means::{MeansArguments, reduced};
use super::scenario::ScenarioArguments;
use super::{Outcome, memory, most_of_free_memory, named_claims, options, progress};

#[derive(Args, Debug)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    /// A claim: see `sealcheck list claims` [default: all that concern the strategy]
    #[arg(long = "claim", value_name = "CLAIM")]
    claims: Vec<String>,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    means: MeansArguments,
    #[command(flatten)]
    cluster: ClusterArguments,
    /// At most this much memory, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory)]
    max_memory: Option<usize>,
    /// Say first, on standard error, how many states and how much memory it is likely to take; on a terminal that is
    /// said in any case once it has taken a second
    #[arg(long)]
    estimate: bool,
    /// Write the schedules of refuted claims into a file, for `sealcheck replay FILE`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Verdicts and traces as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn check(arguments: &CheckArguments, given: &ArgMatches) -> Result<Outcome, Error> {
    let scenario = arguments.scenario.scenario()?;
    let engine = arguments.engine.engine()?;
    options::refuse_others(engine, given)?;
    let (asked, not_judged) = asked(arguments, engine, &scenario)?;
    let max_memory = arguments.max_memory.unwrap_or_else(most_of_free_memory);
    let job = Job { claims: &asked, max_memory, coverage: false, progress: Some(progress::exploring) };
    let means = arguments.means.means();
    let report = match engine {
        Engine::Loom | Engine::Shuttle | Engine::Threads => {
            engine::decide(&scenario, &asked, &arguments.engine)?
        }
        Engine::Cluster => cluster::decide(&scenario, &job, &arguments.cluster, &means)?,
        Engine::Explicit => {
            let estimate = Estimate::begin(&scenario, max_memory, arguments.estimate)?;
            let report = decide_with(&scenario, &job, &means);
            estimate.end();
            report?
        }
    };
    progress::over();
    let traces = traces(&report)?;
    let saved = save(arguments.save.as_deref(), &traces);
    let text = if arguments.json {
        print(&ScenarioDocument::of(&report, &not_judged, &traces)?)?
    } else {
        as_text(&report, &not_judged, &traces, &reduced(&scenario, &means, &report)?)
            + &as_starved(&report, traces.is_empty())?
            + &as_unlawful(&report)?
    };
    let exit = report.exit(!arguments.claims.is_empty());
    Ok(Outcome { text, error: report.unkept.or(report.stopped), exit }.unless(saved))
}

/// The claims that the engine is asked; and those that concern the scenario and are left out, because it does not judge
/// them. None is left out that was asked by name.
fn asked(
    arguments: &CheckArguments,
    engine: Engine,
    scenario: &Scenario,
) -> Result<(Vec<Claim>, Vec<Claim>), Error> {
    if arguments.claims.is_empty() {
        return Ok(Claim::concerning(scenario).into_iter().partition(|claim| engine.judges(*claim)));
    }
    let named = named_claims(&arguments.claims, scenario)?;
    engine.refuse_others(&named)?;
    Ok((named, Vec::new()))
}

fn traces(report: &Report) -> Result<Vec<(Claim, Trace)>, Error> {
    let mut traces = Vec::new();
    for (claim, verdict) in &report.verdicts {
        if let Verdict::Refuted(refutation) = verdict {
            traces.push((*claim, report.trace(refutation)?));
        }
    }
    Ok(traces)
}

/// Write the schedules of refuted claims into a file.
fn save(path: Option<&Path>, traces: &[(Claim, Trace)]) -> Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    let lines = traces.iter().map(|(claim, trace)| format!("# {}\n{}\n", claim.name(), trace.schedule));
    let named = |cause| Error::File { path: path.display().to_string(), cause };
    std::fs::write(path, lines.collect::<String>()).map_err(named)
}

fn as_text(report: &Report, not_judged: &[Claim], traces: &[(Claim, Trace)], reduced: &str) -> String {
    let mut text = format!("{}\n\n", report.scenario);
    let rows = report.verdicts.iter().map(|(claim, verdict)| {
        [String::new(), claim.name().into(), verdict.to_string(), engine::seen(report, *claim)]
    });
    text.push_str(&align(&rows.collect::<Vec<_>>()));
    if !not_judged.is_empty() {
        let names: Vec<_> = not_judged.iter().copied().map(Claim::name).collect();
        let _ = writeln!(text, "\n  left to --engine explicit: {}", names.join(", "));
    }
    let _ = writeln!(text, "\n  {}\n  {}", report.bounds(), cost(report));
    text.push_str(reduced);
    text.push_str(&engine::ends(report));
    for (claim, trace) in traces {
        let _ =
            writeln!(text, "\n{} is refuted.\n{}\n\n{}", claim.name(), sentence(trace, *claim), table(trace));
    }
    if report.verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Vacuous(_))) {
        text.push_str(
            "\nA vacuous claim says nothing, and fails if --claim asks it: add actors that bring about what was \
             never seen.\n",
        );
    }
    text
}

fn cost(report: &Report) -> String {
    if let Some(ran) = &report.ran {
        return engine::cost(ran);
    }
    let figures = report.figures;
    format!(
        "{} states, {} transitions, depth {}, {:.1} bytes/state, {:.2} s",
        figures.states,
        figures.transitions,
        figures.depth,
        figures.bytes as f64 / figures.states as f64,
        figures.elapsed.as_secs_f64()
    )
}

/// Where counts are wrong and nobody asked: nothing is proved, and this run shows why.
fn as_unlawful(report: &Report) -> Result<String, Error> {
    let Some(run) = &report.unlawful else { return Ok(String::new()) };
    let trace = report.trace(run)?;
    Ok(format!(
        "\ncount-law, on which every verdict rests, is refuted ({} steps), so nothing is proved: {}.\n\nagain: \
         sealcheck replay '{}'\n",
        run.steps.len(),
        sentence(&trace, Claim::CountLaw).trim_end_matches('.'),
        trace.schedule
    ))
}

/// A call that returns under some fairness only: what happens under a weaker one. The trace is shown where no
/// refuted claim has one.
fn as_starved(report: &Report, show: bool) -> Result<String, Error> {
    let (Some(Verdict::Proved(Some(fairness))), Some((weaker, run))) =
        (report.verdict(Claim::Returns), &report.starves_under)
    else {
        return Ok(String::new());
    };
    let mut text =
        format!("\nreturns {}: {}. Not {}", fairness.name(), fairness.statement(), weaker.statement());
    if !show {
        text.push_str(": --claim returns shows why.\n");
        return Ok(text);
    }
    let trace = report.trace(run)?;
    let _ = writeln!(text, ":\n{}\n\n{}", sentence(&trace, Claim::Returns), table(&trace));
    Ok(text)
}
