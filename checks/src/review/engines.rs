//! Engines beside each other: the same scenario and claim in each, and the limit of an engine wherever it says
//! something else than the explicit one.

use std::collections::BTreeMap;
use std::fmt::Write;

use seal_model::claim::Claim;
use seal_model::scenario::Scenario;
use serde::{Deserialize, Serialize};
use similar::TextDiff;

use super::behaviours::{BEHAVIOURS, Behaviour};
use crate::engine::windows::{Agreement, STEPS, Windows};
use crate::engine::{Engine, EngineVerdict, Limits, Scheduler, run};
use crate::error::Error;
use crate::explore::Job;
use crate::outcome::allowed;
use crate::pool::map_all;
use crate::trace::table::align;
use crate::verdict::{Verdict, decide};

/// The checked-in expectations.
pub const CHECKED_IN: &str = include_str!("../../engines.toml");

const HEAD: &str =
    "# What each engine says. Written by `sealcheck review --engines --bless`; do not edit.\n\n";

/// Executions of loom, after which a behaviour counts as too large for it.
const LOOM: usize = 150_000;
/// Executions of shuttle, and rounds of threads.
const CHANCE: usize = 20_000;

/// A column of the table.
#[derive(Clone, Copy, Debug)]
struct Column {
    name: &'static str,
    engine: Engine,
    preemptions: Option<usize>,
    executions: usize,
    scheduler: Scheduler,
}

const COLUMNS: [Column; 6] = [
    Column {
        name: "loom",
        engine: Engine::Loom,
        preemptions: None,
        executions: LOOM,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "loom<=0",
        engine: Engine::Loom,
        preemptions: Some(0),
        executions: LOOM,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "loom<=1",
        engine: Engine::Loom,
        preemptions: Some(1),
        executions: LOOM,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "random",
        engine: Engine::Shuttle,
        preemptions: None,
        executions: CHANCE,
        scheduler: Scheduler::Random,
    },
    Column {
        name: "pct",
        engine: Engine::Shuttle,
        preemptions: None,
        executions: CHANCE,
        scheduler: Scheduler::Pct(3),
    },
    Column {
        name: "threads",
        engine: Engine::Threads,
        preemptions: None,
        executions: CHANCE,
        scheduler: Scheduler::Random,
    },
];

/// What one engine said.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    /// `refuted`, `held`, `bounded`, `allowed`, `forbidden`.
    verdict: &'static str,
    /// For people.
    text: String,
}

/// One behaviour in all engines: the explicit one, then the columns.
#[derive(Clone, Debug)]
struct Row {
    behaviour: Behaviour,
    said: Vec<Said>,
}

/// The table, and the windows.
#[derive(Debug)]
pub struct EngineReview {
    rows: Vec<Row>,
    windows: Windows,
    agreement: Agreement,
}

/// Run every behaviour in every engine, and the windows of `scenarios`.
///
/// # Errors
/// The first error of an engine.
pub fn review(scenarios: &[Scenario], max_memory: usize) -> Result<EngineReview, Error> {
    // shuttle reports every panic, and loom ends its threads by panics that nobody else hears of: one after the other
    let first = |behaviour: &Behaviour, memory| {
        let scenario = behaviour.scenario()?;
        let said = vec![explicit(&scenario, behaviour.claim, memory)?];
        columns(behaviour, said, |engine| engine == Engine::Loom)
    };
    let said = map_all(&BEHAVIOURS, max_memory, &first)?;
    let windows = Windows::choose(scenarios, max_memory)?;
    let agreement = windows.run()?;
    let begun: Vec<(Behaviour, Vec<Said>)> = BEHAVIOURS.into_iter().zip(said).collect();
    let then = |(behaviour, said): &(Behaviour, Vec<Said>), _| {
        let said = columns(behaviour, said.clone(), |engine| engine != Engine::Loom)?;
        Ok(Row { behaviour: *behaviour, said })
    };
    Ok(EngineReview { rows: map_all(&begun, 0, &then)?, windows, agreement })
}

