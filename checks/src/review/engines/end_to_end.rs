//! Loom from the very beginning, no cut helping it, within few preemptions: every strategy beside a pin and each other
//! actor, and every fault in every strategy in which it breaks its claim.

use std::collections::BTreeMap;
use std::fmt::Write;

use seal_model::claim::Claim;
use seal_model::fault::Fault;
use seal_model::scenario::{Actor, Method, Program, ReclaimProgram, Scenario, Strategy};
use seal_model::sealer::judge::Judge;
use serde::{Deserialize, Serialize};

use super::column::{EXPLICIT, FROM_THE_BEGINNING, ONE_FURTHER, explicit, verdict};
use crate::engine::Engine;
use crate::error::Error;
use crate::faults::shown_in;
use crate::pool::map_all;
use crate::trace::table::align;
use crate::walk::case::members;

/// Faults and zaps of a mapper in one row: longer programs take executions and show nothing else.
const MOST_OPERATIONS: u8 = 2;

/// A scenario from its beginning, and the claim that it is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Row {
    /// The scenario.
    pub scenario: Scenario,
    /// The claim.
    pub claim: Claim,
}

/// The answers: by column, and by the name of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EndToEnd(BTreeMap<String, BTreeMap<String, String>>);

impl Row {
    /// Claim and scenario, by which a row is kept and read again.
    pub fn name(&self) -> String {
        format!("{} {}", self.claim.name(), self.scenario)
    }

    /// # Errors
    /// A name that is no claim and scenario.
    fn named(name: &str) -> Result<Self, Error> {
        let (claim, scenario) = name.split_once(' ').unwrap_or((name, ""));
        Ok(Row { claim: claim.parse().map_err(Error::Manifest)?, scenario: scenario.parse()? })
    }

    /// The column of the printed table: the strategy, and a judge that is not its own.
    fn column(&self) -> String {
        let Scenario { strategy, judge, .. } = self.scenario;
        let is_other = self.scenario.fault.is_none() && judge != strategy.default_judge();
        format!("{}{}", strategy.name(), if is_other { " M" } else { "" })
    }

    /// Its row there: the fault, or the actor beside the pin.
    fn label(&self) -> String {
        match self.scenario.fault {
            Some(fault) => fault.name().to_owned(),
            None => self.scenario.cast().last().map_or_else(String::new, Actor::to_string),
        }
    }
}

/// Every row, those of [`movers`] first. Which faults have one is found by the explicit engine.
///
/// # Errors
/// The first error of a scenario.
pub fn rows(max_memory: usize) -> Result<Vec<Row>, Error> {
    let mut rows = movers()?;
    let places: Vec<(Fault, Strategy)> =
        faults().flat_map(|fault| Strategy::ALL.map(|strategy| (fault, strategy))).collect();
    let found =
        map_all(&places, max_memory, &|&(fault, strategy), memory| fault_in(fault, strategy, memory))?;
    rows.extend(found.into_iter().flatten());
    Ok(rows)
}

/// Every strategy, with each judge that a kernel's code leaves open, beside a pin and each other actor that comes to an
/// end.
///
/// # Errors
/// Never, unless an actor does not fit beside a pin.
pub fn movers() -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (strategy, judge) in variants() {
        for actor in beside_a_pin() {
            let mut scenario = Scenario::new(strategy).with(Actor::Pinner { at: None }).with(actor);
            scenario.judge = judge;
            if strategy.method() == Method::Wait {
                (scenario.last_scan, scenario.signals) = (0, false);
            }
            rows.push(Row { scenario: scenario.validate()?, claim: Claim::NoWritablePin });
        }
    }
    Ok(rows)
}

/// The strategies with their own judge, and with the other one where the order of two loads is left open.
fn variants() -> impl Iterator<Item = (Strategy, Judge)> {
    Strategy::ALL.into_iter().flat_map(|strategy| {
        let own = strategy.default_judge();
        let repaired = strategy.allows(Judge::LockUnmapRefs);
        let others =
            Judge::ALL.into_iter().filter(move |judge| !repaired && *judge != own && strategy.allows(*judge));
        std::iter::once(own).chain(others).map(move |judge| (strategy, judge))
    })
}

