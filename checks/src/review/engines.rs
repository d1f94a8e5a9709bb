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
use crate::engine::{Engine, Limits, Scheduler, run};
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

/// The first column.
const EXPLICIT: &str = "explicit";
/// What is kept of threads that came to allowed ends only.
const ALLOWED: &str = "allowed";

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

/// The table, and what came of the windows. As a file, this is what the next run is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineReview {
    windows: Figures,
    /// By behaviour and engine.
    behaviour: BTreeMap<String, BTreeMap<String, String>>,
    /// By behaviour, how many of the allowed ends the threads of this machine came to. Chance, so it is not kept.
    #[serde(skip)]
    ends: BTreeMap<String, String>,
    /// Windows that came out wrong, by the run to their cut.
    #[serde(skip)]
    wrong: Vec<String>,
}

/// Windows in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    cuts: usize,
    executions: usize,
    pairs: usize,
    pairs_covered: usize,
    triples: usize,
    triples_covered: usize,
    missed: usize,
    /// Cuts with ends that only a weak memory has, by the loads that got older values.
    weaker: BTreeMap<String, usize>,
}

impl Figures {
    fn of(windows: &Windows, agreement: &Agreement) -> Self {
        let (pairs_covered, triples_covered) = windows.universe.within(&windows.covered);
        Figures {
            cuts: agreement.windows,
            executions: agreement.executions,
            pairs: windows.universe.pairs.len(),
            pairs_covered,
            triples: windows.universe.triples.len(),
            triples_covered,
            missed: agreement.missed,
            weaker: agreement.weaker.clone(),
        }
    }
}

/// Run every behaviour in every engine, and the windows of `scenarios`.
///
/// # Errors
/// The first error of an engine.
pub fn review(scenarios: &[Scenario], max_memory: usize) -> Result<EngineReview, Error> {
    let mut review = EngineReview::default();
    let explicit = |behaviour: &Behaviour, memory| explicit(&behaviour.scenario()?, behaviour.claim, memory);
    review.keep(EXPLICIT, map_all(&BEHAVIOURS, max_memory, &explicit)?);
    // shuttle reports every panic, and loom ends its threads by panics that nobody else hears of: loom first
    for column in COLUMNS.iter().filter(|column| column.engine == Engine::Loom) {
        review.ask(column)?;
    }
    let windows = Windows::choose(scenarios, max_memory)?;
    let agreement = windows.run()?;
    review.windows = Figures::of(&windows, &agreement);
    review.wrong = agreement.wrong;
    for column in COLUMNS.iter().filter(|column| column.engine != Engine::Loom) {
        review.ask(column)?;
    }
    Ok(review)
}

fn explicit(scenario: &Scenario, claim: Claim, max_memory: usize) -> Result<String, Error> {
    let report = decide(scenario, &Job { claims: &[claim], max_memory, coverage: false, progress: None })?;
    Ok(match report.verdict(claim) {
        Some(Verdict::Refuted(run)) => format!("refuted {}", run.steps.len()),
        Some(other) => other.to_string(),
        None => "not asked".into(),
    })
}

/// The verdict at the beginning of what an engine said.
fn verdict(said: &str) -> &str {
    said.split([' ', ',']).next().unwrap_or_default()
}

impl Column {
    /// `refuted STEPS, run NUMBER`; `held, NUMBER runs`; `no, NUMBER runs`, where there may be others, or `no, all
    /// NUMBER runs` within the bound.
    fn ask(&self, scenario: &Scenario, claim: Claim) -> Result<String, Error> {
        let limits = Limits {
            preemptions: self.preemptions,
            executions: Some(self.executions),
            scheduler: self.scheduler,
            ..Limits::default()
        };
        let judged: Vec<Claim> = [claim].into_iter().filter(|claim| self.engine.judges(*claim)).collect();
        let found = run(self.engine, scenario, &judged, &limits)?;
        if self.engine == Engine::Threads {
            let allowed = allowed(scenario)?;
            let forbidden = found.outcomes.keys().filter(|outcome| !allowed.contains(*outcome)).count();
            let seen = found.outcomes.len() - forbidden;
            return Ok(match forbidden {
                0 => format!("{ALLOWED}, {seen} of {} ends", allowed.len()),
                _ => format!("FORBIDDEN, {forbidden} ends"),
            });
        }
        let first = found.broken.first().map_or(0, |broken| broken.first);
        Ok(match found.verdict(claim) {
            Verdict::Refuted(run) => format!("refuted {}, run {first}", run.steps.len()),
            Verdict::Undecided(_) if found.executions >= self.executions => {
                format!("no, {} runs", found.executions)
            }
            Verdict::Undecided(_) => format!("no, all {} runs", found.executions),
            Verdict::Vacuous(_) => format!("vacuous, {} runs", found.executions),
            held @ (Verdict::Held | Verdict::Proved(_)) => format!("{held}, {} runs", found.executions),
        })
    }