/// Ask those columns whose engine is wanted.
fn columns(
    behaviour: &Behaviour,
    mut said: Vec<Said>,
    wanted: fn(Engine) -> bool,
) -> Result<Vec<Said>, Error> {
    for column in COLUMNS.iter().filter(|column| wanted(column.engine)) {
        said.push(column.ask(&behaviour.scenario()?, behaviour.claim)?);
    }
    Ok(said)
}

fn explicit(scenario: &Scenario, claim: Claim, max_memory: usize) -> Result<Said, Error> {
    let report = decide(scenario, &Job { claims: &[claim], max_memory, coverage: false, progress: None })?;
    Ok(match report.verdict(claim) {
        Some(Verdict::Refuted(run)) => {
            Said { verdict: "refuted", text: format!("refuted {}", run.steps.len()) }
        }
        Some(Verdict::Proved(_)) => Said { verdict: "held", text: "proved".into() },
        Some(other) => Said { verdict: "bounded", text: other.to_string() },
        None => Said { verdict: "bounded", text: "not asked".into() },
    })
}

impl Column {
    fn ask(self, scenario: &Scenario, claim: Claim) -> Result<Said, Error> {
        let limits = Limits {
            preemptions: self.preemptions,
            executions: Some(self.executions),
            scheduler: self.scheduler,
            ..Limits::default()
        };
        let found = run(self.engine, scenario, &[claim], &limits)?;
        if self.engine == Engine::Threads {
            let allowed = allowed(scenario)?;
            let forbidden = found.outcomes.keys().filter(|outcome| !allowed.contains(*outcome)).count();
            let seen = found.outcomes.len() - forbidden;
            return Ok(match forbidden {
                0 => Said { verdict: "allowed", text: format!("{seen} of {} ends", allowed.len()) },
                _ => Said { verdict: "forbidden", text: format!("{forbidden} forbidden ends") },
            });
        }
        let times = found.broken.first().map_or(0, |broken| broken.first);
        Ok(match found.verdict(claim) {
            EngineVerdict::Refuted(steps) => {
                Said { verdict: "refuted", text: format!("refuted {steps}, run {times}") }
            }
            EngineVerdict::Held => Said { verdict: "held", text: format!("held, {} runs", found.executions) },
            EngineVerdict::Bounded(_) if found.executions >= self.executions => {
                Said { verdict: "bounded", text: format!("no, {} runs", found.executions) }
            }
            EngineVerdict::Bounded(_) => {
                Said { verdict: "bounded", text: format!("no, all {} runs", found.executions) }
            }
            EngineVerdict::NotAsked => Said { verdict: "bounded", text: "not asked".into() },
        })
    }

    /// Why it says something else than the explicit engine, if it does.
    fn limit(self, explicit: &Said, said: &Said) -> Option<&'static str> {
        match (explicit.verdict, said.verdict, self.engine) {
            ("refuted", "bounded", Engine::Loom) if self.preemptions.is_some() => {
                Some("p: it takes more preemptions, or more runs")
            }
            ("refuted", "bounded", Engine::Loom) => Some("l: too large for loom"),
            ("refuted", "bounded", _) => Some("c: chance has not found it"),
            ("held", "refuted", Engine::Loom) => {
                Some("w: loads are reordered, which the explicit engine's memory does not do")
            }
            ("held", "bounded", Engine::Loom) if self.preemptions.is_none() => Some("l: too large for loom"),
            ("held", "refuted", _) | ("refuted", "held", _) | (_, "forbidden", _) => Some("!: NOT EXPLAINED"),
            _ => None,
        }
    }
}