/// Every actor that a cast may hold, each once, but for programs that are long or have no end.
fn beside_a_pin() -> Vec<Actor> {
    let mut actors: Vec<Actor> = Vec::new();
    for (name, program) in members() {
        let text = if program.is_empty() { name.to_owned() } else { format!("{name}:{program}") };
        let actor = text.parse().ok().filter(|actor| is_short(*actor) && !actors.contains(actor));
        actors.extend(actor);
    }
    actors
}

fn is_short(actor: Actor) -> bool {
    match actor {
        Actor::Mapper { program: Program::InTurn { operations, .. }, .. } => operations <= MOST_OPERATIONS,
        Actor::Mapper { program: Program::ForEver, .. }
        | Actor::Reclaim { program: ReclaimProgram::ForEver, .. } => false,
        _ => true,
    }
}

/// The faults whose claim loom judges.
pub fn faults() -> impl Iterator<Item = Fault> {
    Fault::ALL.into_iter().filter(|fault| Engine::Loom.judges(fault.breaks()))
}

/// A fault's own cast in a strategy, with the first judge that loom can run and with which the claim is proved without
/// the fault and refuted with it: the strategy's own, or another. None: the fault does nothing there.
///
/// # Errors
/// The first error of the explicit engine.
pub fn fault_in(fault: Fault, strategy: Strategy, max_memory: usize) -> Result<Option<Row>, Error> {
    let claim = fault.breaks();
    let shown = shown_in(fault)?;
    let own = [shown.judge, strategy.default_judge()];
    let judges = own.into_iter().chain(Judge::ALL);
    let mut tried = Vec::new();
    for judge in judges.filter(|judge| *judge != Judge::Snapshot && strategy.allows(*judge)) {
        if tried.contains(&judge) {
            continue;
        }
        tried.push(judge);
        let mut without = shown.clone();
        (without.strategy, without.judge) = (strategy, judge);
        let Ok(with) = without.clone().with_fault(fault).validate() else { return Ok(None) };
        if !claim.concerns(&with) {
            return Ok(None);
        }
        let answer = |scenario: &Scenario| explicit(scenario, claim, max_memory);
        if verdict(&answer(&with)?) == "refuted" && verdict(&answer(&without)?) == "proved" {
            return Ok(Some(Row { scenario: with, claim }));
        }
    }
    Ok(None)
}

/// The answers of loom and of the explicit engine.
///
/// # Errors
/// The first error of an engine.
pub fn ask(rows: &[Row], max_memory: usize) -> Result<EndToEnd, Error> {
    let by_explicit = |row: &Row, memory| explicit(&row.scenario, row.claim, memory);
    let by_loom = |row: &Row, _| FROM_THE_BEGINNING.ask(&row.scenario, row.claim);
    let answers = [
        (EXPLICIT, map_all(rows, max_memory, &by_explicit)?),
        (FROM_THE_BEGINNING.name, map_all(rows, 0, &by_loom)?),
    ];
    let names = || rows.iter().map(Row::name);
    Ok(EndToEnd(answers.map(|(column, said)| (column.to_owned(), names().zip(said).collect())).into()))
}

/// The answers of loom with one preemption more, within fewer executions: a verdict, and how far it came.
///
/// # Errors
/// The first error of loom.
pub fn ask_further(rows: &[Row]) -> Result<Vec<String>, Error> {
    map_all(rows, 0, &|row: &Row, _| ONE_FURTHER.ask(&row.scenario, row.claim))
}

