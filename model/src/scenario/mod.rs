//! A scenario: strategy, judge, pages, and the cast. Everything that is fixed during a run.

mod actor;
mod derived;
mod error;
mod from;
mod members;
mod strategy;
mod text;

pub use actor::{Actor, BatchOrder, GupGuard, Program, ReclaimProgram, WriterProgram};
pub use error::ScenarioError;
pub use from::Place;
pub use strategy::{Method, Seal, Strategy};

use crate::access::{MAX_ACTORS, MAX_INDICES, MAX_PAGES};
use crate::fault::{CallFault, Fault};
use crate::sealer::judge::Judge;

/// Everything that is fixed during a run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scenario {
    /// What the sealer does about pages that are still held.
    pub strategy: Strategy,
    /// How it judges a page clean.
    pub judge: Judge,
    /// The seal that is asked for.
    pub seal: Seal,
    /// Pages of the file, `1..=4`.
    pub pages: u8,
    /// Small pages that one page of the file stands for, `1..=4`: more than 1 is a large folio, which a batched
    /// mapper takes.
    pub folio: u8,
    /// References that one pin takes, `1..=8`: 1 is FOLL_GET, or any pin of a large folio; anything more stands
    /// for the 1024 of FOLL_PIN.
    pub pin_weight: u8,
    /// The number of the last rescan, `0..=8`; 4 in every kernel.
    pub last_scan: u8,
    /// Whether the page allocator may fail.
    pub allocation_may_fail: bool,
    /// Whether a fatal signal may reach the sealer.
    pub signals: bool,
    /// Whether munmap flushes the TLB before the count of writable mappings drops, as x86 does for any page
    /// that a stale translation could still write to; otherwise after it.
    pub early_flush: bool,
    /// Whether `unmap_mapping_range()` comes to a forked child before its parent; otherwise after it.
    pub children_first: bool,
    /// The seeded fault, if any.
    pub fault: Option<Fault>,
    /// The seeded fault of the [system calls](crate::syscall), if any. Nothing that is explored makes one.
    pub call_fault: Option<CallFault>,
    /// Where a run starts: everybody named here stands at a place, everybody else has not begun. Empty: at the
    /// beginning.
    pub from: Vec<Place>,
    cast: Vec<Actor>,
}

impl Scenario {
    /// A strategy with its own judge, one page, nobody but the sealer.
    pub fn new(strategy: Strategy) -> Self {
        Scenario {
            strategy,
            judge: strategy.default_judge(),
            seal: Seal::Write,
            pages: 1,
            folio: 1,
            pin_weight: 1,
            last_scan: 4,
            allocation_may_fail: false,
            signals: true,
            early_flush: false,
            children_first: false,
            fault: None,
            call_fault: None,
            from: Vec::new(),
            cast: vec![Actor::Sealer],
        }
    }

    /// Add an actor. One that maps large folios makes the file's pages large, if they are not; one that has a page
    /// mapped or batched at the start has page 0, if it names none.
    pub fn with(mut self, actor: Actor) -> Self {
        if matches!(actor, Actor::BatchedMapper { .. }) {
            self.folio = self.folio.max(2);
        }
        self.cast.push(actor.placed());
        self
    }

    /// The same with a seeded fault.
    pub fn with_fault(self, fault: Fault) -> Self {
        Scenario { fault: Some(fault), ..self }
    }

    /// The same without one member of the cast, and from the beginning. The sealer, number 0, stays.
    pub fn without(mut self, actor: usize) -> Self {
        if actor > 0 {
            self.cast.remove(actor);
        }
        self.from.clear();
        self
    }

    /// Check that the scenario is possible. One that is has a text, and is what that text says.
    ///
    /// # Errors
    /// The first thing that is out of range, with what to change.
    pub fn validate(self) -> Result<Self, ScenarioError> {
        self.check_numbers()?;
        self.check_cast()?;
        if !self.strategy.allows(self.judge) {
            return Err(ScenarioError::JudgeNotPosted(self.strategy, self.judge));
        }
        if let Some(fault) = self.call_fault {
            return Err(ScenarioError::CallFault(fault));
        }
        self.places_in_order()
    }

    fn check_numbers(&self) -> Result<(), ScenarioError> {
        if !(1..=MAX_INDICES as u8).contains(&self.pages) {
            return Err(ScenarioError::Pages(self.pages));
        }
        if !(1..=4).contains(&self.folio) {
            return Err(ScenarioError::Folio(self.folio));
        }
        if !(1..=8).contains(&self.pin_weight) {
            return Err(ScenarioError::PinWeight(self.pin_weight));
        }
        if self.last_scan > 8 {
            return Err(ScenarioError::LastScan(self.last_scan));
        }
        Ok(())
    }

    fn check_cast(&self) -> Result<(), ScenarioError> {
        if let Some(&actor) = self.cast.iter().find(|actor| actor.at().is_some_and(|at| at >= self.pages)) {
            return Err(ScenarioError::PageOutOfFile(actor, self.pages));
        }
        if self.cast.len() > MAX_ACTORS {
            return Err(ScenarioError::TooManyActors(self.cast.len()));
        }
        if self.frames() as usize > MAX_PAGES {
            return Err(ScenarioError::TooManyFrames(self.frames()));
        }
        if let Some(&actor) = self.nobody_to_borrow_from() {
            return Err(ScenarioError::NobodysThread(actor));
        }
        for &actor in &self.cast {
            match actor {
                Actor::Mapper { program, .. } if !program.is_possible() => {
                    return Err(ScenarioError::MapperProgram(program.to_string()));
                }
                Actor::BatchedMapper { .. } if self.folio == 1 => {
                    return Err(ScenarioError::BatchOfOne(actor));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The cast: the sealer first.
    pub fn cast(&self) -> &[Actor] {
        &self.cast
    }

    /// How an actor is called in traces: its name, numbered where there are several.
    pub fn actor_name(&self, actor: usize) -> String {
        let name = self.cast[actor].name();
        let namesake = |other: &&Actor| other.name() == name;
        if self.cast.iter().filter(namesake).count() == 1 {
            return name.to_owned();
        }
        format!("{name}{}", self.cast[..=actor].iter().filter(namesake).count())
    }

    fn nobody_to_borrow_from(&self) -> Option<&Actor> {
        let mut seen_owner = false;
        self.cast.iter().find(|actor| {
            seen_owner |= actor.is_writable();
            actor.borrows_vma() && !seen_owner
        })
    }
}