impl EngineReview {
    /// For people: the table, what its letters mean, and the windows.
    pub fn text(&self) -> String {
        let mut names = vec![String::new(), "behaviour".into(), "explicit".into()];
        names.extend(COLUMNS.iter().map(|column| column.name.to_owned()));
        let mut rows: Vec<[String; 9]> = vec![std::array::from_fn(|column| names[column].clone())];
        let mut limits: Vec<&str> = Vec::new();
        for row in &self.rows {
            let mut cells =
                vec![String::new(), row.behaviour.name.replace('_', " "), row.said[0].text.clone()];
            for (column, said) in COLUMNS.iter().zip(&row.said[1..]) {
                let limit = column.limit(&row.said[0], said);
                limits.extend(limit);
                let letter = limit
                    .and_then(|limit| limit.split_once(':'))
                    .map_or(String::new(), |(letter, _)| format!(" ({letter})"));
                cells.push(said.text.clone() + &letter);
            }
            rows.push(std::array::from_fn(|column| cells[column].clone()));
        }
        limits.sort_unstable();
        limits.dedup();
        let mut text = align(&rows);
        text.push('\n');
        for limit in limits {
            let (letter, limit) = limit.split_once(": ").unwrap_or((limit, ""));
            let _ = writeln!(text, "  ({letter}) {limit}");
        }
        text.push_str(&windows_text(&self.windows, &self.agreement));
        text
    }

    /// What is kept: verdicts, without counts that depend on an engine's version or on chance.
    ///
    /// # Errors
    /// If it can't be written as TOML.
    pub fn manifest(&self) -> Result<String, Error> {
        let mut kept = EngineManifest::default();
        for row in &self.rows {
            let mut said = BTreeMap::from([("explicit".to_owned(), row.said[0].verdict.to_owned())]);
            let columns = COLUMNS.iter().zip(&row.said[1..]);
            said.extend(columns.map(|(column, said)| (column.name.to_owned(), said.verdict.to_owned())));
            kept.behaviour.insert(row.behaviour.name.to_owned(), said);
        }
        let body = toml::to_string(&kept).map_err(|error| Error::Manifest(error.to_string()))?;
        Ok(format!("{HEAD}{body}"))
    }

    /// How this differs from what is expected, line by line; or windows that came out wrong.
    ///
    /// # Errors
    /// As [`EngineReview::manifest`].
    pub fn difference(&self) -> Result<Option<String>, Error> {
        let found = self.manifest()?;
        let mut text = String::new();
        if found != CHECKED_IN {
            let diff = TextDiff::from_lines(CHECKED_IN, &found);
            text = diff.unified_diff().context_radius(4).header("engines.toml", "this run").to_string();
        }
        for wrong in &self.agreement.wrong {
            let _ = writeln!(text, "loom and the explicit engine disagree on what follows on {wrong}");
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

#[derive(Default, Serialize, Deserialize)]
struct EngineManifest {
    behaviour: BTreeMap<String, BTreeMap<String, String>>,
}

/// What each engine is expected to say of a behaviour.
///
/// # Errors
/// [`Error::Manifest`] with what can't be read.
pub fn expected(behaviour: &str) -> Result<BTreeMap<String, String>, Error> {
    let kept: EngineManifest =
        toml::from_str(CHECKED_IN).map_err(|error| Error::Manifest(error.to_string()))?;
    let missing = || Error::Manifest(format!("engines.toml does not name {behaviour}"));
    kept.behaviour.get(behaviour).cloned().ok_or_else(missing)
}

fn windows_text(windows: &Windows, agreement: &Agreement) -> String {
    let (pairs, triples) = windows.universe.within(&windows.covered);
    let mut text = format!(
        "\n  Cuts of the quick review, {STEPS} steps of each actor from there, under loom: {} cuts, {} executions.\n  \
         They cover {pairs} of {} pairs and {triples} of {} triples of accesses that could be made at the same time \
         (judge `snapshot` and casts of more than {} left out).\n",
        agreement.windows,
        agreement.executions,
        windows.universe.pairs.len(),
        windows.universe.triples.len(),
        ::loom::MAX_THREADS,
    );
    let _ = writeln!(
        text,
        "  Ends that sequential consistency has and loom missed: {}. Cuts that came out wrong: {}.",
        agreement.missed,
        agreement.wrong.len()
    );
    for (loads, times) in &agreement.weaker {
        let _ = writeln!(
            text,
            "  Cuts with ends that only a weak memory has, by an older value of {loads}: {times}."
        );
    }
    text
}