impl EndToEnd {
    fn said<'a>(&'a self, column: &str, row: &str) -> &'a str {
        self.0.get(column).and_then(|said| said.get(row)).map_or("", String::as_str)
    }

    /// The rows.
    ///
    /// # Errors
    /// A row whose name can't be read.
    pub fn rows(&self) -> Result<Vec<Row>, Error> {
        self.0.get(FROM_THE_BEGINNING.name).into_iter().flatten().map(|(name, _)| Row::named(name)).collect()
    }

    /// The executions that loom made of a row; none if it has none.
    pub fn executions(&self, row: &Row) -> usize {
        executions(self.said(FROM_THE_BEGINNING.name, &row.name()))
    }

    /// The verdicts of the explicit engine and of loom on a row; empty if it has none.
    pub fn verdicts(&self, row: &Row) -> [&str; 2] {
        let name = row.name();
        [EXPLICIT, FROM_THE_BEGINNING.name].map(|column| verdict(self.said(column, &name)))
    }

    /// The reason why loom answers a row otherwise than the explicit engine, if it does.
    pub fn limit(&self, row: &Row) -> Option<&'static str> {
        let name = row.name();
        let [explicit, loom] = [EXPLICIT, FROM_THE_BEGINNING.name].map(|column| self.said(column, &name));
        FROM_THE_BEGINNING.limit(explicit, loom)
    }

    /// The number of the execution that refutes; in parentheses how many do not, all that there are within the bound;
    /// and the letter of a limit.
    fn cell(&self, row: &Row) -> String {
        let said = self.said(FROM_THE_BEGINNING.name, &row.name());
        let number = executions(said);
        let letter = self.limit(row).and_then(|limit| limit.split_once(':')).map_or("", |(letter, _)| letter);
        if verdict(said) == "refuted" { format!("{number}{letter}") } else { format!("({number}){letter}") }
    }

    /// The tables of actors and of faults, and the meaning of their cells.
    ///
    /// # Errors
    /// As [`EndToEnd::rows`].
    pub fn text(&self) -> Result<String, Error> {
        let rows = self.rows()?;
        let (with_fault, without): (Vec<&Row>, Vec<&Row>) =
            rows.iter().partition(|row| row.scenario.fault.is_some());
        let labels = |rows: &[&Row]| {
            let mut labels: Vec<String> = rows.iter().map(|row| row.label()).collect();
            labels.sort_unstable();
            labels.dedup();
            labels
        };
        let mut text = self.table("beside a pin", &labels(&without), &without);
        text.push('\n');
        text.push_str(&self.table("fault", &labels(&with_fault), &with_fault));
        text.push_str(LEGEND);
        let mut limits: Vec<&str> = rows.iter().filter_map(|row| self.limit(row)).collect();
        limits.sort_unstable();
        limits.dedup();
        for (letter, limit) in limits.into_iter().filter_map(|limit| limit.split_once(": ")) {
            let _ = writeln!(text, "  {letter}: {limit}");
        }
        Ok(text)
    }

    fn table(&self, title: &str, labels: &[String], rows: &[&Row]) -> String {
        let columns: Vec<String> = Strategy::ALL
            .into_iter()
            .flat_map(|strategy| ["", " M"].map(|other| format!("{}{other}", strategy.name())))
            .filter(|column| rows.iter().any(|row| row.column() == *column))
            .collect();
        let cell = |label: &String, column: &String| {
            let row = rows.iter().find(|row| row.label() == *label && row.column() == *column);
            row.map_or_else(|| "-".to_owned(), |row| self.cell(row))
        };
        let head = [vec![String::new(), title.to_owned()], columns.clone()].concat();
        let body = labels.iter().map(|label| {
            let cells = columns.iter().map(|column| cell(label, column));
            [String::new(), label.clone()].into_iter().chain(cells).collect::<Vec<_>>()
        });
        let filled = |cells: Vec<String>| -> [String; COLUMNS] {
            std::array::from_fn(|column| cells.get(column).cloned().unwrap_or_default())
        };
        align(&std::iter::once(head).chain(body).map(filled).collect::<Vec<_>>())
    }
}

const LEGEND: &str = "
  N: refuted, first in execution N.  (N): undecided, because not refuted in any of the N executions with at most 2
  preemptions.  -: nothing to refute there.  M: the map count is loaded first.
";

/// An indent, the row's name, and each strategy with at most two judges.
const COLUMNS: usize = 2 + 2 * Strategy::ALL.len();

/// The number of an execution that refutes, or of all that were made.
fn executions(said: &str) -> usize {
    let number = said.rsplit_once("run ").map(|(_, number)| number).or_else(|| {
        let before = said.split_once(" runs")?.0;
        before.rsplit(' ').next()
    });
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
