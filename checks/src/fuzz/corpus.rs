//! Seeds for the targets: the runs that exploration finds, and texts that the parsers know.

use std::collections::HashSet;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;

use super::feedback::{Features, Feedback, Kind};
use super::hunt::Prey;
use super::{Target, files, input};
use crate::engine::{self, Engine, Limits};
use crate::error::Error;
use crate::explore::Refutation;
use crate::explore::system::System;
use crate::review::plan::{Plan, Size};
use crate::trace::Trace;
use crate::verdict::{Report, Verdict, decide_all, unfit};
use crate::walk::case::{Case, Field, encode};
use crate::walk::walk;

/// One input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seed {
    /// Whose.
    pub target: Target,
    /// Its file name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Seeds for all targets. Of runs those that show nothing new are left out.
///
/// # Errors
/// As [`decide_all`]; or memory that does not suffice for one of the scenarios.
pub fn seeds(max_memory: usize, done: &(dyn Fn(usize) + Sync)) -> Result<Vec<Seed>, Error> {
    let preys = Prey::all()?;
    let hunted = preys.iter().map(|prey| (prey.scenario.clone(), vec![prey.claim]));
    let plan = Plan::new(Size::Quick)?;
    let groups = plan.groups.iter().flat_map(|group| group.scenarios.iter().chain(&group.with_reclaim));
    let reviewed = groups.map(|scenario| (scenario.clone(), Claim::concerning(scenario)));
    let jobs: Vec<(Scenario, Vec<Claim>)> = hunted.chain(reviewed).collect();
    let reports = decide_all(&jobs, max_memory, done)?;
    unfit(&reports).map_or(Ok(()), Err)?;

    let mut seeds = Vec::new();
    // each scenario of `engines` is compiled: some of them will do
    let wanted = [
        (Target::Schedule, Field::Repaired, 1),
        (Target::Hunt, Field::All, 1),
        (Target::Engines, Field::All, 4),
    ];
    for (target, field, every) in wanted {
        let runs = reports.iter().flat_map(refuted);
        let runs =
            runs.filter_map(|(scenario, run)| Some((named(scenario, run), run_of(scenario, run, field)?)));
        let news = news(field, runs.collect()).into_iter().step_by(every);
        seeds.extend(news.map(|(name, bytes)| Seed { target, name, bytes }));
    }
    seeds.extend(texts(&reports)?);
    #[cfg(target_os = "linux")]
    seeds.extend(programs()?);
    Ok(seeds)
}

fn refuted(report: &Report) -> impl Iterator<Item = (&Scenario, &Refutation)> {
    report.verdicts.iter().filter_map(|(_, verdict)| match verdict {
        Verdict::Refuted(refutation) => Some((&report.scenario, refutation)),
        _ => None,
    })
}

fn named(scenario: &Scenario, run: &Refutation) -> String {
    let what = scenario.fault.map_or(scenario.strategy.name(), |fault| fault.name());
    format!("{what}-{}-{}", run.claim.name(), run.steps.len())
}

/// The bytes of a run, without what the sealer does alone or for ever, which a walk adds by itself.
fn run_of(scenario: &Scenario, run: &Refutation, field: Field) -> Option<Vec<u8>> {
    let most = run.alone_from.or(run.cycle_from).unwrap_or(run.steps.len());
    encode(scenario, &run.steps[..most], field)
}

/// Those among some cases, short ones first, in which something is seen that none before showed.
fn news(field: Field, mut cases: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    cases.sort_by_key(|(name, bytes)| (bytes.len(), name.clone()));
    let (mut seen, mut names) = (HashSet::new(), HashSet::new());
    let is_news = |(name, bytes): &(String, Vec<u8>)| {
        let Case { scenario, schedule } = Case::decode(bytes, field);
        let before = seen.len();
        let mut features = Features::new(Kind::Switches, |feature| {
            seen.insert(feature);
        });
        let walked = walk(&scenario, &[], schedule, |run| features.see(run));
        walked.is_ok() && seen.len() > before && names.insert(name.clone())
    };
    cases.into_iter().filter(is_news).collect()
}

