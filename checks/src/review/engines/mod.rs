//! Engines beside each other: the same scenario and claim in each, and the limit of an engine wherever it says
//! something else than the explicit one.

mod column;
pub mod end_to_end;

use std::collections::BTreeMap;
use std::fmt::Write;

use seal_model::scenario::Scenario;
use serde::{Deserialize, Serialize};

use super::behaviours::{BEHAVIOURS, Behaviour};
use super::difference::difference;
use crate::engine::Engine;
use crate::engine::windows::{Agreement, STEPS, Windows};
use crate::error::Error;
use crate::pool::map_all;
use crate::trace::table::align;
use column::{ALLOWED, COLUMNS, Column, EXPLICIT, explicit, verdict};
use end_to_end::EndToEnd;

/// The checked-in expectations.
pub const CHECKED_IN: &str = include_str!("../../../engines.toml");

const HEAD: &str =
    "# What each engine says. Written by `sealcheck review --engines --bless`; do not edit.\n\n";

/// The table, and what came of the windows. As a file, this is what the next run is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineReview {
    windows: Figures,
    /// By behaviour and engine.
    behaviour: BTreeMap<String, BTreeMap<String, String>>,
    /// Loom from the very beginning.
    end_to_end: EndToEnd,
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

/// Run every behaviour in every engine, the windows of `scenarios`, and loom from the very beginning.
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
    review.end_to_end = end_to_end::ask(&end_to_end::rows(max_memory)?, max_memory)?;
    let windows = Windows::choose(scenarios, max_memory)?;
    let agreement = windows.run()?;
    review.windows = Figures::of(&windows, &agreement);
    review.wrong = agreement.wrong;
    for column in COLUMNS.iter().filter(|column| column.engine != Engine::Loom) {
        review.ask(column)?;
    }
    Ok(review)
}

impl EngineReview {
    fn ask(&mut self, column: &Column) -> Result<(), Error> {
        let ask = |behaviour: &Behaviour, _| column.ask(&behaviour.scenario()?, behaviour.claim);
        let said = map_all(&BEHAVIOURS, 0, &ask)?;
        self.keep(column.name, said);
        Ok(())
    }

    /// Keep the answers of an engine, one for each behaviour.
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

    /// The checked-in answers.
    ///
    /// # Errors
    /// [`Error::Manifest`] with what can't be read.
    pub fn checked_in() -> Result<Self, Error> {
        toml::from_str(CHECKED_IN).map_err(|error| Error::Manifest(error.to_string()))
    }

    /// The answers from the very beginning.
    pub fn end_to_end(&self) -> &EndToEnd {
        &self.end_to_end
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
        let mut text = difference(CHECKED_IN, &found);
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
