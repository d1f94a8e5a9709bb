//! The actors themselves on a plain array of cells, one step at a time. No automaton is involved.

use seal_model::access::{Access, Answer, MAX_PAGES};
use seal_model::claim::{Claim, Status, World};
use seal_model::ghost::Ghost;
use seal_model::machine::{Cell, CellSpec, Cells, PlainCells, apply};
use seal_model::scenario::Scenario;
use seal_model::source::line_at;

use super::TraceStep;
use crate::compile::replay::{Probe, probe};
use crate::error::Error;
use crate::schedule::Move;

pub(super) struct Simulation<'a> {
    scenario: &'a Scenario,
    specs: Vec<CellSpec>,
    cells: PlainCells,
    logs: Vec<Vec<Answer>>,
    probes: Vec<Probe>,
    broken: Vec<Claim>,
    steps: usize,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let actors = scenario.cast().len();
        Simulation {
            scenario,
            specs: Cell::of(scenario),
            cells: PlainCells::new(scenario),
            logs: vec![Vec::new(); actors],
            probes: (0..actors).map(|actor| probe(scenario, actor, &[])).collect(),
            broken: Vec::new(),
            steps: 0,
        }
    }

    /// The access that an actor asks for.
    pub(super) fn next_access(&self, actor: usize) -> Option<Access> {
        self.probes[actor].access
    }

    /// Nobody can move, and somebody is not done.
    pub(super) fn deadlocked(&self) -> bool {
        let blocked = |access| apply(&mut self.cells.clone(), self.scenario, access).is_none();
        let waiting: Vec<Access> = self.probes.iter().filter_map(|probe| probe.access).collect();
        !waiting.is_empty() && waiting.into_iter().all(blocked)
    }

    /// Let an actor take its next step.
    pub(super) fn step(&mut self, step: Move) -> Result<TraceStep, Error> {
        self.steps += 1;
        let actor = step.actor;
        let name = self.scenario.actor_name(actor);
        let at = |what: &str| Error::Schedule(format!("step {}: {name} {what}", self.steps));
        let Probe { access, site, .. } = self.probes[actor].clone();
        let (Some(access), Some(site)) = (access, site) else { return Err(at("is done")) };
        let before = self.cells.clone();
        let held_before = self.sum();
        let mut broken = self.broken_by_step(actor, access);
        let answer = match (access, step.chosen) {
            (Access::Choose(_), Some(answer)) if access.answers(self.scenario).contains(&answer) => answer,
            (Access::Choose(_), Some(_)) => return Err(at("can't choose that")),
            (Access::Choose(_), None) => return Err(at("has a choice, and none is given")),
            (_, Some(_)) => return Err(at("has no choice")),
            (_, None) => apply(&mut self.cells, self.scenario, access).ok_or_else(|| at("is blocked"))?,
        };
        self.logs[actor].push(answer);
        self.probes[actor] = probe(self.scenario, actor, &self.logs[actor]);
        broken.extend(self.broken_in_state());
        broken.retain(|claim| !self.broken.contains(claim));
        self.broken.extend(&broken);
        let line = line_at(site);
        Ok(TraceStep {
            number: self.steps,
            actor,
            function: line.map_or("?", |line| line.function).to_owned(),
            text: access.describe(answer),
            changes: self.changes(&before, &held_before),
            source: line.map_or_else(|| site.to_string(), |line| format!("{}:{}", line.file, line.number)),
            breaks: broken,
            name,
            access,
            answer,
        })
    }

    fn sum(&self) -> Ghost {
        let mut sum = Ghost::default();
        self.probes.iter().for_each(|probe| sum.add(&probe.ghost));
        sum
    }

    fn with_world<R>(&self, look: impl FnOnce(&World<'_, PlainCells>) -> R) -> R {
        let statuses =
            self.probes.iter().map(|probe| Status { ghost: &probe.ghost, returned: probe.returned });
        let actors: Vec<Status<'_>> = statuses.collect();
        let sum = self.sum();
        look(&World { scenario: self.scenario, cells: &self.cells, actors: &actors, sum: &sum })
    }

    fn broken_in_state(&self) -> Vec<Claim> {
        self.with_world(|world| Claim::ALL.into_iter().filter(|claim| !claim.holds(world)).collect())
    }

    fn broken_by_step(&self, actor: usize, access: Access) -> Vec<Claim> {
        let broken = |world: &World<'_, _>, claim: &Claim| !claim.holds_for_step(world, actor, access);
        self.with_world(|world| Claim::ALL.into_iter().filter(|claim| broken(world, claim)).collect())
    }

    /// Every cell that differs, and the pins, which no cell shows.
    fn changes(&self, before: &PlainCells, held_before: &Ghost) -> Vec<String> {
        let mut changes = Vec::new();
        for spec in &self.specs {
            let (old, new) = (before.get(spec.cell), self.cells.get(spec.cell));
            if let (true, Some(name)) = (old != new, cell_name(self.scenario, spec.cell)) {
                changes.push(format!("{name} {}→{}", value(spec.cell, old), value(spec.cell, new)));
            }
        }
        let held = self.sum();
        for page in 0..MAX_PAGES {
            if held.pins[page] != held_before.pins[page] {
                changes.push(format!("P{page} {}→{}", held_before.pins[page], held.pins[page]));
            }
        }
        changes
    }
}

/// How a cell is called in a trace. Ghosts and locks go without saying.
fn cell_name(scenario: &Scenario, cell: Cell) -> Option<String> {
    Some(match cell {
        Cell::InodeLock | Cell::PageLock(_) | Cell::Frozen(_) => return None,
        Cell::MmapWritable => "i_mmap_writable".into(),
        Cell::Seals => "WRITE-sealed".into(),
        Cell::Slot(index) => format!("slot{}", index.0),
        Cell::Tag(index) => format!("tag{}", index.0),
        Cell::Count(page) => format!("C{}", page.0),
        Cell::Mapcount(page) => format!("M{}", page.0),
        Cell::Mapping(page) => format!("mapping{}", page.0),
        Cell::Content(page) => format!("content{}", page.0),
        Cell::Batch(page) => format!("batch{}", page.0),
        Cell::Pte(vma, _) => format!("pte({})", scenario.actor_name(vma.0 as usize)),
        Cell::Tlb(vma, _) => format!("tlb({})", scenario.actor_name(vma.0 as usize)),
    })
}

fn value(cell: Cell, value: i16) -> String {
    match cell {
        Cell::Slot(_) => format!("page{value}"),
        Cell::Pte(..) | Cell::Tlb(..) if value == seal_model::access::NONE => "none".into(),
        Cell::Pte(..) | Cell::Tlb(..) => format!("page{value}"),
        Cell::Seals | Cell::Tag(_) => if value == 1 { "yes" } else { "no" }.into(),
        Cell::Content(_) => if value == 0 { "a" } else { "b" }.into(),
        _ => value.to_string(),
    }
}
