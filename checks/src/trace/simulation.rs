//! The actors themselves on a plain array of cells, one step at a time. No automaton is involved.

use seal_model::access::{Access, Answer, MAX_PAGES, NONE, SWAP, Vma, seal_names};
use seal_model::claim::{Claim, Status, World};
use seal_model::ghost::Ghost;
use seal_model::machine::{Cell, CellSpec, Cells, PlainCells, apply};
use seal_model::scenario::Scenario;
use seal_model::source::line_at;

use super::TraceStep;
use super::moment::Moment;
use crate::compile::replay::{Probe, Source, probe, probe_after};
use crate::error::Error;
use crate::explore::system::{Step, System};
use crate::schedule::{Given, Move};

#[derive(Clone)]
pub(crate) struct Simulation<'a> {
    pub(super) scenario: &'a Scenario,
    specs: Vec<CellSpec>,
    pub(super) cells: PlainCells,
    pub(super) logs: Vec<Vec<Answer>>,
    pub(super) probes: Vec<Probe>,
    claims: Vec<Claim>,
    broken: Vec<Claim>,
    /// Memory before each step.
    pub(super) past: Vec<PlainCells>,
}

impl<'a> Simulation<'a> {
    /// Everybody at the beginning.
    pub(super) fn beginning(scenario: &'a Scenario) -> Self {
        let actors = scenario.cast().len();
        Simulation {
            scenario,
            specs: Cell::of(scenario),
            cells: PlainCells::new(scenario),
            logs: vec![Vec::new(); actors],
            probes: (0..actors).map(|actor| probe(scenario, actor, &[])).collect(),
            claims: Claim::concerning(scenario),
            broken: Vec::new(),
            past: Vec::new(),
        }
    }

    /// A run of a scenario, and the steps to where it starts.
    ///
    /// # Errors
    /// As [`System::new`].
    pub(crate) fn new(scenario: &'a Scenario) -> Result<(Self, Vec<TraceStep>), Error> {
        let mut simulation = Simulation::beginning(scenario);
        let mut steps = Vec::new();
        if !scenario.from.is_empty() {
            for step in System::new(scenario)?.start {
                let taken = simulation.as_move(step, false);
                steps.push(simulation.step(taken)?);
            }
        }
        Ok((simulation, steps))
    }

    /// A step of a run. Where there is a choice, the answer is what was chosen; in a `weak` memory a load has one,
    /// if its answer is not the newest value.
    pub(crate) fn as_move(&self, step: Step, weak: bool) -> Move {
        let actor = step.actor as usize;
        let given = match self.next_access(actor) {
            Some(Access::Choose(_)) => Given::Choice(step.answer),
            Some(access)
                if weak && access.is_load() && self.answer(&self.cells, access) != Some(step.answer) =>
            {
                Given::Older(step.answer)
            }
            _ => Given::Nothing,
        };
        Move { actor, given }
    }

    /// What an access would answer.
    pub(super) fn answer(&self, cells: &PlainCells, access: Access) -> Option<Answer> {
        apply(&mut cells.clone(), self.scenario, access)
    }

    /// The access that an actor asks for.
    pub(super) fn next_access(&self, actor: usize) -> Option<Access> {
        self.probes[actor].access
    }

    /// Whether memory is as in another run, and every actor asks for the same and holds the same.
    pub(super) fn is_where(&self, other: &Simulation<'_>) -> bool {
        let at = |probe: &Probe| (probe.access, probe.ghost);
        self.cells == other.cells && self.probes.iter().map(at).eq(other.probes.iter().map(at))
    }

    /// The number of the next step, counted from 1.
    pub(super) fn next_number(&self) -> usize {
        self.past.len() + 1
    }

    /// Whether an actor is not done, and not blocked.
    pub(super) fn can_move(&self, actor: usize) -> bool {
        self.next_access(actor).is_some_and(|access| self.answer(&self.cells, access).is_some())
    }

    /// A bit for each actor that can move.
    pub(super) fn enabled(&self) -> u8 {
        (0..self.probes.len()).filter(|&actor| self.can_move(actor)).fold(0, |mask, actor| mask | 1 << actor)
    }

    /// No actor can move, and one is not done.
    pub(super) fn deadlocked(&self) -> bool {
        self.enabled() == 0 && self.probes.iter().any(|probe| probe.access.is_some())
    }

    /// What an actor returned, if it has.
    pub(super) fn returned(&self, actor: usize) -> Option<seal_model::Result> {
        self.probes[actor].returned
    }

