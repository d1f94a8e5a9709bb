//! A scenario: strategy, judge, pages, and the cast. Everything that is fixed during a run.

mod actor;
mod error;
mod strategy;
mod text;

pub use actor::Actor;
pub use error::ScenarioError;
pub use strategy::{Method, Strategy};

use crate::access::{Index, MAX_ACTORS, MAX_INDICES, Page, Vma};
use crate::fault::Fault;
use crate::sealer::judge::Judge;

/// Everything that is fixed during a run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scenario {
    /// What the sealer does about pages that are still held.
    pub strategy: Strategy,
    /// How it judges a page clean.
    pub judge: Judge,
    /// Pages of the file, `1..=4`.
    pub pages: u8,
    /// References that one pin takes, `1..=8`: 1 is FOLL_GET; anything more stands for the 1024 of FOLL_PIN.
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
    /// The seeded fault, if any.
    pub fault: Option<Fault>,
    cast: Vec<Actor>,
}

impl Scenario {
    /// A strategy with its own judge, one page, nobody but the sealer.
    pub fn new(strategy: Strategy) -> Self {
        Scenario {
            strategy,
            judge: strategy.default_judge(),
            pages: 1,
            pin_weight: 1,
            last_scan: 4,
            allocation_may_fail: false,
            signals: true,
            early_flush: false,
            fault: None,
            cast: vec![Actor::Sealer],
        }
    }

    /// Add an actor.
    pub fn with(mut self, actor: Actor) -> Self {
        self.cast.push(actor);
        self
    }

    /// Check that the scenario is possible.
    ///
    /// # Errors
    /// The first thing that is out of range, with what to change.
    pub fn validate(self) -> Result<Self, ScenarioError> {
        if !(1..=MAX_INDICES as u8).contains(&self.pages) {
            return Err(ScenarioError::Pages(self.pages));
        }
        if let Some(&actor) = self.cast.iter().find(|actor| actor.at().is_some_and(|at| at >= self.pages)) {
            return Err(ScenarioError::PageOutOfFile(actor, self.pages));
        }
        if self.cast.len() > MAX_ACTORS {
            return Err(ScenarioError::TooManyActors(self.cast.len()));
        }
        if !self.strategy.allows(self.judge) {
            return Err(ScenarioError::JudgeNotPosted(self.strategy, self.judge));
        }
        if !(1..=8).contains(&self.pin_weight) {
            return Err(ScenarioError::PinWeight(self.pin_weight));
        }
        if self.last_scan > 8 {
            return Err(ScenarioError::LastScan(self.last_scan));
        }
        Ok(self)
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

    /// The offsets of the file.
    #[inline]
    pub fn indices(&self) -> impl Iterator<Item = Index> + use<> {
        (0..self.pages).map(Index)
    }

    /// How many page frames there are: the file's, and under `isolate` one replacement for each.
    #[inline]
    pub fn frames(&self) -> u8 {
        match self.strategy.method() {
            Method::Wait => self.pages,
            Method::Isolate => 2 * self.pages,
        }
    }

    /// Every page frame.
    #[inline]
    pub fn all_pages(&self) -> impl Iterator<Item = Page> + use<> {
        (0..self.frames()).map(Page)
    }

    /// The frames that may replace the page at an offset.
    pub fn fresh(&self, index: Index) -> impl Iterator<Item = Page> + use<> {
        (self.pages + index.0..self.frames()).step_by(self.pages as usize).map(Page)
    }

    /// The pages that an LRU batch may hold: those that were added during the run.
    pub fn batched(&self) -> impl Iterator<Item = Page> + use<> {
        (self.pages..self.frames()).map(Page)
    }

    /// The VMAs that may map the file.
    pub fn vmas(&self) -> impl Iterator<Item = Vma> {
        self.numbered().filter(|(_, actor)| actor.has_vma()).map(|(vma, _)| vma)
    }

    /// The shared writable ones among them.
    pub fn writable_vmas(&self) -> impl Iterator<Item = Vma> {
        self.numbered().filter(|(_, actor)| actor.is_writable()).map(|(vma, _)| vma)
    }

    /// Whether a VMA is shared and writable.
    #[inline]
    pub fn writable(&self, vma: Vma) -> bool {
        self.cast[vma.0 as usize].is_writable()
    }

    /// The page that a VMA maps at the start.
    pub fn starts_mapped(&self, vma: Vma) -> Option<Page> {
        match self.cast[vma.0 as usize] {
            Actor::Mapper { mapped: true, at: Some(at), .. } => Some(Page(at)),
            _ => None,
        }
    }

    /// The greatest map count: every VMA maps the page.
    pub fn max_mapcount(&self) -> i16 {
        self.vmas().count() as i16
    }

    /// The greatest reference count: page cache, LRU batch, the sealer's lookup and gather and its reference in
    /// flight, and for everybody else one reference, and the pin's weight.
    pub fn max_count(&self) -> i16 {
        let others = self.cast.len() as i16 - 1;
        let pinners = self.cast.iter().filter(|actor| matches!(actor, Actor::Pinner { .. })).count() as i16;
        5 + others + pinners * self.pin_weight as i16
    }

    fn numbered(&self) -> impl Iterator<Item = (Vma, &Actor)> {
        self.cast.iter().enumerate().map(|(number, actor)| (Vma(number as u8), actor))
    }
}