    /// Why it says something else than the explicit engine, if it does.
    fn limit(&self, explicit: &str, said: &str) -> Option<&'static str> {
        match (verdict(explicit), verdict(said), self.engine) {
            ("refuted", "no", Engine::Loom) if self.preemptions.is_some() => {
                Some("p: it takes more preemptions, or more runs")
            }
            ("refuted" | "proved", "no", Engine::Loom) if self.preemptions.is_none() => {
                Some("l: too large for loom")
            }
            ("refuted", "no", _) => Some("c: chance has not found it"),
            ("proved", "refuted", Engine::Loom) => {
                Some("w: loads are reordered, which the explicit engine's memory does not do")
            }
            ("proved", "refuted", _) | ("refuted", "held", _) | (_, "FORBIDDEN", _) => {
                Some("!: NOT EXPLAINED")
            }
            _ => None,
        }
    }
}

impl EngineReview {
    fn ask(&mut self, column: &Column) -> Result<(), Error> {
        let ask = |behaviour: &Behaviour, _| column.ask(&behaviour.scenario()?, behaviour.claim);
        let said = map_all(&BEHAVIOURS, 0, &ask)?;
        self.keep(column.name, said);
        Ok(())
    }

    /// What an engine said of each behaviour.
    fn keep(&mut self, engine: &str, said: Vec<String>) {
        for (behaviour, said) in BEHAVIOURS.iter().zip(said) {
            let row = self.behaviour.entry(behaviour.name.to_owned()).or_default();
            let kept = match said.split_once(", ") {
                Some((ALLOWED, ends)) => {
                    self.ends.insert(behaviour.name.to_owned(), ends.to_owned());
                    ALLOWED.to_owned()
                }
                _ => said,
            };
            row.insert(engine.to_owned(), kept);
        }
    }

    /// For people: the table, what its letters mean, and the windows.
    pub fn text(&self) -> String {
        let mut names = vec![String::new(), "behaviour".into(), EXPLICIT.into()];
        names.extend(COLUMNS.iter().map(|column| column.name.to_owned()));
        let mut rows: Vec<[String; 9]> = vec![std::array::from_fn(|column| names[column].clone())];
        let mut limits: Vec<&str> = Vec::new();
        for behaviour in BEHAVIOURS {
            let Some(said) = self.behaviour.get(behaviour.name) else { continue };
            let of = |engine: &str| said.get(engine).map_or("", String::as_str);
            let mut cells = vec![String::new(), behaviour.name.replace('_', " "), of(EXPLICIT).to_owned()];
            for column in &COLUMNS {
                let limit = column.limit(of(EXPLICIT), of(column.name));
                limits.extend(limit);
                let letter = limit
                    .and_then(|limit| limit.split_once(':'))
                    .map_or(String::new(), |(letter, _)| format!(" ({letter})"));
                let ends = self.ends.get(behaviour.name).filter(|_| column.engine == Engine::Threads);
                cells.push(ends.cloned().unwrap_or_else(|| of(column.name).to_owned()) + &letter);
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
        text.push_str(&self.windows.text());
        text
    }

    /// What is checked in.
    ///
    /// # Errors
    /// [`Error::Manifest`] with what can't be read.
    pub fn checked_in() -> Result<Self, Error> {
        toml::from_str(CHECKED_IN).map_err(|error| Error::Manifest(error.to_string()))
    }

    /// The verdict of each engine on a behaviour.
    pub fn verdicts(&self, behaviour: &str) -> BTreeMap<&str, &str> {
        let said = self.behaviour.get(behaviour).into_iter().flatten();
        said.map(|(engine, said)| (engine.as_str(), verdict(said))).collect()
    }

    /// This as a file.
    ///
    /// # Errors
    /// If it can't be written as TOML.
    pub fn manifest(&self) -> Result<String, Error> {
        let body = toml::to_string(self).map_err(|error| Error::Manifest(error.to_string()))?;
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
        for wrong in &self.wrong {
            let _ = writeln!(text, "loom and the explicit engine disagree on what follows on {wrong}");
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

impl Figures {
    fn text(&self) -> String {
        let mut text = format!(
            "\n  Cuts of the quick review, {STEPS} steps of each actor from there, under loom: {} cuts, {} executions.\n  \
             They cover {} of {} pairs and {} of {} triples of accesses that could be made at the same time (judge \
             `snapshot`\n  and casts of more than {} left out). Ends that sequential consistency has and loom missed: {}.\n",
            self.cuts,
            self.executions,
            self.pairs_covered,
            self.pairs,
            self.triples_covered,
            self.triples,
            ::loom::MAX_THREADS,
            self.missed,
        );
        for (loads, times) in &self.weaker {
            let _ = writeln!(
                text,
                "  Cuts with ends that only a weak memory has, by an older value of {loads}: {times}."
            );
        }
        text
    }
}