    /// The claims that say that the sealer returns 0 if no other actor moves from here on.
    pub(super) fn starts_alone(&self) -> Vec<Claim> {
        let starts = |world: &World<'_, PlainCells>| {
            self.claims.iter().copied().filter(|claim| claim.starts_alone(world)).collect()
        };
        self.see(&self.cells, &self.probes, starts)
    }

    /// Let an actor take its next step.
    ///
    /// # Errors
    /// [`Error::Ended`] if it has no such step; then nothing has changed.
    pub(crate) fn step(&mut self, step: Move) -> Result<TraceStep, Error> {
        let number = self.next_number();
        let actor = step.actor;
        let name = self.scenario.actor_name(actor);
        let ends = |reason| Error::Ended { step: number, reason };
        let Probe { access, site, .. } = self.probes[actor].clone();
        let (Some(access), Some(site)) = (access, site) else { return Err(ends(self.is_done(actor))) };
        let before = self.cells.clone();
        let held_before = sum(&self.probes);
        let probes_before = self.probes.clone();
        let answer = self.answered(actor, access, step.given).map_err(ends)?;
        let older = matches!(step.given, Given::Older(_));
        self.past.push(before.clone());
        self.logs[actor].push(answer);
        // one answer more: from the beginning, a run without end would take the cube of its steps
        let source = Source { scenario: self.scenario, actor, slip: None };
        let frames = std::mem::take(&mut self.probes[actor].frames);
        self.probes[actor] = probe_after(source, &self.logs[actor], &frames);
        let after = self.probes[actor].ghost;
        let by_step =
            |claim: &Claim, world: &World<'_, _>| !claim.holds_for_step(world, actor, access, &after);
        let mut broken = self.broken(&before, &probes_before, by_step);
        broken.extend(self.broken(&self.cells, &self.probes, |claim, world| !claim.holds(world)));
        broken.retain(|claim| !self.broken.contains(claim));
        self.broken.extend(&broken);
        let line = line_at(site);
        Ok(TraceStep {
            number,
            actor,
            function: line.map_or("?", |line| line.function).to_owned(),
            text: access.describe(answer) + if older { ", an older value" } else { "" },
            changes: self.changes(&before, &held_before),
            source: line.map_or_else(|| site.to_string(), |line| format!("{}:{}", line.file, line.number)),
            breaks: broken,
            after: self.moment(),
            name,
            access,
            answer,
        })
    }

    /// The claims that are wrong about a state.
    fn broken(
        &self,
        cells: &PlainCells,
        probes: &[Probe],
        wrong: impl Fn(&Claim, &World<'_, PlainCells>) -> bool,
    ) -> Vec<Claim> {
        self.see(cells, probes, |world| {
            self.claims.iter().copied().filter(|claim| wrong(claim, world)).collect()
        })
    }

    fn see<R>(
        &self,
        cells: &PlainCells,
        probes: &[Probe],
        look: impl FnOnce(&World<'_, PlainCells>) -> R,
    ) -> R {
        let statuses = probes.iter().map(|probe| Status { ghost: &probe.ghost, returned: probe.returned });
        let actors: Vec<Status<'_>> = statuses.collect();
        let sum = sum(probes);
        look(&World { scenario: self.scenario, cells, actors: &actors, sum: &sum })
    }

    /// What is to be seen now.
    pub(super) fn moment(&self) -> Moment {
        self.see(&self.cells, &self.probes, Moment::of)
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
        let held = sum(&self.probes);
        for page in 0..MAX_PAGES {
            if held.pins[page] != held_before.pins[page] {
                changes.push(format!("P{page} {}→{}", held_before.pins[page], held.pins[page]));
            }
        }
        changes
    }
}

fn sum(probes: &[Probe]) -> Ghost {
    let mut sum = Ghost::default();
    probes.iter().for_each(|probe| sum.add(&probe.ghost));
    sum
}

/// How a cell is called in a trace. Ghosts and locks go without saying.
pub(super) fn cell_name(scenario: &Scenario, cell: Cell) -> Option<String> {
    Some(match cell {
        Cell::InodeLock
        | Cell::PageLock(_)
        | Cell::Expected(_)
        | Cell::Orphan(_)
        | Cell::IrqsOff(_)
        | Cell::PageTableLock(_) => {
            return None;
        }
        Cell::MmapWritable => "i_mmap_writable".into(),
        Cell::Seals => "seals".into(),
        Cell::Slot(index) => format!("slot{}", index.0),
        Cell::Tag(index) => format!("tag{}", index.0),
        Cell::Count(page) => format!("C{}", page.0),
        Cell::Mapcount(page) => format!("M{}", page.0),
        Cell::Mapping(page) => format!("mapping{}", page.0),
        Cell::Content(page) => format!("content{}", page.0),
        Cell::Batch(page) => format!("batch{}", page.0),
        Cell::SwapCache(index) => format!("swapcache{}", index.0),
        Cell::SwapDevice(index) => format!("swap{}", index.0),
        Cell::Charge(page) => format!("charge{}", page.0),
        Cell::ReadOnly(vma) => format!("read-only({})", owner(scenario, vma)),
        Cell::Pte(vma, _) => format!("pte({})", owner(scenario, vma)),
        Cell::Tlb(vma, _) => format!("tlb({})", owner(scenario, vma)),
    })
}

/// Who maps: an actor, or the child that it forked.
fn owner(scenario: &Scenario, vma: Vma) -> String {
    let child = if vma.is_child() { "'s child" } else { "" };
    format!("{}{child}", scenario.actor_name(vma.actor()))
}

pub(super) fn value(cell: Cell, value: i16) -> String {
    match cell {
        Cell::Slot(_) | Cell::Pte(..) | Cell::Tlb(..) | Cell::SwapCache(_) => match value {
            NONE => "none".into(),
            SWAP => "swap entry".into(),
            frame => format!("page{frame}"),
        },
        Cell::Seals if value == 0 => "none".into(),
        Cell::Seals => {
            let names = seal_names(value).map(|name| name.trim_start_matches("F_SEAL_"));
            names.collect::<Vec<_>>().join("+")
        }
        Cell::Tag(_) | Cell::ReadOnly(_) => if value == 1 { "yes" } else { "no" }.into(),
        Cell::Content(_) | Cell::SwapDevice(_) => if value == 0 { "a" } else { "b" }.into(),
        _ => value.to_string(),
    }
}