/// A text or a file for each parser, and the byte that chooses it.
fn texts(reports: &[Report]) -> Result<Vec<Seed>, Error> {
    let mut texts: Vec<(&str, String)> = vec![
        ("claim", Claim::NoWritablePin.name().into()),
        ("scenario", "isolate;judge=snapshot;pages=2;seal=exec;folio=2;pin-weight=3;last-scan=1;enomem;no-signals;early-flush;children-first;fault=skip-deny;with=mapper@1:zap+fault;with=lookup-pinner:unlocked".into()),
        ("scenario", "wait;with=pinner;with=mapper;from=pinner:device-writes+sealer:page-count*2".into()),
        ("manifest", "[scenario.\"wait;judge=lock-unmap-refs;pages=1\"]\nstates = 9\ndepth = 8\nproved = [\"no-leak\"]\n".into()),
    ];
    let runs = || reports.iter().flat_map(refuted);
    let alone = runs().find(|(_, run)| run.alone_from.is_some());
    let for_ever = runs().find(|(_, run)| run.cycle_from.is_some());
    for (scenario, run) in runs().step_by(40).chain(alone).chain(for_ever) {
        let trace = Trace::of_refutation(scenario, run)?;
        texts.push(("schedule", trace.schedule.to_string()));
    }
    texts.push(("schedule", with_an_older_value()?));
    #[cfg(target_os = "linux")]
    for case in crate::conform::table(Default::default())?.into_iter().step_by(8) {
        texts.push(("program", case.program.to_string()));
    }
    let seed = |(number, (parser, text)): (usize, (&str, Vec<u8>))| {
        let first = input::PARSERS.iter().position(|(name, _)| *name == parser)? as u8;
        let bytes = std::iter::once(first).chain(text).collect();
        Some(Seed { target: Target::Input, name: format!("{parser}-{number}"), bytes })
    };
    let files = files::seeds()?;
    let texts = texts.into_iter().map(|(parser, text)| (parser, text.into_bytes()));
    Ok(texts.chain(files).enumerate().filter_map(seed).collect())
}

/// From here on loom finds a load that gets an older value, without which the run would break nothing.
const WEAK: &str = "wait;judge=locked-refs-then-maps;last-scan=0;no-signals;with=pinner;with=mapper@0:zap;\
                    from=pinner:device-writes+sealer:lock-page";

/// Such a run, from the beginning.
fn with_an_older_value() -> Result<String, Error> {
    let (scenario, claim): (Scenario, _) = (WEAK.parse()?, Claim::NoWritablePin);
    let found = engine::run(Engine::Loom, &scenario, &[claim], &Limits::default())?;
    let mut steps = System::new(&scenario)?.start;
    steps.extend(found.broken.into_iter().flat_map(|broken| broken.steps));
    let run = Refutation { claim, steps, alone_from: None, cycle_from: None };
    let mut whole = scenario;
    whole.from.clear();
    Ok(Trace::of_weak_refutation(&whole, &run)?.schedule.to_string())
}

/// Random programs of system calls, of those that nobody sleeps in the ones that show an answer which none before did.
#[cfg(target_os = "linux")]
fn programs() -> Result<Vec<Seed>, Error> {
    use crate::conform::{Bytes, Predictor, decode, random_bytes};

    let (settings, mut seen, mut seeds) = (Default::default(), HashSet::new(), Vec::new());
    for (number, bytes) in random_bytes(1).take(PROGRAMS).enumerate() {
        let before = seen.len();
        let mut predictor = Predictor::new(settings, None);
        for operation in decode(Bytes::new(&bytes), settings).0 {
            let predicted = predictor.step(&operation)?;
            let word = operation.to_string().split(' ').next().unwrap_or_default().to_owned();
            if predicted.rescan == 0 {
                seen.insert((word, predicted.outcome.said.to_string()));
            }
        }
        if seen.len() > before {
            seeds.push(Seed { target: Target::Conform, name: format!("program-{number}"), bytes });
        }
    }
    Ok(seeds)
}

/// Programs that seeds are chosen from.
#[cfg(target_os = "linux")]
const PROGRAMS: usize = 2_000;
